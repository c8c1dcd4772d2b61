"""What a reviewer sees in MLflow, in a real browser: the verdict on the version's page, and the card in its viewer, not an empty frame."""

import io
from collections.abc import Iterator

import matplotlib.image
import numpy as np
import pytest
from browser import browsing, said
from loans import Registry
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

pytestmark = pytest.mark.mlflow

_VERDICT = "BLOCKED: 1 of 2 rules violated: parity (group)."
_RED = np.array([0xA8, 0x20, 0x0D])
"""`--blocked` of the card."""


@pytest.fixture
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """A browser that has seen nothing yet."""
    with browsing(tmp_path_factory.mktemp("browser")) as made:
        yield made


def test_the_version_page_says_it_and_links_to_the_card(on_postgres: Registry, driver: Chrome) -> None:
    """Verdict first, the finding in a table, whom to ask, and links that lead to this server's own pages."""
    driver.get(f"{on_postgres.uri}/#/models/loans/versions/{on_postgres.versions['unfair']}")
    text = said(driver, _VERDICT, "record and counts")
    links = [link.get_attribute("href") or "" for link in driver.find_elements(By.TAG_NAME, "a")]

    assert "gate override request loans/" in text
    assert "`" not in text[text.index("BLOCKED:") : text.index("record and counts")]
    assert any(link.startswith(f"{on_postgres.uri}/#/experiments/") and link.endswith("model_card.html") for link in links)


def test_the_card_is_shown_in_the_viewer(on_postgres: Registry, driver: Chrome) -> None:
    """Its red verdict is on the picture: the frame is not empty, and the verdict not cut off."""
    driver.get(on_postgres.client.get_model_version("loans", on_postgres.versions["unfair"]).tags["gate.report"])
    said(driver, "BLOCKED", "parity")
    driver.switch_to.default_content()
    picture = (matplotlib.image.imread(io.BytesIO(driver.get_screenshot_as_png()))[..., :3] * 255).astype(int)
    rows, columns = np.nonzero(np.abs(picture - _RED).sum(axis=2) < 60)

    assert picture.shape[:2] == (1500, 1400)
    assert len(rows) > 3000, "the verdict's colour is hardly to be seen"
    assert np.ptp(columns) > 400
