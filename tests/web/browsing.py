"""What the tests in a browser share: a server with the site, a browser, a page that notes what fails."""

from collections.abc import Iterator
from contextlib import contextmanager
import functools
import http.server
import subprocess
import sys
import threading
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright
import pytest
import yaml

from tests import ROOT

SITE = ROOT / "_build" / "html"
SETTINGS = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
# Where the site is served, and what its 404 page counts on.
PREFIX = urlsplit(SETTINGS["html"]["baseurl"]).path
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the site below its prefix, and its 404 page for what is not there."""

    def translate_path(self, path):
        inside = path.startswith(PREFIX)
        return super().translate_path("/" + path[len(PREFIX) :] if inside else "/not-the-site")

    def send_error(self, code, message=None, explain=None):
        content = (SITE / "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass


@contextmanager
def served() -> Iterator[str]:
    """Serve the built site; give its address."""
    handler = functools.partial(Handler, directory=SITE)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}{PREFIX}"
    server.shutdown()


@contextmanager
def chromium() -> Iterator[Browser]:
    found = subprocess.run(
        [sys.executable, "-m", "maintain.find_browser"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if found.returncode != 0:
        pytest.fail(found.stderr.strip())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.stdout.strip(), args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, base: str, **options) -> Iterator[tuple[Page, list]]:
    """Give a page, and the list of what goes wrong on it: errors, failed requests, requests to elsewhere."""
    settings = {"viewport": {"width": 1280, "height": 900}} | options
    context = browser.new_context(**settings)
    page = context.new_page()
    problems = []
    page.on("console", lambda m: m.type == "error" and problems.append(f"console: {m.text}"))
    page.on("pageerror", lambda error: problems.append(f"script: {error}"))
    page.on("requestfailed", lambda r: problems.append(f"failed: {r.url}"))
    page.on("response", lambda r: r.status >= 400 and problems.append(f"{r.status}: {r.url}"))
    own = (base, "data:", "blob:", "about:")
    page.on("request", lambda r: r.url.startswith(own) or problems.append(f"elsewhere: {r.url}"))
    yield page, problems
    context.close()


def show(page: Page, address: str, theme: str | None = None) -> None:
    """Open a page in a theme, and wait until it is quiet, its equations are set and their fonts are there."""
    if theme:
        kept = "".join(f"localStorage.setItem('{key}', '{theme}');" for key in ("mode", "theme"))
        page.add_init_script(kept)
    page.goto(address, wait_until="networkidle")
    page.evaluate("() => window.MathJax && MathJax.startup && MathJax.startup.promise")
    # The browser asks for a font once a layout has need of it, which measuring the page brings about.
    page.evaluate("() => document.body.getBoundingClientRect() && document.fonts.ready.then(() => true)")
