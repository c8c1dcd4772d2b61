"""How soon the dashboard is usable in a real browser, with many models and long histories: prints the rows of docs/how-to/dashboard.md.

Usable: the page is loaded, its script has run, the filter has answered a search, and the browser has drawn the result.
"""

import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

import boards  # noqa: E402 -- the tests' boards, found only now
from browser import browsing  # noqa: E402 -- the tests' browser

from gate.dashboard.site import write_site  # noqa: E402 -- after the path is set

USABLE = """
const done = arguments[0];
const field = document.getElementById('filter-text');
field.value = '7';
field.dispatchEvent(new Event('input', {bubbles: true}));
requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())));
"""


def main(models: int = 200, decisions: int = 1000, repeats: int = 5) -> None:
    """Write the site, open each kind of page some times, print the medians."""
    with TemporaryDirectory() as place:
        site = Path(place, "site")
        started = time.perf_counter()
        write_site(boards.large(models, decisions), site)
        print(f"written in {time.perf_counter() - started:.0f} s")
        pages = {"index.html": site / "index.html", "a model": next((site / "models").glob("model-007-*.html"))}
        with browsing(Path(place, "browser")) as driver:
            for name, page in pages.items():
                found = []
                for _ in range(repeats):
                    driver.get("about:blank")
                    driver.get(page.as_uri())
                    found.append(float(driver.execute_async_script(USABLE)) / 1000)
                print(f"| {name} | {page.stat().st_size / 1e6:.1f} MB | {median(found):.2f} s | {max(found):.2f} s |")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
