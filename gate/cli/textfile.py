"""What the gate counts of itself, as a file that Prometheus' node exporter reads (textfile collector).

Counters go on from the file that is there, so that runs add up; gauges of what a run did not look at stay. The file is
replaced as a whole while a lock is held, so that nobody reads half of one, and no run is lost beside another.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4).
"""

import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FAMILIES", "Sample", "merged", "parsed", "update"]

FAMILIES: Mapping[str, tuple[str, str]] = {
    "gate_runs_total": ("counter", "Runs of the gate by command and exit code."),
    "gate_run_seconds_total": ("counter", "Seconds that runs took, by command."),
    "gate_verdicts_total": ("counter", "Decisions of gate check by model, tier and verdict."),
    "gate_last_run_timestamp_seconds": ("gauge", "When a command last ended, by command and exit code."),
    "gate_looks": ("gauge", "Looks at the holdout so far, by model, as of its last check."),
    "gate_monitor_answer": ("gauge", "What gate monitor said last, by model: 1 for the answer that holds, 0 for the others."),
    "gate_model_status": ("gauge", "What may be said of a model, as gate dashboard says: 1 for the status that holds, 0 for the others."),
    "gate_version_until_timestamp_seconds": ("gauge", "From when a version that is allowed no longer is, if nothing else happens."),
    "gate_override_until_timestamp_seconds": ("gauge", "To when an exception that stands was asked for, by model and request."),
}
"""Name → kind and meaning."""
_LINE = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*)\})? (\S+)')
_LABEL = re.compile(r'([a-z_]+)="((?:[^"\\\n]|\\.)*)"')
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One number: a family of `FAMILIES`, its labels in order, and the value."""

    name: str
    labels: tuple[tuple[str, str], ...]
    value: float

    @property
    def line(self) -> str:
        """As it stands in the file."""
        labels = ",".join(f'{key}="{"".join(_ESCAPES.get(sign, sign) for sign in value)}"' for key, value in self.labels)
        return f"{self.name}{{{labels}}} {self.value:.17g}" if labels else f"{self.name} {self.value:.17g}"


def update(path: Path, samples: Iterable[Sample], *, instead_of: Iterable[str] = ()) -> None:
    """Add the samples to a file.

    Args:
        path: the file; made where there is none.
        samples: counters are added to what is there, gauges replace it.
        instead_of: families of which everything is replaced: what was not looked at is gone.

    Raises:
        OSError: it cannot be read or written.
    """
    import fcntl  # noqa: PLC0415 -- only where metrics are wanted

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        kept = (sample for sample in parsed(before) if sample.name not in set(instead_of))
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(merged(kept, samples))
        Path(name).chmod(0o644)  # another user reads it
        Path(name).replace(path)


def parsed(text: str) -> Iterator[Sample]:
    """The samples of a file that the gate wrote; any other line is none."""
    for line in text.splitlines():
        found = _LINE.fullmatch(line)
        if found is None or found[1] not in FAMILIES:
            continue
        try:
            value = float(found[3])
        except ValueError:
            continue
        yield Sample(name=found[1], labels=tuple((key, _plain(said)) for key, said in _LABEL.findall(found[2] or "")), value=value)


def merged(before: Iterable[Sample], after: Iterable[Sample]) -> str:
    """The text of a file: counters added up, gauges by their last value, families with kind and meaning."""
    values: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    for sample in (*before, *after):
        place = (sample.name, sample.labels)
        values[place] = sample.value + (values.get(place, 0.0) if FAMILIES[sample.name][0] == "counter" else 0.0)
    return "".join(_family(name, [Sample(name=name, labels=labels, value=value) for (of, labels), value in values.items() if of == name]) for name in FAMILIES)


def _family(name: str, samples: list[Sample]) -> str:
    kind, meaning = FAMILIES[name]
    lines = "".join(f"{line}\n" for line in sorted(sample.line for sample in samples))
    return f"# HELP {name} {meaning}\n# TYPE {name} {kind}\n{lines}" if samples else ""


def _plain(said: str) -> str:
    return re.sub(r"\\(.)", lambda sign: "\n" if sign[1] == "n" else sign[1], said)
