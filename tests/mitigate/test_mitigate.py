"""`gate mitigate` without a registry: what is tried, what is refused, what is shown."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hiring import GATE, POLICY, people, write

from gate.cli import main
from gate.core.alternatives import Search
from gate.core.mitigation import MitigationTerms, Technique
from gate.errors import UsageError
from gate.judge.alternatives import measured
from gate.mitigate import MitigateRequest, mitigate
from gate.report import mitigation_page, mitigation_text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Training table, holdout, gate.yaml and policy."""
    made = tmp_path_factory.mktemp("hiring")
    write(made, rows=1000, held=300)
    return made


def _request(folder: Path, **changed: Any) -> MitigateRequest:  # noqa: ANN401 -- any field
    asked = {"techniques": (Technique.REWEIGHING,), "policy": folder / "policy.yaml", "share": 0.4, **changed}
    return MitigateRequest(config=folder / "gate.yaml", train=folder / "train.parquet", today=date(2026, 8, 1), **asked)


@pytest.fixture(scope="module")
def search(folder: Path) -> Search:
    """Plain, reweighing, and one technique that asks for the group."""
    return mitigate(_request(folder, techniques=(Technique.REWEIGHING, Technique.DROP_PROXIES, Technique.REJECT_OPTION))).search


@pytest.fixture
def policy(tmp_path: Path) -> Callable[[str], Path]:
    """A policy with more in it."""

    def written(more: str) -> Path:
        path = tmp_path / "policy.yaml"
        path.write_text(POLICY + more, encoding="utf-8")
        return path

    return written


def test_the_plain_model_comes_first_and_fails(search: Search) -> None:
    """What is compared with is judged like everything else; here its gap is beyond the bound."""
    plain = search.tried[0]

    assert plain.technique is Technique.PLAIN
    assert plain.judgement is not None
    assert plain.judgement.verdict.value == "blocked"


def test_a_candidate_is_put_forward(search: Search) -> None:
    """Some technique meets the rules on the validation rows, and the plain model does not."""
    assert search.recommendation.name is not None
    assert search.recommendation.name != "plain"


def test_the_same_request_gives_the_same_bytes(folder: Path) -> None:
    """Nothing depends on the clock, on threads or on the order of a set: page and JSON are byte for byte the same."""
    twice = [mitigate(_request(folder)).search for _ in range(2)]

    assert mitigation_text.as_json(twice[0]) == mitigation_text.as_json(twice[1])
    assert mitigation_page.render(twice[0]) == mitigation_page.render(twice[1])


def test_what_is_shown_says_that_it_is_no_verdict(search: Search) -> None:
    """Text, page and JSON say that the holdout decides, and mark what asks for the group."""
    text, page = mitigation_text.render(search, width=120), mitigation_page.render(search)
    entry = next(entry for entry in mitigation_text.document(search)["tried"] if entry["technique"] == "reject_option")  # type: ignore[union-attr,index,call-overload]

    assert "nothing here is a verdict" in " ".join(text.split())
    assert "nothing here is a verdict" in page
    assert "<svg" in page
    assert entry["group_dependent"] is True
    assert "women (sex): selected" in text
    assert "models take skill, years, school, district" in " ".join(text.split())


def test_every_point_of_a_plot_can_be_looked_up(search: Search) -> None:
    """Beside each point stands the number that its candidate has in the table, and what is drawn upwards is named in full."""
    page = mitigation_page.render(search)
    drawn = page.split("<figure>")[1].split("</figure>")[0]
    numbers = set(re.findall(r">(\d+)</text>", drawn)) - {"0"}  # which an axis begins at

    assert numbers <= {str(place) for place in range(1, len(search.tried) + 1)}
    assert {str(place) for place, entry in enumerate(search.tried, 1) if entry.judgement is not None and f">{place}. {entry.name}" in page} == numbers
    assert "…" not in drawn


def test_a_name_in_a_page_is_text(search: Search) -> None:
    """What a configuration calls its model is escaped."""
    assert "<b>" not in mitigation_page.render(replace(search, model="<b>x</b>"))


def test_the_budget_is_honoured_and_what_is_missing_is_named(folder: Path) -> None:
    """Once the seconds are over nothing further is begun, the plain model excepted, and the rest is listed."""
    ticks = count(0, 50)
    found = mitigate(_request(folder, techniques=(Technique.REWEIGHING, Technique.RESAMPLING), budget=150), clock=lambda: next(ticks)).search

    assert [entry.name for entry in found.tried] == ["plain", "reweighing/sex"]
    assert found.not_reached == ("resampling/sex",)
    assert "Not reached within 150 s: resampling/sex" in mitigation_text.render(found, width=120)


def test_progress_tells_the_time_that_is_left(folder: Path) -> None:
    """After the first step, how long the rest will take."""
    said: list[str] = []
    mitigate(_request(folder), tell=said.append, clock=iter(range(0, 1000, 10)).__next__)

    assert any("about 20 s left" in line or "about 10 s left" in line for line in said)


def test_what_the_policy_does_not_approve_is_not_tried(folder: Path, policy: Callable[[str], Path]) -> None:
    """Named with the reason, and never trained."""
    path = policy("mitigation: {approved: [reweighing], forbid_group_dependent: true}\n")
    found = mitigate(_request(folder, policy=path, techniques=(Technique.RESAMPLING, Technique.REJECT_OPTION))).search

    assert [entry.name for entry in found.tried] == ["plain"]
    assert any("does not approve resampling" in reason for reason in found.excluded)


def test_group_dependent_techniques_need_the_group(folder: Path, policy: Callable[[str], Path]) -> None:
    """Where sensitive features may not be inputs, techniques that need them are not tried."""
    found = mitigate(_request(folder, policy=policy("inputs: {forbid: sensitive}\n"), techniques=(Technique.REJECT_OPTION,))).search

    assert [entry.name for entry in found.tried] == ["plain"]
    assert "inputs.forbid" in found.excluded[0]


def test_forbidding_by_group_leaves_the_others() -> None:
    """`forbid_group_dependent` alone refuses what treats groups differently, and nothing else."""
    terms = MitigationTerms(forbid_group_dependent=True)

    assert terms.refusal("reject_option") is not None
    assert terms.refusal("reweighing") is None
    assert terms.refusal("of my own") is not None


def test_small_cells_are_not_shown(folder: Path, policy: Callable[[str], Path]) -> None:
    """Under `privacy.min_cell` the numbers of a table with a small cell appear nowhere."""
    found = mitigate(_request(folder, policy=policy("privacy: {min_cell: 2000}\n"))).search
    shown = mitigation_text.document(found)["tried"]

    assert all(entry["utility"] is None and not entry["groups"] and not entry["disparities"] for entry in shown)  # type: ignore[union-attr,index,call-overload]
    assert "not published" in mitigation_text.render(found, width=120) or found.recommendation.name is None
    assert [measured(entry.judgement) for entry in found.tried] == [None, None]
    assert all(measured(entry.whole) is not None for entry in found.tried)  # which alternatives are found by


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"train": "holdout.parquet"}, "is the holdout"),
        ({"validation": "holdout.parquet"}, "is the holdout"),
        ({"validation": "train.parquet"}, "are the same"),
        ({"train": "nowhere.parquet"}, "no such file"),
        ({"features": ("race",)}, "no sensitive feature"),
        ({"inputs": ("hired",)}, "cannot be an input"),
        ({"inputs": ("nothing",)}, "cannot be an input"),
        ({"constraints": ("fairness",)}, "no constraint"),
        ({"estimator": "own:model"}, "no estimator"),
        ({"share": 0.95}, "share"),
        ({"choose": "plain"}, "--choose"),
    ],
)
def test_what_cannot_be_meant_is_refused(folder: Path, changed: dict[str, Any], reason: str) -> None:
    """A usage error that says what is wrong, before anything is trained."""
    paths = {key: folder / value if key in {"train", "validation"} else value for key, value in changed.items()}
    request = replace(_request(folder), **paths)

    with pytest.raises(UsageError) as refused:
        mitigate(request)
    assert reason in f"{refused.value}"


def test_no_training_table_is_exit_2(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command says which option is missing."""
    code = main(["mitigate", "--config", str(folder / "gate.yaml")])

    assert code == 2
    assert "--train" in capsys.readouterr().err


def test_the_command_writes_its_files(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON on standard output is the file, and nothing else is printed there."""
    words = ["--train", str(folder / "train.parquet"), "--policy", str(folder / "policy.yaml"), "--technique", "resampling", "--format", "json"]
    code = main(["mitigate", "--config", str(folder / "gate.yaml"), *words, "--output", str(tmp_path)])
    printed = capsys.readouterr().out

    assert code == 0
    assert json.loads(printed)["schema"] == "gate.mitigation/v1"
    assert (tmp_path / "mitigation.json").read_text(encoding="utf-8") == printed
    assert (tmp_path / "mitigation.html").is_file()


def test_nothing_to_do_is_not_a_failure(folder: Path) -> None:
    """Inputs that do not tell the groups apart leave no proxy to drop: the technique was tried, and its entry says so."""
    _, found = mitigate(_request(folder, inputs=("skill", "years"), techniques=(Technique.DROP_PROXIES,))).search.tried

    assert (found.nothing, found.reason, found.judgement) == (True, "no input tells the groups apart", None)


@pytest.fixture
def own(folder: Path) -> Iterator[Path]:
    """An estimator of the user's own beside gate.yaml."""
    path = folder / "own_models.py"
    path.write_text(
        "from sklearn.dummy import DummyClassifier\n\n\ndef constant():\n    return DummyClassifier()\n\n\n"
        "def broken():\n    raise RuntimeError('no model today')\n\n\ndef text():\n    return 'logistic'\n",
        encoding="utf-8",
    )
    yield path
    path.unlink()


@pytest.mark.usefixtures("own")
def test_a_constant_model_is_not_put_forward(folder: Path) -> None:
    """A model that selects everybody, or nobody, has no gap and is of no use: it is blocked, not recommended."""
    found = mitigate(_request(folder, estimator="own_models:constant")).search

    assert found.recommendation.name is None


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(("name", "reason"), [("broken", "no model today"), ("text", "no fit"), ("absent", "no function")])
def test_an_estimator_that_is_none_is_refused(folder: Path, name: str, reason: str) -> None:
    """What the user's function does wrong is said, without a traceback."""
    with pytest.raises(UsageError, match=reason):
        mitigate(_request(folder, estimator=f"own_models:{name}"))


def test_text_labels_and_missing_values_from_csv(tmp_path: Path) -> None:
    """A CSV whose labels are words, with rows that lack a label, a group and a value: rows without a label are said to be left out."""
    table = people(3, 600).assign(hired=lambda frame: frame["hired"].map({0: "no", 1: "yes"}))
    table.loc[:9, "hired"], table.loc[10:19, "sex"], table.loc[20:29, "skill"] = None, None, None
    table.to_csv(tmp_path / "train.csv", index=False)
    (tmp_path / "gate.yaml").write_text(GATE.replace("uri: holdout.parquet, ", "").replace("[0, 1]", "['no', 'yes'], positive_label: 'yes'"), encoding="utf-8")
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    request = replace(_request(tmp_path, techniques=(Technique.REWEIGHING, Technique.REJECT_OPTION)), train=tmp_path / "train.csv")
    found = mitigate(request).search

    assert all(entry.judgement is not None for entry in found.tried)
    assert found.training_rows + found.validation_rows == 590
    assert any("10 training rows have no label" in note for note in found.notes)


def test_a_task_of_several_classes_is_refused(folder: Path, tmp_path: Path) -> None:
    """Mitigation is about two outcomes; anything else is a configuration error."""
    other = GATE.replace("binary_classification", "regression").replace(", labels: [0, 1]", "")
    (tmp_path / "gate.yaml").write_text(other, encoding="utf-8")
    regression = POLICY.split("rules:")[0] + "rules:\n  - {id: error, metric: mean_absolute_error, scope: overall, max: 1, enforcement: soft-mandatory}\n"
    (tmp_path / "policy.yaml").write_text(regression, encoding="utf-8")

    with pytest.raises(UsageError, match="is a regression"):
        mitigate(replace(_request(folder), config=tmp_path / "gate.yaml", policy=tmp_path / "policy.yaml"))


def test_too_few_rows_are_refused(folder: Path, tmp_path: Path) -> None:
    """A handful of rows is neither learnt from nor compared on."""
    pd.read_parquet(folder / "train.parquet").head(30).to_parquet(tmp_path / "few.parquet")

    with pytest.raises(UsageError, match="too few"):
        mitigate(replace(_request(folder), train=tmp_path / "few.parquet"))
