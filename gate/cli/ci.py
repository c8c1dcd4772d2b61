"""What a command tells the CI system that runs it: a summary, annotations, outputs, also when nothing was decided."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gate.cli.exit_codes import MEANING, ExitCode, of_verdict
from gate.cli.failure import explained

if TYPE_CHECKING:
    from gate.core.override import Standing
    from gate.core.place import Place
    from gate.core.verification import Verification
    from gate.pipeline import Recorded
    from gate.report.github import Annotation

__all__ = ["Ci", "Option", "Told", "telling"]

_NONE = "none"


class Ci(StrEnum):
    """CI systems that are told more than the exit code."""

    NONE = "none"
    GITHUB = "github"


Option = Annotated[Ci, typer.Option("--ci", help="Tell this CI system too; github: job summary, annotations, and outputs of the step.")]


@dataclass(frozen=True, slots=True)
class Told:
    """Where it is told."""

    ci: Ci

    def decided(self, recorded: "Recorded") -> None:
        """A decision: the whole story as summary, what stops it as annotations, and what later steps need as outputs."""
        if self.ci is Ci.NONE:
            return
        from gate.core.canonical import digest  # noqa: PLC0415 -- heavy rooms are imported only when they are needed
        from gate.record.decision import decision_bytes  # noqa: PLC0415
        from gate.report.github import annotations  # noqa: PLC0415

        decision, links, version = recorded.decision, recorded.links, recorded.decision.facts.candidate.version
        named = {
            "verdict": "advisory" if decision.development else decision.verdict.value,
            "exit-code": "0" if recorded.report_only else str(of_verdict(decision.verdict).value),
            "decision": digest(decision_bytes(decision)),
            "subject": "" if version is None else f"{decision.facts.candidate.name}/{version}",
            "report": "" if links is None else links.card_url or links.card,
        }
        missing = () if recorded.missing is None else (_plain(ExitCode.BLOCKED, f"The block stands, but it could not be recorded: {recorded.missing}"),)
        self._tell(recorded.summary + _approving(recorded), (*annotations(decision, recorded.places), *missing), named)

    def verified(self, found: "Verification", said: str, code: ExitCode) -> None:
        """What verify or promote answered, check by check."""
        if self.ci is Ci.NONE:
            return
        from gate.report.verification import summary  # noqa: PLC0415 -- as above

        named = {"allowed": str(found.allowed).lower(), "exit-code": str(code.value), "decision": found.decision or ""}
        self._tell(summary(found, said), (_plain(code, said),), named)

    def overridden(self, standing: "Standing", lines: Sequence[str]) -> None:
        """What people have waived, and what is left."""
        if self.ci is Ci.NONE:
            return
        from gate.report.escape import markdown  # noqa: PLC0415 -- as above

        code = ExitCode.BLOCKED if standing.left else ExitCode.PASSED
        title = "STILL STOPPED" if standing.left else "OVERRIDDEN"
        shown = "\n".join(f"- {markdown(line)}" for line in lines)
        self._tell(f"## Fairness gate: {title}\n\n{shown}\n", (_plain(code, lines[-1]),), {"overridden": str(not standing.left).lower()})

    def failed(self, error: BaseException) -> None:
        """Nothing was decided, and why."""
        if self.ci is Ci.NONE:
            return
        from gate.report.escape import markdown  # noqa: PLC0415 -- as above

        said, code = explained(error)
        title = "CANNOT BE MEANT" if code is ExitCode.USAGE else "COULD NOT JUDGE"
        words = f"## Fairness gate: {title}\n\nNothing was decided, so nothing may be promoted. Exit code {code.value}: {MEANING[code]}.\n\n{markdown(said)}\n"
        self._tell(words, (_plain(code, said),), {"verdict": _NONE, "allowed": "false", "exit-code": str(code.value)})

    def _tell(self, summary: str, annotated: "tuple[Annotation, ...]", named: Mapping[str, str]) -> None:
        from gate.report.github import command, outputs  # noqa: PLC0415 -- as above

        for annotation in annotated:
            typer.echo(command(replace(annotation, place=_placed(annotation.place))), err=True)
        _append("GITHUB_STEP_SUMMARY", summary)
        _append("GITHUB_OUTPUT", "".join(f"{line}\n" for line in outputs(named)))


@contextmanager
def telling(ci: Ci) -> Iterator[Told]:
    """Whatever ends the command without an answer is told, and goes on to end it."""
    told = Told(ci)
    try:
        yield told
    except BaseException as error:
        told.failed(error)
        raise


def _approving(recorded: "Recorded") -> str:
    """How whoever may override says so on GitHub, where the policy lets anybody."""
    from gate.core.decision import Verdict  # noqa: PLC0415 -- as above
    from gate.report.escape import markdown  # noqa: PLC0415

    decision, candidate = recorded.decision, recorded.decision.facts.candidate
    allowed = isinstance(decision.policy.effective, Mapping) and decision.policy.effective.get("override")
    if decision.verdict is Verdict.PASSED or decision.development or candidate.version is None or not allowed:
        return ""
    named = markdown(f"{candidate.name}/{candidate.version}")
    return f"\nWhoever lets the override of this run go on writes the version and the reason when approving: {named}: …\n"


def _plain(code: ExitCode, said: str) -> "Annotation":
    from gate.report.github import Annotation, Level  # noqa: PLC0415 -- as above

    level = {ExitCode.PASSED: Level.NOTICE, ExitCode.INCONCLUSIVE: Level.WARNING}.get(code, Level.ERROR)
    return Annotation(level=level, title=f"Fairness gate: {MEANING[code].partition(':')[0]}", message=said)


def _placed(place: "Place | None") -> "Place | None":
    """The place as the repository's root sees it; none where the file is not in the repository."""
    root = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd()).absolute()
    if place is None or not Path(place.path).is_file():
        return None
    absolute = Path(place.path).absolute()
    return replace(place, path=absolute.relative_to(root).as_posix()) if absolute.is_relative_to(root) else None


def _append(variable: str, text: str) -> None:
    """Add to the file that the runner names; where it names none, there is nobody to tell."""
    named = os.environ.get(variable)
    if not named:
        return
    try:
        with Path(named).open("a", encoding="utf-8", errors="replace") as file:
            file.write(f"{text}\n" if not text.endswith("\n") else text)
    except OSError as error:  # the exit code is the answer; without outputs, whatever waits for them does not go on
        typer.echo(f"gate: the file of {variable} cannot be written: {error.strerror}", err=True)
