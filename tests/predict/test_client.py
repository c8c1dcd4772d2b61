"""Candidates in a real child process, good and bad."""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pytest

from gate.core.facts import Misbehaviour
from gate.core.model import Value
from gate.errors import SandboxError
from gate.predict.backends import PlainBackend, available
from gate.predict.client import ChildPredictor
from gate.predict.interface import Answer, Backend, Launch, Limits

pytestmark = pytest.mark.mlflow

ModelWriter = Callable[..., Path]
X = [-2.0, -1.0, 1.0, 2.0]
BACKENDS = [tried.backend for tried in available()]
"""All of them; one that does not work here fails, since a machine that tests the gate has to have it."""


def _batch(mood: str, x: list[float] | None = None) -> pa.RecordBatch:
    values = X if x is None else x
    return pa.record_batch({"x": pa.array(values), "mood": pa.array([mood] * len(values))})


def _running(group: int) -> list[str]:
    """The processes of a group that run; what has ended and waits for init to reap it does not."""
    states = [_state(path) for path in Path("/proc").glob("[0-9]*/stat")]
    return [state for state, its_group in states if its_group == str(group) and state not in "ZX"]


def _state(stat: Path) -> tuple[str, str]:
    try:
        fields = stat.read_text().rpartition(")")[2].split()
    except OSError:  # it ended while we looked
        return "X", ""
    return fields[0], fields[2]


def _gone(pid: int) -> bool:
    """Whether nothing of this group runs any more, within the moment that the kernel takes to deliver a kill."""
    return any(not _running(pid) for _ in range(200))


@pytest.mark.parametrize(
    ("mood", "labels", "expected"),
    [
        ("int", (0, 1), [0, 0, 1, 1]),
        ("series", (0, 1), [0, 0, 1, 1]),
        ("frame", (0, 1), [0, 0, 1, 1]),
        ("list", (0, 1), [0, 0, 1, 1]),
        ("column", (0, 1), [0, 0, 1, 1]),
        ("nullable", (0, 1), [0, 0, 1, 1]),
        ("int", (False, True), [False, False, True, True]),
        ("int", (0.0, 1.0), [0.0, 0.0, 1.0, 1.0]),
        ("text", ("no", "yes"), ["no", "no", "yes", "yes"]),
        ("category", ("no", "yes"), ["no", "no", "yes", "yes"]),
    ],
)
def test_labels_come_back_in_the_declared_type(moody: ChildPredictor, mood: str, labels: tuple[Value, Value], expected: list[Value]) -> None:
    """Whatever container and width a model answers in, the column holds the declared labels."""
    answers = moody.answers(_batch(mood), Answer.label(labels))

    assert answers.to_pylist() == expected


def test_scores_come_back_as_numbers(moody: ChildPredictor) -> None:
    """A score is a float64 in [0, 1]."""
    score = moody.answers(_batch("score"), Answer.score())

    assert (score.type, score[0].as_py() < 0.5 < score[3].as_py()) == (pa.float64(), True)


def test_of_two_columns_of_probabilities_the_second_is_the_score(moody: ChildPredictor) -> None:
    """As scikit-learn gives them."""
    assert moody.answers(_batch("proba"), Answer.score()).to_pylist() == [0.0, 0.0, 1.0, 1.0]


def test_long_batches_are_split_and_joined(moody: ChildPredictor) -> None:
    """More rows than one question may hold come back complete and in order."""
    x = [float(place % 3 - 1) for place in range(2500)]
    answers = moody.answers(_batch("int", x), Answer.label((0, 1)))

    assert answers.to_pylist() == [int(value > 0) for value in x]


def test_no_rows_have_no_answers(moody: ChildPredictor) -> None:
    """An empty batch is answered without asking."""
    answers = moody.answers(_batch("raise", []), Answer.label((0, 1)))

    assert answers.to_pylist() == []


@pytest.mark.parametrize(
    ("mood", "answer", "check", "words"),
    [
        ("raise", Answer.label((0, 1)), "predict", "ZeroDivisionError"),
        ("short", Answer.label((0, 1)), "length", "7 rows where 8"),
        ("long", Answer.label((0, 1)), "length", "9 rows where 8"),
        ("nan", Answer.label((0, 1)), "finite", "NaN or infinity for 4 of 8 rows"),
        ("nan", Answer.score(), "finite", "NaN or infinity for 4 of 8 rows"),
        ("infinite", Answer.score(), "finite", "NaN or infinity"),
        ("stranger", Answer.label((0, 1)), "label", "2.0 where only 0 and 1"),
        ("text", Answer.label((0, 1)), "type", "where a number"),
        ("int", Answer.label(("no", "yes")), "label", "where only 'no' and 'yes'"),
        ("score", Answer.label((0, 1)), "label", "where only 0 and 1"),
        ("too-much", Answer.score(), "score", "outside [0, 1], for example 1.5"),
        ("none", Answer.label((0, 1)), "shape", "returned None"),
        ("nones", Answer.label((0, 1)), "type", "None where a number"),
        ("proba", Answer.label((0, 1)), "shape", "two columns"),
        ("cube", Answer.score(), "shape", "(8, 2, 2)"),
        ("three", Answer.score(), "shape", "(8, 3)"),
        ("dict", Answer.score(), "shape", "no columns"),
        ("dates", Answer.label((0, 1)), "type", "None where a number"),
        ("unknown mood", Answer.label((0, 1)), "predict", "KeyError"),
    ],
)
def test_a_wrong_answer_is_misbehaviour(moody: ChildPredictor, mood: str, answer: Answer, check: str, words: str) -> None:
    """Length, type, finiteness, range and label set are checked by the parent, and the detail says what was wrong."""
    misbehaviour = moody.answers(_batch(mood), answer)

    assert isinstance(misbehaviour, Misbehaviour)
    assert (misbehaviour.check, words in misbehaviour.detail) == (check, True), misbehaviour.detail


def test_a_flood_of_output_neither_blocks_nor_shows(moody: ChildPredictor) -> None:
    """Nine megabytes on standard output are drained, kept to a cap and stripped of control characters."""
    answers = moody.answers(_batch("loud"), Answer.label((0, 1)))

    assert answers.to_pylist() == [1, 1, 1, 1]
    assert len(moody._child.channel.printed()) <= 64 * 2**10
    assert "\x1b" not in moody._child.channel.printed()


def test_the_child_sees_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch, write_model: ModelWriter) -> None:
    """A secret in the parent's environment is not in the child's."""
    monkeypatch.setenv("GATE_TEST_SECRET", "hunter2")
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "hunter2")
    with ChildPredictor() as predictor:
        loaded = predictor.load(write_model("import os\ndef _load_pyfunc(path):\n    raise RuntimeError(' '.join(sorted(os.environ.values())))"))

    assert loaded is not None
    assert ("RuntimeError" in loaded.detail, "hunter2" in loaded.detail) == (True, False)


_FAULTS = (
    ("raise ValueError('no such file')", "", "load", "ValueError: no such file"),
    ("os._exit(0)", "", "exit", "ended by itself with status 0 during load"),
    ("pass", "os._exit(0)", "exit", "ended by itself with status 0 during predict"),
    ("pass", "print('last words', flush=True); os.kill(os.getpid(), 11)", "exit", "signal 11 during predict; it printed: 'last words'"),
    ("while True: pass", "", "time-limit", "longer than 2 s"),
    ("pass", "__import__('signal').pause()", "time-limit", "longer than 2 s"),
    ("pass", "[write(d) for d in range(3, 1024)]; import signal; signal.pause()", "protocol", "to the descriptors of the gate"),
    ("pass", "[write(d, head(5, 2**40)) for d in range(3, 1024)]; import signal; signal.pause()", "protocol", "message of 1099511627776 bytes"),
    ("pass", "[write(d, head(1, 0)) for d in range(3, 1024)]; import signal; signal.pause()", "protocol", "READY where PREDICTIONS is due"),
)
_MET = [
    pytest.param(backend, *fault, id=f"{backend.name}-{fault[2]}-{number}", marks=[pytest.mark.slow] * (number > 1 and backend.name != "bubblewrap"))
    for backend in BACKENDS
    for number, fault in enumerate(_FAULTS)
]
"""Everything under the strongest walls; under the others a candidate that raises and one that leaves, and the rest where there is time."""


@pytest.mark.parametrize(("backend", "at_load", "at_predict", "check", "words"), _MET)
def test_a_hostile_candidate_is_misbehaviour_and_leaves_nothing(
    write_model: ModelWriter, backend: Backend, at_load: str, at_predict: str, check: str, words: str
) -> None:
    """Whatever a candidate does after READY is held against it, and no process of it survives."""
    code = f"""
        import os, struct

        def head(kind, length):
            return struct.pack(">BQ", kind, length)

        def write(descriptor, data=b"garbage, garbage, garbage"):
            try:
                os.write(descriptor, data)
            except OSError:
                pass

        class Model:
            def predict(self, frame, params=None):
                {at_predict or "pass"}

        def _load_pyfunc(path):
            {at_load}
            return Model()
    """
    folder = write_model(textwrap.dedent(code))
    with ChildPredictor(limits=Limits(seconds=2), backend=backend, readable=(folder,)) as predictor:
        misbehaviour = predictor.load(folder) or predictor.answers(_batch("any"), Answer.label((0, 1)))

    assert isinstance(misbehaviour, Misbehaviour)
    assert (misbehaviour.check, words in misbehaviour.detail) == (check, True), misbehaviour.detail
    assert _gone(predictor.pid)


@dataclass(frozen=True)
class _Broken(PlainBackend):
    """A backend under which something else starts."""

    argv: tuple[str, ...] = ()

    def launch(self, launch: Launch, **_how: object) -> Launch:
        return replace(launch, argv=self.argv)


@pytest.mark.parametrize(
    ("backend", "limits", "words"),
    [
        (_Broken(argv=("/nonexistent/program",)), Limits(), "did not start"),
        (_Broken(argv=("/bin/sh", "-c", "echo cannot mount >&2; exit 0")), Limits(), "printed: 'cannot mount'"),
        (_Broken(argv=("/bin/sh", "-c", "read forever </dev/null; exec sleep 600")), Limits(ready_seconds=0.2), "did not become ready in time"),
    ],
)
def test_a_child_that_does_not_start_is_our_failure(backend: Backend, limits: Limits, words: str, tmp_path: Path) -> None:
    """Before READY no candidate code has run, so it cannot be the candidate's fault."""

    def attempt() -> None:
        with ChildPredictor(backend=backend, limits=limits) as predictor:
            predictor.load(tmp_path)

    with pytest.raises(SandboxError, match=words):
        attempt()


def test_a_child_that_is_never_used_is_ended(tmp_path: Path) -> None:
    """Leaving the context before anything was loaded kills the child and removes its scratch folder; twice is once."""
    with ChildPredictor(readable=(tmp_path,)) as predictor:
        scratch = predictor._scratch.path
    predictor.close()

    assert (_gone(predictor.pid), scratch.exists(), predictor.sandbox) == (True, False, "none")
