"""Names, links and texts as MLflow can hold them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.registry.display import dataset_source, managed_description, metric_names, run_page, shown_address, version_page


def test_acceptable_metric_names_stay() -> None:
    """What MLflow takes is not touched."""
    names = ["equal_opportunity_difference", "true_positive_rate/race/black", "a b.c-d:e"]

    assert metric_names(names) == {name: name for name in names}


def test_other_names_are_made_to_fit_and_stay_apart() -> None:
    """Two names that look alike afterwards do not share a metric, also where letter case does not count."""
    names = metric_names(["rate/race×sex", "rate/race+sex", "rate/race_sex", "Rate/RACE_sex", "../x", "a//b", "x" * 300])

    assert len({name.casefold() for name in names.values()}) == 7
    assert (names["Rate/RACE_sex"], names["../x"], names["a//b"], len(names["x" * 300])) == ("Rate/RACE_sex", "_/x", "a/_/b", 250)


@given(st.sets(st.text(min_size=1, max_size=300), max_size=20))
def test_every_name_is_made_acceptable(names: set[str]) -> None:
    """No name of a group, however odd, keeps a record from being written."""
    fitted = metric_names(names)

    assert fitted.keys() == names
    assert len({name.casefold() for name in fitted.values()}) == len(names)
    assert all(0 < len(name) <= 250 and name.isascii() and name.isprintable() for name in fitted.values())


def test_the_block_stands_at_the_top_and_is_replaced() -> None:
    """People's own text survives any number of decisions."""
    once = managed_description("Trained on 2026 data.", "BLOCKED: x\n\ntable")
    twice = managed_description(once, "PASSED: y\n\ntable")

    assert once == "BLOCKED: x <!-- gate:begin -->\n\ntable\n<!-- gate:end -->\n\nTrained on 2026 data."
    assert twice == "PASSED: y <!-- gate:begin -->\n\ntable\n<!-- gate:end -->\n\nTrained on 2026 data."


def test_a_block_cannot_end_itself() -> None:
    """A group that is named like the marker does not break out of the block."""
    text = managed_description("mine", "a <!-- gate:end --> b")

    assert managed_description(text, "c") == "c <!-- gate:begin -->\n\n<!-- gate:end -->\n\nmine"


def test_the_description_fits_the_column() -> None:
    """What people wrote is kept whole; the block gives way."""
    text = managed_description("u" * 3000, "b" * 9000)

    assert (len(text) <= 5000, text.endswith("u" * 3000), "b" * 1900 in text) == (True, True, True)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://ada:secret@mlflow:5000", "http://mlflow:5000"),
        ("postgresql://ada:secret@db/mlflow?password=secret", "postgresql://db/mlflow"),
        ("sqlite:///mlflow.db", "sqlite:///mlflow.db"),
    ],
)
def test_passwords_are_not_shown(address: str, shown: str) -> None:
    """An address in a message or link carries no secret."""
    assert shown_address(address) == shown


def test_links_lead_into_the_ui() -> None:
    """Pages, not downloads; none where there is no web server."""
    address = "https://ada:secret@mlflow.example/prefix/"

    assert (
        run_page(address, experiment="4", run="abc", artifact="a b/card.html")
        == "https://mlflow.example/prefix/#/experiments/4/runs/abc/artifacts/a%20b/card.html"
    )
    assert version_page(address, name="a/b c", version="3") == "https://mlflow.example/prefix/#/models/a%2Fb%20c/versions/3"
    assert run_page("sqlite:///mlflow.db", experiment="4", run="abc") is None


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("/data/holdout.parquet", ("local", {"uri": "/data/holdout.parquet"})),
        ("https://x/h.csv", ("http", {"url": "https://x/h.csv"})),
        ("s3://b/h", ("s3", {"uri": "s3://b/h"})),
    ],
)
def test_a_dataset_says_where_it_is(uri: str, expected: object) -> None:
    """MLflow's own kinds of source, without opening anything."""
    assert dataset_source(uri) == expected
