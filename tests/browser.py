"""A real browser, without a window: Debian's Chromium by its own driver, so that nothing is downloaded."""

import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from mlflow_servers import needs
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException, WebDriverException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

PATIENCE = 90
"""Seconds until a page that never says it is a failure; a loaded machine is slow, and waiting ends at once where it says it."""
PHONE = (390, 844)
AXE = "axe-core@4.10.3"
_QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]


@contextmanager
def browsing(folder: Path, *, size: tuple[int, int] = (1400, 1500), dark: bool = False) -> Iterator[Chrome]:
    """A browser with a fresh profile in this folder, whose page is as wide and as high as said."""
    driver = _driver(folder)
    try:
        seen_as(driver, size=size, dark=dark)
        yield driver
    finally:
        driver.quit()


def _driver(folder: Path) -> Chrome:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    needs(program, "Chromium (Debian's package chromium)")
    helper = shutil.which("chromedriver")
    needs(helper, "Chromium's driver (Debian's package chromium-driver)")
    options = ChromeOptions()
    options.binary_location = str(program)
    for word in (*_QUIET, f"--user-data-dir={folder / 'profile'}"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SE_OFFLINE", "true")
        patch.setenv("SE_AVOID_STATS", "true")
        return Chrome(options=options, service=Service(str(helper), env={**os.environ, "HOME": str(folder)}))


def seen_as(driver: Chrome, *, size: tuple[int, int], dark: bool = False) -> None:
    """From here on the page is this wide and this high, and the reader prefers dark, or light."""
    width, height = size
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})


def said(driver: Chrome, *words: str) -> str:
    """The text of the frame that says all these words, which is the current one from here on; waits until one does."""

    def found(_: object) -> str:
        driver.switch_to.default_content()
        return _saying(driver, words) or ""

    def missing() -> str:
        driver.switch_to.default_content()
        return f"{words} cannot be read at {driver.current_url}, where it says: {_text(driver)[:2000]}"

    return _awaited(driver, found, missing)


def axe_core(folder: Path) -> str:
    """axe-core's script, from its npm package."""
    npm = shutil.which("npm")
    if npm is None and not os.environ.get("CI"):
        pytest.skip("axe-core comes from an npm package, and npm is not here")
    done = subprocess.run([npm or "npm", "pack", AXE], cwd=folder, capture_output=True, text=True, check=True)
    with tarfile.open(folder / done.stdout.split()[-1]) as archive:
        member = archive.extractfile("package/axe.min.js")
        assert member is not None
        return member.read().decode("utf-8")


def errors(driver: Chrome) -> list[str]:
    """What went wrong on the pages since last asked: errors of scripts, and what could not be loaded."""
    return [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]


def _awaited(driver: Chrome, found: Callable[[object], str], missing: Callable[[], str]) -> str:
    gone = (NoSuchElementException, StaleElementReferenceException)
    try:
        return WebDriverWait(driver, PATIENCE, poll_frequency=0.2, ignored_exceptions=gone).until(found)
    except WebDriverException as error:
        raise AssertionError(missing()) from error


def _saying(driver: Chrome, words: tuple[str, ...]) -> str | None:
    """The text of the current frame, or of one inside it, that says all of it."""
    text = _text(driver)
    if all(word in text for word in words):
        return text
    for frame in driver.find_elements(By.TAG_NAME, "iframe"):
        driver.switch_to.frame(frame)
        inner = _saying(driver, words)
        if inner is not None:
            return inner
        driver.switch_to.parent_frame()
    return None


def _text(driver: Chrome) -> str:
    return str(driver.find_element(By.TAG_NAME, "body").text)
