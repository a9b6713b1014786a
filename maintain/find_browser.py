"""Print the path of a Chromium for the browser tests: `python -m maintain.find_browser [--install]`.

Looked for: `BOOK_BROWSER`, Chromium or Chrome on the PATH, what Playwright has downloaded. With `--install`,
root on Debian or Ubuntu gets the distribution's package where there is none, and is told so first.
"""

import os
from pathlib import Path
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = (
    "no browser for the tests of the pages: install Chromium (Debian, Ubuntu: sudo apt-get install chromium; "
    "elsewhere: .venv/bin/playwright install chromium), or name one in BOOK_BROWSER"
)
ABOUT_TO_INSTALL = (
    "no browser for the tests of the pages: installing the package chromium with apt-get "
    "(BOOK_BROWSER=/path/to/chrome names one that is there already)"
)


def find_browser() -> str | None:
    """Return the path of a browser, or None.

    Raises:
        FileNotFoundError: `BOOK_BROWSER` names something that is not there.
    """
    named = os.environ.get("BOOK_BROWSER")
    if named:
        if not shutil.which(named):
            raise FileNotFoundError(f"BOOK_BROWSER must name a program, got {named!r}: correct or unset it")
        return shutil.which(named)
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or _playwrights_own()


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


def _install() -> None:
    print(ABOUT_TO_INSTALL, file=sys.stderr, flush=True)
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]):
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(command, env=environment, check=False, stdout=sys.stderr)


def main() -> int:
    """Print the path, or say what is missing and what to do."""
    try:
        found = find_browser()
    except FileNotFoundError as problem:
        sys.exit(str(problem))
    if not found and "--install" in sys.argv[1:] and shutil.which("apt-get") and os.geteuid() == 0:
        _install()
        found = find_browser()
    if not found:
        sys.exit(MISSING)
    print(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
