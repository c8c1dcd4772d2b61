"""What a reviewer sees in MLflow, in a real browser: the verdict on the version's page, and the card in its viewer, not an empty frame."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from loans import Registry
from mlflow_servers import needs

pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]

_QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=20000",
    "--window-size=1400,1500",
]
_RED = np.array([0xA8, 0x20, 0x0D])
"""`--blocked` of the card."""


def _browser() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    needs(found, "Chromium (Debian's package chromium)")
    return str(found)


def _seen(folder: Path, *words: str) -> bytes:
    """What the browser says of a page."""
    done = subprocess.run(
        [_browser(), *_QUIET, f"--user-data-dir={folder / 'profile'}", *words],
        capture_output=True,
        check=True,
        timeout=120,
        env={**os.environ, "HOME": str(folder)},
    )
    return done.stdout


def test_the_version_page_says_it_and_links_to_the_card(on_postgres: Registry, tmp_path: Path) -> None:
    """Verdict first, the finding in a table, whom to ask, and links that lead to this server's own pages."""
    page = _seen(tmp_path, "--dump-dom", f"{on_postgres.uri}/#/models/loans/versions/{on_postgres.versions['unfair']}").decode()
    text = re.sub(r"<[^>]+>", " ", page)

    assert "BLOCKED: 1 of 2 rules violated: parity (group)." in text
    assert "gate override request loans/" in text
    assert "`" not in text[text.index("BLOCKED:") : text.index("record and counts")]
    links = re.findall(rf'href="({re.escape(on_postgres.uri)}/#/experiments/[^"]+)"', page)
    assert any(link.endswith("model_card.html") for link in links)


def test_the_card_is_shown_in_the_viewer(on_postgres: Registry, tmp_path: Path) -> None:
    """Its red verdict is on the picture: the frame is not empty, and the verdict not cut off."""
    tags = on_postgres.client.get_model_version("loans", on_postgres.versions["unfair"]).tags
    _seen(tmp_path, f"--screenshot={tmp_path / 'card.png'}", tags["gate.report"])
    picture = (matplotlib.image.imread(tmp_path / "card.png")[..., :3] * 255).astype(int)
    rows, columns = np.nonzero(np.abs(picture - _RED).sum(axis=2) < 60)

    assert picture.shape[:2] == (1500, 1400)
    assert len(rows) > 3000, "the verdict's colour is hardly to be seen"
    assert np.ptp(columns) > 400
