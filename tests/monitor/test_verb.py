"""`gate monitor` as a user meets it: what is printed, exit codes, and what stays unpublished."""

import json
from pathlib import Path

import pandas as pd
import pytest
from watched_site import POLICY, Site, day, rows

from gate.cli.app import main
from gate.monitor.found import Answer


@pytest.fixture
def there(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The site as the working folder."""
    monkeypatch.chdir(site.folder)
    return site


def _decayed() -> pd.DataFrame:
    return pd.concat([rows(range(5)), rows(range(5, 40), rates=(0.7, 0.4))])


@pytest.mark.parametrize(("as_of", "code", "word"), [(5, 0, "QUIET"), (40, 1, "ALARM"), (0, 3, "INCONCLUSIVE")])
def test_the_exit_code_is_the_answer(there: Site, as_of: int, code: int, word: str, capsys: pytest.CaptureFixture[str]) -> None:
    """0, 1 and 3 as for a check, and the first word says the same."""
    there.log(_decayed())

    assert main(["monitor", "log.parquet", "--as-of", day(as_of).isoformat()]) == code
    assert capsys.readouterr().out.startswith(f"{word}:")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["nowhere.parquet"], 2),
        (["log.parquet", "--as-of", "soon"], 2),
        (["log.parquet", "--model", "other"], 2),
        (["log.parquet", "--store", "nowhere/store.duckdb"], 4),
        (["log.txt"], 2),
    ],
)
def test_what_cannot_be_done_is_said_and_never_quiet(there: Site, words: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Usage errors exit 2, storage 4; a sentence on standard error, nothing on standard output."""
    there.log(rows([0]))
    (there.folder / "log.txt").write_text("id,time\n", encoding="utf-8")

    assert main(["monitor", *words]) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("gate: ")


def test_versions_have_evidence_of_their_own(there: Site) -> None:
    """The alarm of one version is none of the next one."""
    there.log(_decayed())
    there.log(rows(range(7)), "new.parquet")

    assert main(["monitor", "log.parquet", "--model", "m/1", "--as-of", day(40).isoformat()]) == 1
    assert main(["monitor", "new.parquet", "--model", "m/2", "--as-of", day(7).isoformat()]) == 0
    assert main(["monitor", "new.parquet", "--model", "m/1", "--as-of", day(7).isoformat()]) == 1


def test_json_says_what_the_text_says(there: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Answer, rule, day and numbers, for scripts."""
    there.log(_decayed())
    main(["monitor", "log.parquet", "--as-of", day(40).isoformat(), "--format", "json"])
    found = json.loads(capsys.readouterr().out)

    assert (found["schema"], found["answer"], found["rules"][0]["state"]) == ("gate.monitor/v1", "alarm", "alarm")
    assert found["rules"][0]["groups"] == ["a", "b"]
    assert found["windows"]["selections"]["rows"] == 40 * 140


def test_with_small_cells_apart_no_number_of_a_group_is_printed(there: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Under `privacy.min_cell` the states are told, and neither rates nor evidence nor which group is missing."""
    (there.folder / "policies" / "watch.yaml").write_text(f"{POLICY}privacy: {{min_cell: 10}}\n", encoding="utf-8")
    there.log(pd.concat([_decayed(), rows([39], seed=9, sizes=(3, 0)).assign(g="rare", id=lambda t: t["id"] + "r")]))
    for form in ("text", "json"):
        main(["monitor", "log.parquet", "--as-of", day(40).isoformat(), "--format", form])
    printed = capsys.readouterr().out

    assert "ALARM: parity on g since" in printed
    assert not [word for word in ("selection_rate is", "0.7", " for a", "rare", "; evidence", '"evidence"', '"groups": ["a"') if word in printed]


def test_days_from_which_is_judged_leave_an_earlier_alarm_out_and_say_so(site: Site) -> None:
    """`--since` forgets nothing in silence."""
    back = pd.concat([rows(range(20), rates=(0.7, 0.4)), rows(range(20, 50))])
    log = site.log(back)
    whole, later = site.run(log, as_of=day(50)), site.run(log, as_of=day(50), since=day(25))

    assert (whole.answer, later.answer) == (Answer.ALARM, Answer.QUIET)
    assert "earlier alarms are left out" in site.remarks(later)["since"]


@pytest.mark.usefixtures("there")
def test_names_from_outside_do_not_steer_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A path with control characters is printed without them."""
    hostile = Path("\x1b[31mlog.parquet")
    main(["monitor", str(hostile)])

    assert "\x1b" not in capsys.readouterr().err
