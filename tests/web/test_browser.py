"""Ways through the site in a browser: from disk, from page to page, by keyboard; what a visit weighs.

`make test` builds the site before; tests of every single page are in test_pages_in_a_browser.py.
"""

import gzip
from itertools import pairwise
from urllib.parse import unquote, urlsplit

import pytest

from tests.contents import entries
from tests.web.browsing import PREFIX, SETTINGS, SITE, opened, show
from web.extensions.chapter_facts import drawn_map

CHAPTERS = entries(".ipynb")


@pytest.mark.parametrize("name", ["pages/intro", "pages/explorer", *CHAPTERS])
def test_a_page_reads_from_disk(browser, name):
    base = SITE.as_uri()
    with opened(browser, base) as (page, problems):
        show(page, f"{base}/{name}.html")
        assert problems == []
        assert page.locator(".math:not(:has(mjx-container))").count() == 0
        assert page.locator("[data-living]:not([data-ready])").count() == 0


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_buttons_of_a_chapter_point_at_itself(browser, base, name):
    with opened(browser, base) as (page, _):
        show(page, f"{base}{name}.html")
        address, tag = SETTINGS["repository"]["url"], SETTINGS["repository"]["branch"]
        colab = page.locator(".dropdown-launch-buttons a").get_attribute("href")
        assert colab.endswith(f"{address.removeprefix('https://github.com')}/blob/{tag}/{name}.ipynb")
        links = page.locator(".dropdown-source-buttons a").evaluate_all("all => all.map(a => a.href)")
        assert f"{address}/edit/{tag}/{name}.ipynb" in links
        assert any(link.startswith(f"{address}/issues/new") for link in links)
        with page.expect_download() as download:
            page.locator(".dropdown-download-buttons button").first.click()
            page.locator(".dropdown-download-buttons a.btn-download-source-button").click()
        assert download.value.suggested_filename == f"{name.split('/')[1]}.ipynb"


def weighed(page, address: str) -> dict[str, int]:
    """Return the bytes of what a page loads, figures apart, compressed as servers do."""
    found = {}

    def weigh(response):
        path = SITE / unquote(urlsplit(response.url).path.removeprefix(PREFIX))
        if path.is_file() and "_images" not in path.parts and path.parent.name != "data":
            found[path.relative_to(SITE).as_posix()] = len(gzip.compress(path.read_bytes()))

    page.on("response", weigh)
    show(page, address)
    page.remove_listener("response", weigh)
    return found


@pytest.mark.parametrize(("first", "second"), list(pairwise(CHAPTERS)))
def test_pages_are_light(browser, base, first, second):
    with opened(browser, base) as (page, _):
        visit = weighed(page, f"{base}{first}.html")
        assert sum(visit.values()) <= 500_000, sorted(visit.items(), key=lambda item: -item[1])
        again = weighed(page, f"{base}{second}.html")
        more = {name: size for name, size in again.items() if name not in visit}
        assert f"{second}.html" in more and sum(more.values()) <= 100_000, more


# The labels of the map that reach out of their boxes, or whose boxes reach out of the drawing.
SPILLED = """() => [...document.querySelectorAll('.chapter-map a')].filter(link => {
  const [box, words] = ['rect', 'text'].map(name => link.querySelector(name).getBBox());
  const inside = (a, b, margin) => a.x >= b.x + margin && a.x + a.width <= b.x + b.width - margin
    && a.y >= b.y + margin && a.y + a.height <= b.y + b.height - margin;
  return !inside(words, box, 2) || !inside(box, link.ownerSVGElement.viewBox.baseVal, 0);
}).map(link => link.textContent)"""
TITLES = [
    "GANs",
    "WHAT GOES WRONG MOST OFTEN",
    "Internationalisation-of-everything",
    "What does not belong: anomalies, novelties and outliers, measured",
]


LETTERS = "svg => svg.getScreenCTM().a * parseFloat(getComputedStyle(svg).fontSize)"  # in pixels


@pytest.mark.parametrize("width", [1280, 390])
def test_the_labels_of_the_map_stay_in_their_boxes(browser, base, width):
    with opened(browser, base, viewport={"width": width, "height": 900}) as (page, _):
        show(page, f"{base}pages/intro.html")
        assert page.locator(".chapter-map svg").evaluate(LETTERS) >= 10
        assert page.locator(".chapter-map a").count() == len(CHAPTERS)
        assert page.evaluate(SPILLED) == []
        facts = [{"number": n, "title": title, "path": "", "builds_on": []} for n, title in enumerate(TITLES)]
        drawn = drawn_map(facts)
        page.locator(".chapter-map").evaluate("(map, drawn) => { map.outerHTML = drawn; }", drawn)
        assert page.locator(".chapter-map a").count() == len(TITLES)
        assert page.evaluate(SPILLED) == []


SEARCHED = {
    "Glossary": "bottleneck, dimensionality reduction, logistic PCA, 自动编码器, 自编码器, 降维, 数据压缩, "
    "特征学习, 无监督学习, 监督学习, 均方误差, 平均绝对误差, 过度拟合, 过拟合, 强化学习, 生成对抗网络, "
    "卷积神经网络, 循环神经网络, 主成分分析, 编码器, 解码器, 损失函数, 梯度下降, 激活函数, 可解释性",
    "My autoencoder does not learn": "loss is nan, negative loss, all black, one grey picture, out of memory",
}


@pytest.mark.parametrize("title", SEARCHED)
def test_the_search_leads_from_words_to_their_page(browser, base, title):
    with opened(browser, base) as (page, problems):
        for words in SEARCHED[title].split(", "):
            page.goto(f"{base}search.html?q={words}")
            page.locator("#search-results li a", has_text=title).first.wait_for()
            # To leave before all excerpts are there would break off what the page is still asking for.
            page.wait_for_load_state("networkidle")
        assert problems == []


def test_an_address_that_does_not_exist_leads_back(browser, base):
    with opened(browser, base) as (page, problems):
        page.goto(f"{base}chapters/no/such/page.html", wait_until="networkidle")
        assert [p for p in problems if "no/such/page" not in p and "404 (" not in p] == []
        page.locator("a", has_text="Autoencoders, measured").first.click()
        page.wait_for_url(f"{base}pages/intro.html")


def test_the_keyboard_reaches_the_text_and_the_search(browser, base):
    with opened(browser, base) as (page, _):
        show(page, f"{base}chapters/01_encoder_decoder.html")
        page.keyboard.press("Tab")
        assert "Skip to main content" in page.evaluate("document.activeElement.textContent")
        page.keyboard.press("Enter")
        assert page.url.endswith("#main-content")
        page.keyboard.press("Control+k")
        assert page.evaluate("document.activeElement.type") == "search"


def test_a_page_prints(browser, base):
    with opened(browser, base) as (page, problems):
        show(page, f"{base}chapters/01_encoder_decoder.html")
        page.emulate_media(media="print")
        assert not page.locator(".bd-sidebar-primary").is_visible()
        assert page.locator("article img").first.is_visible()
        assert len(page.pdf()) > 100_000
        assert problems == []


def test_without_scripts_the_explorer_is_a_picture(browser, base):
    with opened(browser, base, java_script_enabled=False) as (page, _):
        page.goto(f"{base}pages/explorer.html")
        for picture in page.locator("[data-living] img").all():
            assert picture.is_visible() and len(picture.get_attribute("alt")) > 50
        assert page.locator("[data-living] img").count() == page.locator("[data-living]").count() == 2
