"""The whole path over a server with PostgreSQL: checked, asked for, approved, verified, promoted, reviewed."""

import json

import pytest
from loans import Registry
from mlflow_servers import KEY

from gate.cli import main

pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]


def _words(made: Registry, verb: str, kind: str, *words: str) -> list[str]:
    return [*verb.split(), *made.check(kind, *words)[1:]]


def test_from_a_check_to_an_overridden_promotion(on_postgres: Registry, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What passed is promoted; what is blocked is not, until it was asked for and approved, on the record."""
    monkeypatch.setenv(KEY, str(on_postgres.folder / "gate.pem"))
    assert [main(_words(on_postgres, "verify", kind)) for kind in ("fair", "unfair")] == [0, 1]
    assert main(_words(on_postgres, "promote", "fair", "--alias", "champion")) == 0
    assert main(_words(on_postgres, "promote", "unfair", "--alias", "champion")) == 1
    assert str(on_postgres.client.get_model_version_by_alias("loans", "champion").version) == on_postgres.versions["fair"]

    keys = {who: str(on_postgres.folder / f"{who}.pem") for who in ("lena", "ann")}
    assert main(_words(on_postgres, "override request", "unfair", "--reason", "Worse for everyone.", "--key", keys["lena"])) == 0
    assert main(_words(on_postgres, "verify", "unfair")) == 1
    capsys.readouterr()
    assert main(["review", *on_postgres.check("fair", "--format", "json")[2:]]) == 0
    (waiting,) = json.loads(capsys.readouterr().out)["waiting"]
    assert waiting["subject"] == f"loans/{on_postgres.versions['unfair']}"
    assert waiting["links"]["version"] == f"{on_postgres.uri}/#/models/loans/versions/{on_postgres.versions['unfair']}"

    assert main(_words(on_postgres, "override approve", "unfair", "--reason", "Seen.", "--key", keys["ann"])) == 0
    assert main(_words(on_postgres, "promote", "unfair", "--alias", "champion")) == 0
    assert "overridden: parity waived" in capsys.readouterr().out


def test_what_is_shown_there_is_what_was_decided(on_postgres: Registry) -> None:
    """Tags, description, dataset, and the record, which fit PostgreSQL's columns."""
    version = on_postgres.client.get_model_version("loans", on_postgres.versions["fair"])
    runs = on_postgres.client.search_runs([on_postgres.client.get_experiment_by_name("gate").experiment_id], f"tags.`gate.version` = '{version.version}'")

    assert (version.tags["gate.status"], version.description.split()[0]) == ("passed", "PASSED:")
    assert {entry.path for entry in on_postgres.client.list_artifacts(runs[0].info.run_id)} >= {"decision.json", "decision.dsse.json", "model_card.html"}
    assert runs[0].inputs.dataset_inputs[0].dataset.name
