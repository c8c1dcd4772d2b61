"""The action and the workflows, run: what a pipeline's owner would see, and what is promoted in the end.

Who approved is said by a GitHub on loopback.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pytest
import yaml
from github_server import TOKEN, Forge, review
from loans import NAME, PEOPLE, Registry, signed
from watched_site import rows
from workflows import Run, act, committed

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]

UNDECIDED = "schema: gate.policy/v1\ntier: high\nrules:\n  - {id: parity, metric: demographic_parity_difference, max: 0.001, enforcement: soft-mandatory}\n"
CALLER = """\
name: Model
on: {{workflow_dispatch: }}
permissions: {{}}
jobs:
  gate:
    uses: ./.github/workflows/fairness-gate.yml
    permissions: {{contents: read, actions: read}}
    with: {inputs}
    secrets:
      GATE_SIGNING_KEY: ${{{{ secrets.GATE_SIGNING_KEY }}}}
      GATE_OVERRIDE_KEY: ${{{{ secrets.GATE_OVERRIDE_KEY }}}}
  deploy:
    needs: gate
    if: ${{{{ !cancelled() && needs.gate.outputs.allowed == 'true' }}}}
    runs-on: ubuntu-latest
    steps:
      - run: echo "deployed ${{{{ needs.gate.outputs.subject }}}}"
"""


@dataclass(frozen=True)
class Repository:
    """A repository with a model's configuration and the workflows, and the registry that it is about."""

    folder: Path
    registry: Registry
    first: Path | None

    def run(self, kind: str, *, forge: Forge | None = None, secrets: Mapping[str, str] | None = None, actor: str = "lena", **inputs: str) -> Run:
        """Start the caller's workflow on a version of `loans`."""
        usual = {"tracking-uri": self.registry.uri, "alias": "live", "requirements": "", "sandbox": "false", "model": f"{NAME}/{self.registry.versions[kind]}"}
        caller = self.folder / ".github/workflows/model.yml"
        caller.write_text(CALLER.format(inputs=yaml.safe_dump({**usual, **inputs}, default_flow_style=True).strip()), encoding="utf-8")
        variables = {"GITHUB_API_URL": "http://127.0.0.1:9" if forge is None else forge.url, "GITHUB_REPOSITORY": "acme/models", "GITHUB_RUN_ID": "77"}
        given = {"GITHUB_TOKEN": TOKEN, **(self._keys() if secrets is None else secrets)}
        return act(self.folder, "model.yml", environment=variables, secrets=given, words=("--actor", actor), first=self.first)

    def _keys(self) -> dict[str, str]:
        """Both keys, as secrets."""
        names = {"GATE_SIGNING_KEY": "gate", "GATE_OVERRIDE_KEY": "relay"}
        return {secret: (self.registry.folder / f"{name}.pem").read_text(encoding="utf-8") for secret, name in names.items()}


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """Loans, with people that are known by their accounts on GitHub, and an attester."""
    people = {**PEOPLE, "relay": ("machine", "attester")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("loans.PEOPLE", people)
        return signed(tmp_path_factory.mktemp("github"), identities={"lena": ["github:lena", _account()], "ann": ["github:ann-m"], "bob": ["github:bob"]})


def _account() -> str:
    import getpass  # noqa: PLC0415 -- whose account registers the models

    return getpass.getuser()


@pytest.fixture
def repository(registry: Registry, tmp_path: Path, quick_gate: Path) -> Repository:
    """A checkout with no decision on the ledger, and no alias."""
    folder = tmp_path / "repository"
    shutil.copytree(ROOT / ".github", folder / ".github", ignore=shutil.ignore_patterns("decisions", "*.md"))
    for name in ("holdout.parquet", "gate.yaml"):
        shutil.copy(registry.folder / name, folder / name)
    (folder / "policies").mkdir()
    shutil.copy(registry.folder / "policies/approvers.yaml", folder / "policies")
    shutil.copy(registry.folder / "policy.yaml", folder / "policies/high.yaml")
    (folder / "undecided.yaml").write_text(UNDECIDED + "override: {approvers: 1, roles: [model-risk], max_days: 30}\n", encoding="utf-8")
    gate = folder / "gate.yaml"
    gate.write_text(gate.read_text(encoding="utf-8").replace("ledger: ledger", f"ledger: {tmp_path / 'ledger'}"), encoding="utf-8")
    committed(folder)
    if "live" in registry.client.get_registered_model(NAME).aliases:
        registry.client.delete_registered_model_alias(NAME, "live")
    for run in registry.client.search_runs([experiment.experiment_id for experiment in registry.client.search_experiments()]):
        registry.client.set_tag(run.info.run_id, "gate.digest", "sha256:another")  # earlier cases are not about these bytes any more
    return Repository(folder=folder, registry=registry, first=quick_gate)


def _live(repository: Repository) -> str | None:
    """The version that the alias stands for."""
    aliases = repository.registry.client.get_registered_model(NAME).aliases
    return None if "live" not in aliases else str(aliases["live"])


def test_what_passed_is_promoted(repository: Repository) -> None:
    """Check, verify, promote, deploy: the alias moves, the summary says so first, and the artifact is the whole decision. The gate is the installed one."""
    run = replace(repository, first=None).run("fair")

    assert (run.code, run.jobs, _live(repository)) == (0, {"Check": True, "Verify and promote": True, "deploy": True}, repository.registry.versions["fair"])
    assert "Summary - ## Fairness gate: PASSED" in run.log
    assert "Summary - ## Fairness gate: ALLOWED" in run.log
    assert f"deployed {NAME}/{repository.registry.versions['fair']}" in run.log
    assert (run.outputs("exit-code"), "passed" in run.outputs("verdict")) == ({"0"}, True)
    assert {"decision.json", "decision.dsse.json", "model_card.html", "findings.sarif", "junit.xml", "badge.json", "summary.md"} <= {
        path.name for path in run.kept.iterdir()
    }


def test_what_is_blocked_stays_where_it_is(repository: Repository) -> None:
    """Nobody approved: the job of the check is red with exit code 1, the line of the policy is marked, and no alias moves."""
    with Forge() as forge:
        run = repository.run("unfair", forge=forge)

    assert (run.code == 0, run.jobs, _live(repository)) == (False, {"Check": False, "Override": False}, None)
    assert ("1" in run.outputs("exit-code"), "blocked" in run.outputs("verdict")) == (True, True)
    assert "Summary - ## Fairness gate: BLOCKED" in run.log
    assert "writes the version and the reason when approving: loans/2: …" in run.log
    assert "nobody approved this run" in run.log
    assert re.search(r"::error file=policies/high\.yaml,line=4,title=parity on group%3A FAIL::selection_rate is", run.log)
    assert forge.asked == [("GET", "/repos/acme/models/actions/runs/77/approvals")]


def test_what_is_inconclusive_waits(repository: Repository) -> None:
    """Exit code 3 is no pass either."""
    with Forge() as forge:
        run = repository.run("fair", forge=forge, policy="undecided.yaml")

    assert (run.jobs, _live(repository), "3" in run.outputs("exit-code")) == ({"Check": False, "Override": False}, None, True)
    assert "Summary - ## Fairness gate: INCONCLUSIVE" in run.log
    assert "::warning file=undecided.yaml,line=4," in run.log


def test_who_approved_is_on_the_record_and_it_is_promoted(repository: Repository) -> None:
    """Ann approves the job on GitHub, and what she writes is the reason: the version is promoted though its check is red.

    On GitHub the caller's next job would run now; act starts none after a called workflow with a red job.
    """
    with Forge(approvals=[review("ann-m", "loans/2: seen by the committee on 3 March."), review("bob", "loans/1 is fine")]) as forge:
        run = repository.run("unfair", forge=forge)

    assert (run.jobs, _live(repository)) == ({"Check": False, "Override": True, "Verify and promote": True}, repository.registry.versions["unfair"])
    assert "Summary - ## Fairness gate: OVERRIDDEN" in run.log
    said = r"blocked, and overridden: parity waived until .* by ann, asked for by lena: asked for by https://github.com/acme/models/actions/runs/77"
    assert re.search(said, run.log)


def test_an_approval_that_does_not_count_promotes_nothing(repository: Repository) -> None:
    """GitHub let the job run; the gate does not let the version through. Which approvals count is tests/test_attested.py's and tests/forge's."""
    with Forge(approvals=[review("lena", "I want loans/2."), review("eve", "Trust me with loans/2."), review("ann-m", "loans/21 may go.")]) as forge:
        run = repository.run("unfair", forge=forge)

    assert (run.code == 0, run.jobs, _live(repository)) == (False, {"Check": False, "Override": False}, None)
    for said in ("it takes the role model-risk", "nobody with the account", "Summary - ## Fairness gate: STILL STOPPED"):
        assert said in run.log


def test_a_registry_that_is_down_is_no_verdict(repository: Repository) -> None:
    """Exit code 4, a summary that says that nothing was decided, and neither override nor promotion is offered."""
    run = repository.run("fair", **{"tracking-uri": "http://127.0.0.1:9"})

    assert (run.jobs, _live(repository)) == ({"Check": False}, None)
    assert (run.outputs("exit-code"), "none" in run.outputs("verdict")) == ({"4"}, True)
    assert "Summary - ## Fairness gate: COULD NOT JUDGE" in run.log


def test_a_fork_without_secrets_promotes_nothing(repository: Repository) -> None:
    """Without the key the decision is not signed: verify refuses it, and the alias stays."""
    run = repository.run("fair", secrets={})

    assert (run.jobs, _live(repository)) == ({"Check": True, "Verify and promote": False}, None)
    assert re.search(r"REFUSED +signature", run.log)


WATCH = """\
name: Watch
on: {{workflow_dispatch: }}
permissions: {{}}
jobs:
  watch:
    uses: ./.github/workflows/monitor.yml
    permissions: {{contents: read}}
    with: {inputs}
"""


@pytest.mark.parametrize(
    ("store", "code"), [("", 2), ("gate-monitor.duckdb", 2), ("x postgresql://h/d", 2), ("postgresql://gate@db.example/gate", 0), ("postgres://h/d", 0)]
)
def test_counts_that_the_next_run_would_not_find_are_not_kept(store: str, code: int) -> None:
    """Without a secret, or with one that names a file, the job that watches ends before it counts; only an input that names a file lets it."""
    job = yaml.safe_load((ROOT / ".github/workflows/monitor.yml").read_text(encoding="utf-8"))["jobs"]["monitor"]
    step = next(step for step in job["steps"] if "STORE" in step.get("env", {}))
    run = subprocess.run(["bash", "-e", "-c", step["run"]], env={"STORE": store}, capture_output=True, text=True, check=False)

    assert (run.returncode, "::error" in run.stdout) == (code, code != 0)
    assert (step["if"], step["env"]["STORE"]) == ("inputs.store == ''", "${{ secrets.GATE_MONITOR_STORE }}")
    assert job["steps"].index(step) < next(place for place, step in enumerate(job["steps"]) if step.get("id") == "gate")


def test_what_is_deployed_is_watched(repository: Repository, tmp_path: Path) -> None:
    """Logs that decay: the job is red with exit code 1, whatever verify says, and the tag of the version says since when; without logs there is no such job."""
    version = f"{NAME}/{repository.registry.versions['fair']}"
    log = pd.concat([rows(range(5)), rows(range(5, 40), rates=(0.8, 0.3))]).rename(columns={"g": "group", "y": "repaid"})
    (repository.folder / "logs").mkdir()
    log.to_parquet(repository.folder / "logs" / "a log.parquet")
    inputs = {
        "model": version,
        "tracking-uri": repository.registry.uri,
        "requirements": "",
        "watched": version,
        "logs": "logs\n\n",
        "store": str(tmp_path / "store.duckdb"),
    }
    caller = repository.folder / ".github/workflows/watch.yml"
    caller.write_text(WATCH.format(inputs=json.dumps(inputs)), encoding="utf-8")
    run = act(repository.folder, "watch.yml", environment={}, secrets={})
    caller.write_text(WATCH.format(inputs=json.dumps({**inputs, "logs": ""})), encoding="utf-8")
    without = act(repository.folder, "watch.yml", environment={}, secrets={})
    tags = repository.registry.client.get_model_version(*version.split("/")).tags

    assert (run.code == 0, run.jobs) == (False, {"Verify what is deployed": False, "Watch what it answers": False})
    assert ("1" in run.outputs("exit-code"), "ALARM: parity on group since" in run.log) == (True, True)
    assert (tmp_path / "store.duckdb").exists()
    assert tags["gate.monitor"].startswith("alarm since 2026-01-")
    assert without.jobs == {"Verify what is deployed": False}
