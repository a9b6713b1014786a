"""Every page in a browser: nothing fails, equations are set, nothing is hard to reach, nothing sticks out.

`make test` builds the site before.
"""

from pathlib import Path

import axe_playwright_python
import pytest

from tests.contents import entries
from tests.web.browsing import opened, show

PAGES = [*entries(), "search", "404"]
AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
# In code each word is an element of its own, thousands on a page. One of each kind is enough for colours.
ONE_OF_A_KIND = """
const seen = new Set();
for (const word of document.querySelectorAll(".highlight pre span[class]")) {
  if (!word.checkVisibility()) continue;  // folded away, which axe does not look at
  const kind = `${word.className} ${word.closest(".cell_output") ? "output" : "input"}`;
  if (seen.has(kind)) word.replaceWith(word.textContent); else seen.add(kind);
}
"""


REACHED = """() => [...document.querySelectorAll("pre")].every(
  code => code.scrollWidth <= code.clientWidth || code.tabIndex >= 0)"""

CUT_OFF = """() => [...document.querySelectorAll(".cell_input pre")]
  .filter(code => code.scrollWidth > code.clientWidth).map(code => code.textContent)"""
# Figures that are neither of their own width nor wide enough to read, and those that no key scrolls.
SMALL = """() => [...document.querySelectorAll(".cell_output > img")].filter(img =>
  img.clientWidth < Math.min(img.naturalWidth, 600) || img.clientWidth > img.naturalWidth ||
  img.clientWidth > img.parentElement.clientWidth && img.parentElement.tabIndex < 0).map(img => img.src)"""


def grave_problems(page, only: str = "") -> list[tuple]:
    """Return what axe calls serious or critical, and the elements; `only` is the one rule to look at."""
    page.evaluate(f"() => {{{ONE_OF_A_KIND}}}")
    page.add_script_tag(path=AXE)
    # Without `preload`, which asks for style sheets at addresses of its own making.
    rules = f"runOnly: '{only}', " if only else ""
    options = f"{{{rules}resultTypes: ['violations'], preload: false}}"
    found = page.evaluate(f"axe.run(document, {options})")["violations"]
    grave = [v for v in found if v["impact"] in ("serious", "critical")]
    return [(v["id"], [n["html"][:200] for n in v["nodes"]][:5]) for v in grave]


def test_pale_code_is_noticed(browser, base):
    with opened(browser, base) as (page, _):
        show(page, f"{base}chapters/01_encoder_decoder.html")
        page.add_style_tag(content=".highlight .kn { color: #ddd !important }")
        assert [rule for rule, _ in grave_problems(page)] == ["color-contrast"]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_cleanly_and_can_be_used_by_all_in_both_themes_and_on_a_phone(browser, base, name):
    with opened(browser, base) as (page, problems):
        show(page, f"{base}{name}.html", "light")
        assert problems == []
        assert page.evaluate(CUT_OFF) == []
        assert page.evaluate("document.documentElement.dataset.theme") == "light"
        assert page.locator("mjx-merror").count() == 0
        assert page.locator(".math:not(:has(mjx-container))").count() == 0
        assert page.locator("[data-living]:not([data-ready])").count() == 0
        assert grave_problems(page) == []
        page.add_style_tag(content="* { transition: none !important }")
        page.evaluate("document.documentElement.dataset.theme = 'dark'")  # which changes colours alone
        assert grave_problems(page, only="color-contrast") == []
        # A dark page puts a rim round figures.
        page.evaluate("document.documentElement.dataset.theme = 'light'")
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.wait_for_function(REACHED)  # the theme's script hears of a new width a moment later
        assert page.locator(".cell_output > img").count() or not name.startswith("chapters/")
        assert page.evaluate(SMALL) == []
        assert grave_problems(page, only="scrollable-region-focusable") == []
        assert problems == []
