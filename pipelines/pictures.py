"""The README's pictures, anew from the demo's pages in tests/report/demo: `make pictures`."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from browser import browsing  # noqa: E402 -- the tests' browser, found only now

PICTURES = {"card": "body", "report": "#groups"}
"""What to look at, by page."""


def main() -> None:
    """Open each page, go to the part, take what is seen."""
    for name, part in PICTURES.items():
        with TemporaryDirectory() as folder, browsing(Path(folder), size=(1000, 900)) as driver:
            driver.get((ROOT / f"tests/report/demo/{name}.html").as_uri())
            driver.execute_script(f"document.querySelector('{part}').scrollIntoView()")
            driver.save_screenshot(str(ROOT / f"docs/pictures/{name}.png"))


if __name__ == "__main__":
    main()
