"""The built site: a page for every entry, no broken link, a text for every image, nothing foreign.

`make test` builds the site before these tests run; without it they fail.
"""

from functools import cache
import json
import os
from pathlib import Path
import posixpath
import re
import shutil
import sys
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont
import pytest
import yaml

from tests import ROOT
from tests.contents import entries
from tests.maintain.small_chapters import BOUND, started
from web.extensions.living_figures import DRAWN_AS, WITHOUT_DATA

SITE = ROOT / "_build" / "html"
ENTRIES = entries()
CHAPTERS = entries(".ipynb")
ADDRESS = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["html"]["baseurl"]
OWN = ["index", "search", "404"]  # pages that Sphinx adds
MOVED = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["sphinx"]["config"]["redirects"]

# What makes a browser fetch something when it shows a page.
FETCHED = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "audio": "src",
    "video": "src",
    "source": "src",
    "embed": "src",
    "object": "data",
}
FETCHED_LINKS = {"stylesheet", "preload", "prefetch", "preconnect", "icon", "modulepreload"}

each_page = pytest.mark.parametrize("page", ENTRIES)


@cache
def soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


def page_of(entry: str) -> Path:
    path = SITE / f"{entry}.html"
    assert path.is_file(), f"{path} is missing: make book"
    return path


def fetched(page: BeautifulSoup) -> list[str]:
    found = [
        tag[attribute]
        for name, attribute in FETCHED.items()
        for tag in page.select(name)
        if tag.get(attribute)
    ]
    links = [tag for tag in page.select("link[href]") if FETCHED_LINKS & set(tag.get("rel", []))]
    return found + [tag["href"] for tag in links]


def broken(path: Path, address: str) -> str | None:
    """Say what is wrong with a link within the site; None for a good one and for any other."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return None
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not target.is_file():
        return f"{address}: no such file"
    if not target.is_relative_to(SITE):
        return f"{address}: outside the site"
    anchor = unquote(parts.fragment)
    if anchor and target.suffix == ".html":
        page = soup(target)
        if not page.find(id=anchor) and not page.find("a", attrs={"name": anchor}):
            return f"{address}: no such anchor"
    return None


def test_the_site_has_these_pages_and_no_other():
    pages = {path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html")}
    pages = {page for page in pages if not page.startswith("_static/")}
    assert pages == {f"{name}.html" for name in [*ENTRIES, *OWN, *MOVED]}


@pytest.mark.parametrize("old", ["index", *MOVED])
def test_an_address_of_before_leads_to_its_page(old):
    target = "pages/intro.html" if old == "index" else MOVED[old]
    assert target == f"pages/{'intro' if old == 'index' else old}.html" and (SITE / target).is_file()
    page = (SITE / f"{old}.html").read_text("utf-8")
    assert re.search(rf"<meta http-equiv=\"refresh\" content=\"0; url={target}\"", page, re.IGNORECASE)


@each_page
def test_the_page_has_its_title(page):
    found = soup(page_of(page))
    headings = found.select("article h1")
    assert len(headings) == 1
    assert headings[0].get_text().strip().rstrip("#") in found.title.get_text()
    assert found.html.get("lang")


@each_page
def test_links_lead_somewhere(page):
    path = page_of(page)
    addresses = {tag["href"] for tag in soup(path).select("[href]")} | set(fetched(soup(path)))
    problems = [broken(path, address) for address in sorted(addresses)]
    assert [problem for problem in problems if problem] == []


@each_page
def test_a_page_loads_nothing_from_another_site(page):
    foreign = [a for a in fetched(soup(page_of(page))) if urlsplit(a).netloc]
    assert foreign == []


def test_style_sheets_load_nothing_from_another_site():
    for sheet in SITE.rglob("*.css"):
        text = sheet.read_text("utf-8")
        assert not re.findall(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//[^)\s]+", text), sheet


@each_page
def test_every_image_has_a_text(page):
    silent = [
        tag.get("src")
        for tag in soup(page_of(page)).select("article img")
        if len(tag.get("alt", "").split()) < 3 or tag["alt"].endswith((".png", ".svg"))
    ]
    assert silent == []


@each_page
def test_maths_is_set_by_the_site_s_own_mathjax(page):
    path = page_of(page)
    found = soup(path)
    if found.select("article .math"):
        scripts = [tag.get("src", "") for tag in found.select("script")]
        assert [src for src in scripts if "mathjax" in src.lower()], "no MathJax on the page"
    assert (SITE / "_static/mathjax/output/chtml/fonts/woff-v2/MathJax_Main-Regular.woff").is_file()
    assert (SITE / "_static/mathjax/LICENSE").is_file()


def neighbour(page: str, which: str) -> str | None:
    """Return the page that the link to the next one or the previous one leads to."""
    link = soup(page_of(page)).select_one(f"a.{which}")
    return link and posixpath.normpath(posixpath.join(page, "..", link["href"].removesuffix(".html")))


def test_previous_and_next_lead_through_the_book():
    assert [neighbour(page, "right-next") for page in entries()] == [*entries()[1:], None]
    *pages, index = entries()  # Sphinx makes the index, and gives it no way back
    assert [neighbour(page, "left-prev") for page in pages] == [None, *pages[:-1]]


@each_page
def test_no_script_twice(page):
    scripts = [str(tag) for tag in soup(page_of(page)).select("head script, body > script")]
    assert len(scripts) == len(set(scripts))


@each_page
def test_a_page_has_the_scripts_of_its_own_living_figures_and_no_others(page):
    found = soup(page_of(page))
    names = {tag["data-living"] for tag in found.select("[data-living]")}
    expected = {f"figures/{DRAWN_AS.get(name, name)}.js" for name in names}
    expected |= {f"data/{name}.js" for name in names - WITHOUT_DATA}
    sources = [urlsplit(tag["src"]).path for tag in found.select("script[src*='living/']")]
    scripts = [source.partition("living/")[2] for source in sources]
    assert set(scripts) == expected | ({"shared.js"} if names else set())
    assert scripts[:1] in ([], ["shared.js"])
    for name in names - WITHOUT_DATA:
        assert scripts.index(f"figures/{DRAWN_AS.get(name, name)}.js") < scripts.index(f"data/{name}.js")


@each_page
def test_no_markup_is_left_over(page):
    article = soup(page_of(page)).select_one("article")
    for code in article.select("pre, code, script, .math"):
        code.extract()
    text = article.get_text()
    soup.cache_clear()
    assert not re.findall(r"\*\*\w|\]\(|```|\{[\w:]+\}`|<details>|\$\$|\\begin", text)


def test_the_sitemap_lists_every_page_at_its_address():
    found = ElementTree.parse(SITE / "sitemap.xml").iterfind(".//{*}loc")
    pages = [name for name in ENTRIES if name != "genindex"]
    assert {tag.text for tag in found} == {f"{ADDRESS}{name}.html" for name in pages}


@pytest.mark.parametrize("page", [name for name in ENTRIES if name != "genindex"])  # it has no text
def test_a_page_that_is_shared_has_a_card_of_its_own(page):
    found = soup(page_of(page))
    tags = {tag["property"]: tag["content"] for tag in found.select("meta[property]")}
    assert tags["og:url"] == f"{ADDRESS}{page}.html" == found.select_one("link[rel=canonical]")["href"]
    assert len(tags["og:description"]) > 50
    card = tags["og:image"].removeprefix(ADDRESS)
    assert (SITE / card).stat().st_size > 5_000 and page.split("/")[-1] in card


def test_the_icons_of_the_pages_are_in_the_fonts():
    sheet = (SITE / "_static" / "styles" / "pydata-sphinx-theme.css").read_text("utf-8")
    held = set()
    for font in (SITE / "_static" / "vendor" / "fontawesome" / "webfonts").glob("*.woff2"):
        assert font.stat().st_size < 20_000
        held |= set(TTFont(font).getBestCmap())
    icons = {icon for page in SITE.rglob("*.html") for icon in shown_icons(page)}
    assert {"fa-bars", "fa-rocket", "fa-github"} <= icons
    for icon in icons:
        rule = re.search(rf'\.{icon}:before[^{{}}]*{{content:"\\([0-9a-f]+)"}}', sheet)
        assert rule and int(rule[1], 16) in held, icon


def shown_icons(page: Path) -> set[str]:
    marked = soup(page).select("i[class*='fa-'], span[class*='fa-']")
    names = {name for tag in marked for name in tag["class"] if name.startswith("fa-")}
    return names - {"fa-solid", "fa-regular", "fa-brands", "fa-lg", "fa-fw"}


def test_the_outputs_are_on_the_pages():
    for entry in CHAPTERS:
        page = soup(page_of(entry))
        assert page.select(".cell_output") or "yet to be run" in page.get_text(), entry
        assert not page.select(".cell_output .stderr"), entry


def test_chapters_open_in_colab():
    for entry in CHAPTERS:
        links = [tag["href"] for tag in soup(page_of(entry)).select("a[href*='colab.research']")]
        assert len(set(links)) == 1, links
        assert links[0].endswith(f"/{entry}.ipynb")


def test_the_map_says_what_each_chapter_costs():
    rows = [row.select("th, td") for row in soup(page_of("pages/intro")).select("article table tr")]
    head, *rows = [[cell.get_text().strip() for cell in row] for row in rows]
    notebooks = [json.loads((ROOT / f"{entry}.ipynb").read_text("utf-8")) for entry in CHAPTERS]
    stamps = [notebook["metadata"].get("aeutils", {}) for notebook in notebooks]
    costs = [(f"{s['minutes']:.1f}", f"{s['memory_gb']:.1f}") if s else ("?", "?") for s in stamps]
    assert [row[head.index("costs")] for row in rows] == [f"{m}\u00a0min, {gb}\u00a0GB" for m, gb in costs]
    assert all(head)


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_without_permission_the_site_that_is_there_stays(tmp_path):
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    folders = [tmp_path / ".venv", tmp_path / "_build", tmp_path / "_build" / "html", tmp_path]
    for folder in folders[:-1]:
        folder.mkdir()
    (tmp_path / "_build" / "html" / "a.html").write_text("a page")
    (tmp_path / ".venv" / "installed").write_text(str(tmp_path))  # as if all were installed
    for folder in folders:
        folder.chmod(0o555)
    command = [sys.executable, "-c", BOUND, shutil.which("make"), "site", "PY=false"]
    printed, said = started(command, tmp_path, {"LC_ALL": "C"}).communicate(timeout=600)
    for folder in folders:
        folder.chmod(0o755)
    assert "a.html" in said and "Permission denied" in said and "Error" in said, printed + said
    assert (tmp_path / "_build" / "html" / "a.html").read_text() == "a page"


@each_page
def test_no_line_of_a_cell_ends_in_a_plus_or_minus(page):
    cells = [cell.get_text() for cell in soup(page_of(page)).find_all("td")]
    assert not [text for text in cells if "± " in text]
    assert page != "chapters/06_overfitting" or [text for text in cells if "±\u00a0" in text]
