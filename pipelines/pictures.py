"""The pictures of the documentation, anew from the demo's pages in tests/report/demo and from the tests' boards: `make pictures`."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import boards  # noqa: E402 -- the tests' boards, found only now
from browser import browsing  # noqa: E402 -- the tests' browser

from gate.dashboard.site import write_site  # noqa: E402 -- after the path is set

PICTURES = {"card": "body", "report": "#groups"}
"""What to look at, by page."""


def main() -> None:
    """Open each page, go to the part, take what is seen."""
    for name, part in PICTURES.items():
        with TemporaryDirectory() as folder, browsing(Path(folder), size=(1000, 900)) as driver:
            driver.get((ROOT / f"tests/report/demo/{name}.html").as_uri())
            driver.execute_script(f"document.querySelector('{part}').scrollIntoView()")
            driver.save_screenshot(str(ROOT / f"docs/pictures/{name}.png"))
    with TemporaryDirectory() as folder, browsing(Path(folder, "browser"), size=(1200, 900)) as driver:
        write_site(boards.small(), Path(folder, "site"))
        driver.get(Path(folder, "site", "index.html").as_uri())
        driver.save_screenshot(str(ROOT / "docs/pictures/dashboard.png"))


if __name__ == "__main__":
    main()
