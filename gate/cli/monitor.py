"""`gate monitor`: is a model that was fair at release still so?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gate.cli import observed
from gate.cli.exit_codes import ExitCode, of_error
from gate.cli.form import Form
from gate.cli.progress import Progress
from gate.cli.textfile import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from gate.monitor.found import Answer, Found

__all__ = ["EPILOG", "run"]

EPILOG = "Examples: `gate monitor logs/*.parquet --labels labels.parquet`; `gate monitor logs/2026-08.csv --model mortgage-approval/3 --as-of 2026-09-01`."


def run(
    logs: Annotated[
        list[str],
        typer.Argument(
            help="Prediction logs with an id and a time per row: Parquet, CSV, folders of these, postgresql://HOST/DATABASE#TABLE, sqlite:///FILE#TABLE.",
            show_default=False,
        ),
    ],
    labels: Annotated[list[str] | None, typer.Option(help="Labels that came later: ids and labels, likewise. May be given again.", show_default=False)] = None,
    model: Annotated[
        str | None,
        typer.Option(help="The entry of gate.yaml, or NAME/VERSION: each version has its own evidence.", show_default=False),
    ] = None,
    config: Annotated[Path, typer.Option(help="What is judged, and by which columns.")] = Path("gate.yaml"),
    policy: Annotated[Path | None, typer.Option(help="Use this policy file instead of the tier's.")] = None,
    store: Annotated[
        str, typer.Option(help="Where counts per window are kept: a file, or postgresql://….", envvar="GATE_MONITOR_STORE")
    ] = "gate-monitor.duckdb",
    as_of: Annotated[str | None, typer.Option(metavar="DAY", help="Windows that are over by this day are counted; default: today.", show_default=False)] = None,
    since: Annotated[str | None, typer.Option(metavar="DAY", help="Judge windows from this day on; default: all in the store.", show_default=False)] = None,
    reference: Annotated[Path | None, typer.Option(help="The table that drift is measured against; default: the holdout.", show_default=False)] = None,
    drift: Annotated[list[str] | None, typer.Option(metavar="COLUMN", help="Look for drift in this column of the logs too.", show_default=False)] = None,
    mlflow: Annotated[bool, typer.Option("--mlflow", help="Show it in MLflow: metrics by day on a run, the tag gate.monitor on the version.")] = False,
    tracking_uri: Annotated[str | None, typer.Option(help="Address of MLflow; default: MLFLOW_TRACKING_URI, else ./mlflow.db.", show_default=False)] = None,
    id_column: Annotated[str, typer.Option(help="The column of ids, in logs and labels.")] = "id",
    time_column: Annotated[str, typer.Option(help="The column of times, in logs; without a zone they are UTC.")] = "time",
    follow: Annotated[bool, typer.Option("--follow", help="Stay, and look again and again; SIGTERM or Ctrl+C ends it after the run.")] = False,
    every: Annotated[str, typer.Option(metavar="TIME", help="With --follow: how often, such as 15m, 1h or 1d.")] = "1h",
    form: Annotated[Form, typer.Option("--format", help="What goes to standard output.")] = Form.TEXT,
) -> int:
    """Count predictions per window, and say whether a rule is violated by now; look as often as you like.

    Exits 1 on an alarm, 3 when too little is known, 0 when nothing speaks against the model; a warning changes nothing.
    """
    from dataclasses import replace  # noqa: PLC0415 -- heavy rooms are imported only when they are needed
    from datetime import UTC, datetime  # noqa: PLC0415

    from gate.errors import UsageError  # noqa: PLC0415
    from gate.monitor.logs import LogColumns  # noqa: PLC0415
    from gate.monitor.run import MonitorRequest, monitor, name_of  # noqa: PLC0415
    from gate.monitor.sources import place_at  # noqa: PLC0415
    from gate.monitor.text import as_json, render  # noqa: PLC0415

    name, _, version = (model or "").partition("/")
    request = MonitorRequest(
        config=config,
        logs=tuple(map(place_at, logs)),
        as_of=_day("--as-of", as_of) or datetime.now(UTC).date(),
        store=store,
        labels=tuple(map(place_at, labels or ())),
        entry=name or None,
        version=version or None,
        policy=policy,
        columns=LogColumns(id=id_column, time=time_column),
        reference=reference,
        show=mlflow,
        tracking_uri=tracking_uri,
        drift=tuple(drift or ()),
        since=_day("--since", since),
    )

    def once() -> "Found":
        today = datetime.now(UTC).date()
        try:
            with Progress() as tell:
                found = monitor(replace(request, as_of=today) if follow else request, tell=tell)
        except Exception:
            observed.measure(_answered(_watched(config, name, version), None))  # what it said before is not what holds now
            raise
        observed.say(model=found.model, tier=found.tier, answer=found.answer.value)
        observed.measure(_answered(found.model, found.answer))
        typer.echo(as_json(found) if form is Form.JSON else render(found), nl=False)
        return found

    if follow:
        if as_of is not None:
            raise UsageError("a day that is fixed cannot be followed", where="--as-of", next_step="Leave out --as-of, or --follow.")
        return _followed(once, every, store, name_of(request))
    return of_answer(once().answer)


def _followed(once: "Callable[[], Found]", every: str, store: str, name: str) -> ExitCode:
    """Run after run until asked to stop; the exit code is that of the last one."""
    from gate.errors import GateError  # noqa: PLC0415 -- as above
    from gate.monitor.follow import Stop, alone, follow, seconds_of  # noqa: PLC0415
    from gate.report.escape import terminal  # noqa: PLC0415

    def say(text: str) -> None:
        typer.echo(terminal(f"gate: {text}"), err=True)

    seconds = seconds_of(every)
    with Stop() as stop, alone(store, name):
        say(f"looking every {every}; SIGTERM or Ctrl+C ends it after the run")
        last = follow(lambda: _told(once), every=seconds, wait=stop.wait, say=say)
        say("stopped after a run that was whole" if not isinstance(last, GateError) else "stopped after a run that failed")
    return of_error(last) if isinstance(last, GateError) else of_answer(last.answer)


def _told(once: "Callable[[], Found]") -> "Found":
    """A run, with its numbers written as soon as it is over, however it ends."""
    from gate.errors import GateError  # noqa: PLC0415 -- as above

    code = ExitCode.NO_JUDGEMENT
    try:
        found = once()
        code = of_answer(found.answer)
    except GateError as error:
        code = of_error(error)
        raise
    finally:
        observed.flush(code)
    return found


def _answered(model: str | None, found: "Answer | None") -> "Iterator[Sample]":
    """1 for the answer that holds, 0 for the others; all 0 where nobody knows, none where it is not known of which model."""
    from gate.monitor.found import Answer  # noqa: PLC0415 -- as above

    if model is not None:
        yield from (Sample(name="gate_monitor_answer", labels=(("model", model), ("answer", answer.value)), value=float(answer is found)) for answer in Answer)


def _watched(config: Path, name: str, version: str) -> str | None:
    """The model as its answers are told of, where no run could say it; None where the configuration does not say either."""
    from gate.errors import GateError  # noqa: PLC0415 -- as above
    from gate.policy import load_config  # noqa: PLC0415

    try:
        entry = name or load_config(config).config.name
    except GateError:
        return None
    return f"{entry}/{version}" if version else entry


def of_answer(answer: "Answer") -> ExitCode:
    """The exit code of an answer."""
    return {"alarm": ExitCode.BLOCKED, "inconclusive": ExitCode.INCONCLUSIVE, "quiet": ExitCode.PASSED}[answer.value]


def _day(option: str, written: str | None) -> "date | None":
    from datetime import date  # noqa: PLC0415 -- as above

    from gate.errors import UsageError  # noqa: PLC0415

    try:
        return None if written is None else date.fromisoformat(written)
    except ValueError as error:
        raise UsageError(f"{written!r} is no day", where=option, next_step="Write it as 2026-08-01.") from error
