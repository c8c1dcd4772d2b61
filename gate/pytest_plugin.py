"""The gate in pytest: `--gate-config` makes a test of every rule, and the fixture `gate_check` judges inside a test.

A suite that is red for a failing unit test is red for a violated rule too, with the same words as the command.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from gate.core.decision import Decision

__all__ = ["gate_check", "pytest_addoption", "pytest_collection_modifyitems", "pytest_report_header"]

_VERDICT = "verdict"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of `gate check` that say what is judged."""
    group = parser.getgroup("fairness gate")
    group.addoption("--gate-config", metavar="FILE", help="Make a test of every rule of the policy that this gate.yaml names.")
    group.addoption("--gate-model", metavar="MODEL", help="With --gate-config: the registered version, name/3 or name@alias.")
    group.addoption("--gate-predictions", metavar="FILE", help="With --gate-config: a table that already holds predictions, instead of a version.")
    group.addoption("--gate-entry", metavar="NAME", help="With --gate-config: the entry of gate.yaml, when there are several.")
    group.addoption("--gate-policy", metavar="FILE", help="With --gate-config: a policy file instead of the tier's.")
    group.addoption("--gate-tracking-uri", metavar="URI", help="With --gate-config: address of MLflow.")


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say when nothing but the fixture is configured, so that nobody takes a green run for a judgement."""
    alone = config.getoption("--gate-config") is not None and not any(config.getoption(f"--gate-{kind}") for kind in ("model", "predictions"))
    return "fairness gate: no --gate-model and no --gate-predictions, so no rule is a test here" if alone else None


@pytest.fixture
def gate_check(request: pytest.FixtureRequest) -> "Callable[..., Decision]":
    """`gate.check`, which records nothing unless it is told to; `--gate-config` is its configuration where none is given."""
    from gate.api import check  # noqa: PLC0415 -- only where it is used

    def judged(*words: Any, **options: Any) -> "Decision":  # noqa: ANN401 -- those of gate.check
        config = request.config.getoption("--gate-config")
        return check(*words, **{"record": False, **({} if config is None else {"config": config}), **options})

    return judged


def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """One test for the verdict and one for every rule, at the end."""
    written = config.getoption("--gate-config")
    candidates = [config.getoption(f"--gate-{kind}") for kind in ("model", "predictions")]
    if any(candidate == "" for candidate in candidates) or (written is None and any(candidates)):
        raise pytest.UsageError("--gate-model and --gate-predictions name a candidate, and go with --gate-config")
    if written is not None and any(candidates):
        items.extend(_Policy.from_parent(session, path=Path(written).resolve()).collect())


class _Policy(pytest.File):
    """The rules that `gate.yaml` leads to; judged once, when the first of them is run."""

    def collect(self) -> "Iterator[_Rule]":
        """The verdict first: it holds what no rule is about, such as coverage and misbehaviour."""
        from gate.errors import GateError  # noqa: PLC0415 -- only where it is used
        from gate.policy import load_config, policy_for  # noqa: PLC0415

        named = self.config.getoption("--gate-policy")
        try:
            model = load_config(self.path, self._entry())
            rules = policy_for(model, None if named is None else Path(named)).policy.applicable(model.config)
        except GateError as error:
            raise pytest.UsageError(str(error)) from error
        yield _Rule.from_parent(self, name=_VERDICT)
        for rule in rules:
            yield _Rule.from_parent(self, name=rule.id)

    def _entry(self) -> str | None:
        from gate.stages.source import entry_name  # noqa: PLC0415 -- as above

        return entry_name(self.config.getoption("--gate-entry"), self.config.getoption("--gate-model"))

    def decision(self) -> "Decision":
        """The decision, reached once; what failed once is not tried again for every rule.

        Raises:
            GateError: none could be reached.
        """
        from gate.errors import GateError  # noqa: PLC0415 -- as above

        if not hasattr(self, "_reached"):
            try:
                self._reached: Decision | GateError = self._checked()
            except GateError as error:
                self._reached = error
        if isinstance(self._reached, GateError):
            raise self._reached
        return self._reached

    def _checked(self) -> "Decision":
        from gate.api import check  # noqa: PLC0415 -- as above

        option = self.config.getoption
        return check(
            option("--gate-model"),
            config=self.path,
            predictions=option("--gate-predictions"),
            model_name=option("--gate-entry"),
            policy=option("--gate-policy"),
            tracking_uri=option("--gate-tracking-uri"),
            record=False,
        )


class _Rule(pytest.Item):
    """What one rule came to, or the verdict."""

    def runtest(self) -> None:
        """Fail where it stops the candidate; skip where it is about nothing here."""
        from gate.core.decision import Effect, Outcome, Verdict  # noqa: PLC0415 -- as above
        from gate.report import remarks, wording  # noqa: PLC0415

        parent = self.parent
        assert isinstance(parent, _Policy)  # noqa: S101 -- its only parent
        decision = parent.decision()
        if self.name == _VERDICT:
            if decision.verdict is not Verdict.PASSED:
                raise _StoppedError(" ".join((wording.verdict_sentence(decision), *wording.next_step(decision))))
            return
        findings = [finding for finding in decision.judgement.findings if finding.rule == self.name]
        stopping = [finding for finding in findings if finding.effect is not Effect.NONE]
        if stopping:
            said = (f"{remarks.subject(entry)}: {remarks.outcome(entry)}. {remarks.message(entry)} {remarks.settle(entry)}" for entry in stopping)
            raise _StoppedError("\n".join(line.strip() for line in said))
        if not findings or all(finding.outcome is Outcome.NOT_APPLICABLE for finding in findings):
            pytest.skip("the rule is about nothing here")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ANN401 -- pytest's own types
        """The gate's words, without a traceback."""
        from gate.errors import GateError  # noqa: PLC0415 -- as above
        from gate.report.escape import terminal  # noqa: PLC0415

        if isinstance(excinfo.value, _StoppedError | GateError):
            return "\n".join(terminal(line) for line in str(excinfo.value).splitlines())
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """How pytest names it."""
        return self.path, None, f"gate: {self.name}"


class _StoppedError(Exception):
    """The candidate may not pass."""
