"""What logs do to a monitor: nothing is counted twice, nothing is lost without a word, and nothing that is wrong looks quiet."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from watched_site import CONFIG, POLICY, Site, day, rows

from gate.errors import ConfigError, DataError, StorageError, UsageError
from gate.judge.watching import State
from gate.monitor.found import Answer
from gate.monitor.store import _TABLES, Counted, Store

OPPORTUNITY = POLICY.replace("demographic_parity_difference", "equal_opportunity_difference")


def _opportunity(site: Site, **terms: object) -> Site:
    """The site under a rule that needs labels."""
    said = ", ".join(f"{key}: {value}" for key, value in terms.items())
    (site.folder / "policies" / "watch.yaml").write_text(f"{OPPORTUNITY}monitoring: {{{said}}}\n", encoding="utf-8")
    return site


# ---------------------------------------------------------------------------------------- nothing twice, nothing lost


def test_a_log_that_is_given_twice_counts_once(site: Site) -> None:
    """The same file twice, a copy in another format and order, and a second run: each row is counted once."""
    table = rows(range(7))
    log = site.log(table)
    copy = site.log(table.sample(frac=1, random_state=3), "copy.csv")
    first = site.run(log, log, copy, as_of=day(7))
    content = site.content()
    second = site.run(copy, as_of=day(7))

    assert (first.selections.rows, first.added) == (7 * 140, 14)
    assert (second.selections.rows, second.added) == (7 * 140, 0)
    assert site.content() == content
    assert "changed logs" not in site.remarks(second)


def test_rows_that_come_late_stay_out_and_are_told(site: Site) -> None:
    """A window that was counted is closed: later rows are numbered, and change nothing."""
    table = rows(range(5))
    site.run(site.log(table[table["g"] == "a"]), as_of=day(5))
    content = site.content()
    found = site.run(site.log(table), as_of=day(5))

    assert site.content() == content
    assert site.remarks(found)["late rows"].startswith("200 rows")
    assert found.answer is Answer.INCONCLUSIVE


def test_other_rows_of_a_counted_window_are_told(site: Site) -> None:
    """A log that was rewritten does not replace what was counted."""
    table = rows(range(3))
    site.run(site.log(table), as_of=day(3))
    content = site.content()
    changed = table.assign(prediction=1 - table["prediction"])
    found = site.run(site.log(changed), as_of=day(3))

    assert site.content() == content
    assert site.remarks(found)["changed logs"].startswith("3 windows")


def test_windows_without_rows_are_told(site: Site) -> None:
    """Days without a row are no windows, and are not passed over in silence."""
    found = site.run(site.log(rows([0, 1, 5, 6])), as_of=day(7))

    assert found.selections.windows == 4
    assert site.remarks(found)["gaps"].startswith("3 windows")


def test_a_window_that_was_left_out_is_counted_later(site: Site) -> None:
    """A log that was forgotten is not lost: its windows are counted when it comes."""
    site.run(site.log(rows([0, 1, 5])), as_of=day(6))
    found = site.run(site.log(rows([2, 3, 4])), as_of=day(6))

    assert (found.selections.windows, found.added) == (6, 6)
    assert "gaps" not in site.remarks(found)


def test_a_window_is_counted_when_it_is_over(site: Site) -> None:
    """Rows of today and of the future wait, and are told; a delay keeps a window open for longer."""
    log = site.log(rows(range(5)))
    found = site.run(log, as_of=day(3))
    site.policy(delay_days=2)
    delayed = site.run(log, as_of=day(3), store=str(site.folder / "delayed.duckdb"))

    assert (found.selections.windows, delayed.selections.windows) == (3, 1)
    assert site.remarks(found)["waiting"].startswith("280 rows")


def test_a_clock_that_goes_back_changes_nothing(site: Site) -> None:
    """A run of an earlier day judges what was counted, and counts nothing anew."""
    log = site.log(rows(range(5)))
    site.run(log, as_of=day(5))
    content = site.content()
    found = site.run(log, as_of=day(2))

    assert (found.added, site.content()) == (0, content)


def test_times_with_a_zone_are_put_into_the_window_of_universal_time(site: Site) -> None:
    """Half past midnight in Berlin is still the day before, in summer and in winter, in CSV and in Parquet."""
    table = rows([0])
    local = table.assign(time="2026-03-29T00:30:00+01:00")
    summer = table.assign(time="2026-03-30T00:30:00+02:00", id=table["id"] + "s")
    typed = table.assign(time=pd.to_datetime(["2026-03-31T00:30:00+02:00"] * len(table)), id=table["id"] + "t")
    found = site.run(site.log(local, "a.csv"), site.log(summer, "b.csv"), site.log(typed, "c.parquet"), as_of=day(100))

    assert (found.selections.windows, str(found.selections.first), str(found.selections.last)) == (3, "2026-03-28", "2026-03-30")


@pytest.mark.parametrize("width", [2, 7])
def test_windows_of_several_days_begin_on_a_monday(site: Site, width: int) -> None:
    """A week is Monday to Sunday; every row is in exactly one window."""
    site.policy(window_days=width)
    found = site.run(site.log(rows(range(14))), as_of=day(14))

    assert (found.selections.windows, found.selections.rows) == (14 // width, 14 * 140)
    assert found.selections.first == day(0)


# -------------------------------------------------------------------------------------------------------- refusals

BROKEN: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], str]] = {
    "an id twice": (lambda t: t.assign(id=["same", "same", *t["id"][2:]], y=None), "ids stand on rows that differ"),
    "no id": (lambda t: t.assign(id=[None, *t["id"][1:]]), "1 rows have no id"),
    "no column of ids": (lambda t: t.drop(columns="id"), "there is no column 'id'"),
    "no column of times": (lambda t: t.drop(columns="time"), "there is no column 'time'"),
    "no time": (lambda t: t.assign(time=["noon", *t["time"][1:]]), "1 rows have no time"),
    "no prediction": (lambda t: t.assign(prediction=[None, *t["prediction"][1:]]), "missing or no answer"),
    "a prediction that is none": (lambda t: t.assign(prediction=[7, *t["prediction"][1:]]), "missing or no answer"),
    "a label that is none": (lambda t: t.assign(y=[7, *t["y"][1:]]), "that are not declared"),
    "no group": (lambda t: t.drop(columns="g"), "there is no column 'g'"),
}


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize("fault", BROKEN)
def test_a_log_that_cannot_be_meant_is_refused_and_nothing_is_counted(site: Site, fault: str, kind: str) -> None:
    """One bad file among good ones: a sentence, exit 2, and a store without any window of this run."""
    mend, said = BROKEN[fault]
    good, bad = site.log(rows([1]), "good.parquet"), site.log(mend(rows([0])), f"bad.{kind}")
    with pytest.raises(DataError, match=said):
        site.run(good, bad, as_of=day(5))

    assert b'"windows":[]' in site.content()


def test_a_half_written_parquet_is_refused(site: Site) -> None:
    """A file that is still being written is no shorter log."""
    log = site.log(rows([0]))
    log.write_bytes(log.read_bytes()[:-200])
    with pytest.raises(DataError, match="cannot be read"):
        site.run(log, as_of=day(5))


def test_a_csv_that_breaks_off_is_refused(site: Site) -> None:
    """A line without all of its fields is no row with missing values."""
    log = site.log(rows([0]), "log.csv")
    log.write_text(log.read_text(encoding="utf-8") + "last-1,2026", encoding="utf-8")
    with pytest.raises(DataError, match="cannot be read"):
        site.run(log, as_of=day(5))


def test_a_column_that_changes_its_type_midway_is_read_alike(site: Site) -> None:
    """Predictions as whole numbers, floats and text are the same predictions."""
    table = rows(range(3))
    parts = [table[table["id"].str.startswith(f"{i}-")] for i in range(3)]
    logs = [
        site.log(parts[0], "0.parquet"),
        site.log(parts[1].astype({"prediction": float}), "1.parquet"),
        site.log(parts[2].astype({"prediction": str}), "2.parquet"),
    ]
    found = site.run(*logs, as_of=day(3))
    alike = site.run(site.log(table), as_of=day(3), store=str(site.folder / "other.duckdb"))

    assert found.groups == alike.groups


def test_what_cannot_be_watched_is_refused_before_anything_is_read(site: Site) -> None:
    """Weights, other tasks, and a policy of which no mandatory rule can be watched would look quiet for ever."""
    log = site.log(rows([0]))
    weighted = CONFIG.replace("data: {label: y}", "data: {label: y, weight: w}")
    regression = CONFIG.replace("binary_classification", "regression")
    composite = POLICY.replace("demographic_parity_difference", "balanced_accuracy_difference")
    for config, policy, said in ((weighted, POLICY, "weighted"), (regression, POLICY, "regression"), (CONFIG, composite, "no mandatory rule")):
        (site.folder / "gate.yaml").write_text(config, encoding="utf-8")
        (site.folder / "policies" / "watch.yaml").write_text(policy, encoding="utf-8")
        with pytest.raises(ConfigError, match=said):
            site.run(log, as_of=day(5))
    with pytest.raises(UsageError, match="no log"):
        site.run(as_of=day(5))


# ---------------------------------------------------------------------------------------------------------- groups


def test_a_group_that_vanishes_is_not_fair(site: Site) -> None:
    """Where a declared group has no row any more there is nothing to compare: inconclusive, and named."""
    gone = rows(range(7), sizes=(100, 0))
    found = site.run(site.log(gone), as_of=day(7))

    assert found.answer is Answer.INCONCLUSIVE
    assert "g b" in site.remarks(found)["missing group"]
    assert {entry.state for entry in found.watched} == {State.TOO_FEW}


def test_a_group_that_appears_is_not_dropped(site: Site) -> None:
    """Rows of a value that nobody declared are counted, and too many of them leave the answer open."""
    table = rows(range(7))
    found = site.run(site.log(pd.concat([table, rows([0], seed=2).assign(g="c", id=lambda t: t["id"] + "c")])), as_of=day(7))

    assert found.answer is Answer.INCONCLUSIVE
    assert "no declared group of g" in site.remarks(found)["unknown group"]


def test_too_few_rows_are_not_quiet(site: Site) -> None:
    """A group below `min_rows` on the recent days is not called within the bound, however many rows it once had."""
    log = site.log(pd.concat([rows(range(7)), rows(range(40, 47), sizes=(100, 1))]))
    found = site.run(log, as_of=day(47))

    assert found.answer is Answer.INCONCLUSIVE
    assert found.watched[0].few == ("b",)


def test_nothing_at_all_is_not_quiet(site: Site) -> None:
    """A log of which no window is over judges nothing."""
    found = site.run(site.log(rows([0])), as_of=day(0))

    assert (found.answer, found.watched) == (Answer.INCONCLUSIVE, ())


def test_rows_that_do_not_arrive_any_more_are_not_quiet(site: Site) -> None:
    """Old counts stay in the store and say nothing of today: neither of logs without a row, nor of such that end a month ago."""
    log = site.log(rows(range(7)))
    quiet, soon, late = (site.run(log, as_of=day(until)) for until in (7, 35, 36))
    empty = site.run(site.log(rows([0]).iloc[:0].astype(object), "empty.csv"), as_of=day(8))

    assert [found.answer for found in (quiet, soon, late, empty)] == [Answer.QUIET, Answer.QUIET, Answer.INCONCLUSIVE, Answer.INCONCLUSIVE]
    assert site.remarks(late)["silence"] == f"no window was counted since that of {day(6).isoformat()}"
    assert site.remarks(empty)["logs"] == "the logs hold no row"


def test_logs_that_keep_only_their_newest_days_are_quiet(site: Site) -> None:
    """What was counted need not be there any more: rows of old days may be deleted, as retention demands."""
    answers = [site.run(site.log(rows(range(first, first + 7))), as_of=day(first + 7)).answer for first in (0, 7, 14)]

    assert answers == [Answer.QUIET] * 3


def test_another_declaration_does_not_borrow_old_counts(site: Site) -> None:
    """Windows that were counted under other groups are not judged under the new ones, and this is told."""
    log = site.log(rows(range(7)))
    site.run(log, as_of=day(7))
    (site.folder / "gate.yaml").write_text(CONFIG.replace("[a, b]", "{b: a, a: b}"), encoding="utf-8")
    found = site.run(log, site.log(rows([7]), "more.parquet"), as_of=day(8))

    assert found.selections.windows == 1
    assert site.remarks(found)["declaration"].startswith("14 counts")


# ---------------------------------------------------------------------------------------------------------- labels


def test_labels_that_never_come_are_not_quiet(site: Site) -> None:
    """Mature windows without any label are overdue; with too few of them, the cap is passed: inconclusive either way."""
    _opportunity(site)
    table = rows(range(7))
    log = site.log(table.drop(columns="y"))
    none = site.run(log, as_of=day(7))
    some = site.run(log, as_of=day(7), labels=[site.log(table[["id", "y"]].iloc[::2], "labels.parquet")])

    assert (none.answer, some.answer) == (Answer.INCONCLUSIVE, Answer.INCONCLUSIVE)
    assert "no label at all" in site.remarks(none)["overdue"]
    assert site.remarks(some)["unlabelled"].startswith("50.0%")


def test_labels_are_judged_when_they_are_mature_and_never_merged_later(site: Site) -> None:
    """Young windows wait; a label that comes after its window was judged is numbered and left out."""
    _opportunity(site, maturity_days=3, max_unlabelled_share=0.6)
    table = rows(range(7))
    log = site.log(table.drop(columns="y"))
    found = site.run(log, as_of=day(7), labels=[site.log(table[["id", "y"]].iloc[::2], "labels.csv")])
    content = site.content()
    later = site.run(log, as_of=day(7), labels=[site.log(table[["id", "y"]], "labels.csv")])

    assert (found.selections.windows, found.outcomes.windows) == (7, 4)
    assert site.remarks(found)["immature"].startswith("420 rows")
    assert site.remarks(later)["late labels"].startswith("280 labels")
    assert site.content() == content


def test_labels_wait_for_the_rows_that_were_counted(site: Site) -> None:
    """A log of which rows are gone by the time of their labels is not judged on what is left."""
    _opportunity(site, maturity_days=3)
    table = rows(range(3))
    site.run(site.log(table.drop(columns="y")), as_of=day(3))
    kept = table[table["g"] == "a"]
    found = site.run(site.log(kept), as_of=day(6))

    assert found.outcomes.windows == 0
    assert site.remarks(found)["lost rows"].startswith("the logs hold 120 rows fewer")
    assert found.answer is Answer.INCONCLUSIVE


@pytest.mark.parametrize(("change", "said"), [({"y": 1}, "labels that differ"), ({"id": None}, "labels have no id")])
def test_labels_that_contradict_one_another_are_refused(site: Site, change: dict[str, object], said: str) -> None:
    """One prediction with two labels, or a label of nobody."""
    table = rows([0])
    labels = pd.concat([table[["id", "y"]].assign(y=0), table[["id", "y"]].assign(y=0).iloc[:3].assign(**change)])
    with pytest.raises(DataError, match=said):
        site.run(site.log(table.drop(columns="y")), as_of=day(3), labels=[site.log(labels, "labels.parquet")])


# ----------------------------------------------------------------------------------------------------------- store


def test_a_store_that_is_locked_is_not_waited_for(site: Site) -> None:
    """Somebody else writes: exit 4, and nothing was added."""
    log = site.log(rows([0]))
    script = f"import duckdb, sys; c = duckdb.connect({site.store!r}); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(StorageError, match="nothing was added"):
            site.run(log, as_of=day(1))
        holder.communicate("")

    assert b'"windows":[]' in site.content()


def test_a_store_that_cannot_be_written_is_an_error(site: Site) -> None:
    """No folder, a folder in its place, or a file that is no store."""
    log = site.log(rows([0]))
    (site.folder / "text.duckdb").write_text("not a store, but long enough to be looked at as one\n" * 100, encoding="utf-8")
    for place in (site.folder / "nowhere" / "store.duckdb", site.folder / "policies", site.folder / "text.duckdb"):
        with pytest.raises(StorageError, match="could not be used"):
            site.run(log, as_of=day(1), store=str(place))


def test_an_older_store_is_brought_up_to_date_and_a_newer_one_refused(site: Site, tmp_path: Path) -> None:
    """The tables say their version: 1 gets what is missing, and one from the future is left alone."""
    old = str(tmp_path / "old.duckdb")
    with duckdb.connect(old) as connection:
        for statement in _TABLES:
            connection.execute(statement)
    found = site.run(site.log(rows([0])), as_of=day(1), store=old)
    with duckdb.connect(old) as connection:
        connection.execute("UPDATE gate_monitor SET schema = 99")
    with pytest.raises(StorageError, match="schema 99"):
        site.run(site.log(rows([0])), as_of=day(1), store=old)

    assert found.selections.windows == 1


def test_a_store_that_is_full_keeps_what_it_had(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """No room in the middle of writing: exit 4, nothing of the run is kept, and the next one counts everything."""
    log = site.log(rows(range(7)))
    add = Store.add

    def full(self: Store, model: str, windows: tuple[Counted, ...]) -> None:
        add(self, model, windows[:3])
        raise duckdb.IOException("Could not write file: No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "add", full)
        with pytest.raises(StorageError, match=r"nothing was added: .*No space left"):
            site.run(log, as_of=day(7))
    kept = site.content()
    found = site.run(log, as_of=day(7))

    assert b'"windows":[]' in kept
    assert (found.added, found.selections.rows) == (14, 7 * 140)
