"""The page in a real browser, with a real model in a real sandbox: what it shows is what the model says."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from browser import PATIENCE, axe_core, browsing, errors, seen_as
from selenium.webdriver import Chrome
from selenium.webdriver.support.wait import WebDriverWait
from sklearn.linear_model import LogisticRegression

from gate.explain.box import AnswerForm
from gate.predict.backends import available
from gate.predict.client import ChildPredictor
from gate.predict.interface import Answer
from gate.stages.explaining import answered
from gate.tryout.booth import Booth
from gate.tryout.person import fields_of
from gate.tryout.server import TryoutServer

pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]  # saving a model warns about a dozen things
HOSTILE = "</script><script>window.bad = 1</script><img src=https://gate.invalid/p.png onerror=window.bad=1>\u202eevil"


@pytest.fixture(scope="module")
def fitted() -> tuple[LogisticRegression, pd.DataFrame]:
    """A model of three inputs, one with a hostile name, and the rows that it was fitted to."""
    random = np.random.default_rng(1)
    rows = pd.DataFrame({"income": random.normal(3, 1, 500), "debt": random.normal(1, 0.5, 500), HOSTILE: random.integers(0, 2, 500)})
    return LogisticRegression().fit(rows, rows["income"] - rows["debt"] > 2), rows


@pytest.fixture(scope="module")
def served(fitted: tuple[LogisticRegression, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Iterator[TryoutServer]:
    """It, in the best sandbox of this machine, behind the page."""
    import mlflow.sklearn  # noqa: PLC0415 -- importing it warns about its own type hints
    from mlflow.models import infer_signature  # noqa: PLC0415

    model, rows = fitted
    folder = tmp_path_factory.mktemp("served") / "model"
    mlflow.sklearn.save_model(model, folder, signature=infer_signature(rows), pip_requirements=["scikit-learn"], pyfunc_predict_fn="predict_proba")
    inputs, answer = pa.Table.from_pandas(rows, preserve_index=False), Answer.score()
    backend = next(entry.backend for entry in available() if entry.obstacle is None)
    with ChildPredictor(backend=backend, readable=[folder]) as predictor:
        assert predictor.load(folder) is None
        booth = Booth(
            title="loans/1",
            sandbox=predictor.sandbox,
            fields=fields_of(inputs),
            schema=inputs.schema.remove_metadata(),
            ask=lambda batch: answered(predictor, batch, answer),
            form=AnswerForm.SCORE,
        )
        server = TryoutServer("127.0.0.1", 0, booth, say=lambda _: None)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """One browser."""
    with browsing(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


def _open(driver: Chrome, served: TryoutServer, *, dark: bool = False, width: int = 1280) -> None:
    seen_as(driver, size=(width, 1000), dark=dark)
    driver.get(f"http://127.0.0.1:{served.server_port}/")
    _settled(driver)


def _settled(driver: Chrome) -> None:
    """Wait until what is set has been answered; a page whose script failed never says so, and what the browser complains of is why."""
    told = "return document.body.dataset.told !== undefined"
    WebDriverWait(driver, PATIENCE, poll_frequency=0.05).until(lambda page: page.execute_script(told) or any("Uncaught" in said for said in errors(page)))

    assert driver.execute_script(told), "the script of the page failed"


def _set(driver: Chrome, place: int, value: object) -> None:
    driver.execute_script(
        "delete document.body.dataset.told; const one = document.getElementById(`input-${arguments[0]}`);"
        "one.value = arguments[1]; one.dispatchEvent(new Event('input', {bubbles: true}));",
        place,
        str(value),
    )
    _settled(driver)


def _said(driver: Chrome) -> tuple[str, list[list[str]], Any]:
    script = (
        "return [document.getElementById('answer').textContent,"
        "[...document.querySelectorAll('#effects tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent)),"
        "[...document.querySelectorAll('#numbers tbody tr')].map((row) => row.cells[1].textContent)]"
    )
    answer, effects, curve = driver.execute_script(script)
    return str(answer), effects, curve


def test_moving_a_value_moves_the_score_to_what_the_model_says(driver: Chrome, served: TryoutServer, fitted: tuple[LogisticRegression, pd.DataFrame]) -> None:
    """The score, the score with that input back, and the curve are scikit-learn's own, asked outside."""
    model, rows = fitted
    start = [entry.start for entry in served.booth.fields]

    def own(*cases: list[Any]) -> list[str]:
        scores = model.predict_proba(pd.DataFrame(cases, columns=rows.columns))[:, 1]
        return [f"{score:.4f}, {'selected' if score >= 0.5 else 'not selected'}" for score in scores]

    _open(driver, served)
    first = _said(driver)
    _set(driver, 0, 4.75)
    moved, effects, curve = _said(driver)
    points = [[point, *start[1:]] for point in served.booth.fields[0].points]

    assert (first[0], first[1]) == (own(start)[0], [])
    assert moved == own([4.75, *start[1:]])[0] != first[0]
    assert [entry[:2] for entry in effects] == [["income", first[0]]]
    assert curve == own(*points)


def test_a_hostile_name_is_text_and_nothing_is_asked_outside(driver: Chrome, served: TryoutServer) -> None:
    """No script of a name runs, nothing is wider than a phone, nothing but this server is asked, and the browser complains of nothing."""
    driver.get_log("browser")
    _open(driver, served, width=390)
    _set(driver, 2, 1)
    asked = driver.execute_script("return performance.getEntriesByType('resource').map((entry) => new URL(entry.name).origin)")
    found = driver.execute_script("return [window.bad === undefined, document.images.length, document.documentElement.scrollWidth <= 390]")

    assert set(asked) == {f"http://127.0.0.1:{served.server_port}"}
    assert found == [True, 0, True]
    assert [entry for entry in driver.get_log("browser") if "favicon" not in str(entry)] == []


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_everybody_can_use_it(driver: Chrome, served: TryoutServer, tmp_path: Path, scheme: str, width: int) -> None:
    """axe-core finds no serious or critical violation of WCAG 2.2 AA, when something was changed too."""
    _open(driver, served, dark=scheme == "dark", width=width)
    _set(driver, 0, 4.75)
    driver.execute_script("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    driver.execute_script(axe_core(tmp_path))
    found = driver.execute_async_script(
        "const done = arguments[0]; axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
        ".then((r) => done(r.violations.map((v) => [v.impact, v.id, v.nodes[0].html])));"
    )

    assert [entry for entry in found if entry[0] in {"serious", "critical"}] == []


def test_no_row_is_in_the_page(driver: Chrome, served: TryoutServer, fitted: tuple[LogisticRegression, pd.DataFrame]) -> None:
    """No value of a row's numbers stands in the page, to any of the digits that it would be written with."""
    _open(driver, served)
    source = driver.page_source
    values = [value for column in ("income", "debt") for value in fitted[1][column]]

    assert not [value for value in values if repr(value)[:7] in source]


def test_a_model_that_is_gone_is_said(driver: Chrome, served: TryoutServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page says so in place of an old answer, and the server shows it still."""
    monkeypatch.setattr(served.booth, "fallen", "The model misbehaved and was ended: exit")
    _open(driver, served)
    shown = driver.execute_script("return [document.getElementById('fault').textContent, document.getElementById('answer').checkVisibility()]")

    assert ("was ended: exit" in shown[0], shown[1]) == (True, False)
