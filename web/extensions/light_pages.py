"""Lighter pages: icons from fonts that hold no others, no script that a page does not use, and code without
marks of what has the colour of plain code.

The theme draws each of its icons twice: by a style sheet with Font Awesome's fonts, and by Font Awesome's
script, half a megabyte even when compressed. The script goes; sheet and fonts keep what the site shows. The
scripts of the search stay on the page of the search: elsewhere they serve a search-as-you-type that is off.
"""

from pathlib import Path
import re

from fontTools import subset
from fontTools.ttLib import TTFont

ICON_SCRIPT = re.compile(r'<script[^>]*src="[^"]*scripts/fontawesome\.js[^"]*"[^>]*></script>\s*')
SEARCH_SCRIPTS = re.compile(
    r'<script[^>]*src="[^"]*(?:searchtools|language_data|searchindex)\.js"[^>]*></script>\s*'
)
# Jupyter Book puts these on every page: for code that runs in the page, and for cards and tabs.
UNUSED = re.compile(
    r'<(?:script|link)[^>]*"[^"]*(?:sphinx-thebe|sphinx-design|design-tabs)[^>]*>(?:</script>)?\s*'
)
# Names, punctuation and blanks of code: Pygments marks them, and its styles show them like plain code.
PLAIN_CODE = re.compile(r'<span class="(?:n|nn|p|w)">([^<]*)</span>')
# `.fa-bars:before,.fa-navicon:before{content:"\f0c9"}`, and codes that style sheets use without a name.
RULE = re.compile(r'((?:\.fa-[\w-]+:before,?)+)\{content:"\\([0-9a-f]+)"\}')
PRIVATE_USE = re.compile(r"\\([ef][0-9a-f]{3})\b|([\ue000-\uf8ff])")


def lighten(app, exception):
    """Take out of the built pages, style sheets and fonts what no page uses."""
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    for page in site.rglob("*.html"):
        text = UNUSED.sub("", ICON_SCRIPT.sub("", page.read_text("utf-8")))
        text = PLAIN_CODE.sub(r"\1", text)
        page.write_text(text if page.name == "search.html" else SEARCH_SCRIPTS.sub("", text), "utf-8")
    for script in (site / "_static" / "scripts").glob("fontawesome.js*"):
        script.unlink()
    codes = reduce_sheets(site, named_icons(site))
    for font in (site / "_static" / "vendor" / "fontawesome" / "webfonts").glob("*.woff2"):
        reduce_font(font, codes)
        font.with_suffix(".ttf").unlink(missing_ok=True)  # for browsers that are no more


def named_icons(site: Path) -> set[str]:
    """Return the classes of icons that pages and scripts name."""
    files = [p for p in site.rglob("*") if p.suffix in (".html", ".js") and "mathjax" not in p.parts]
    return {name for file in files for name in re.findall(r"\bfa-[\w-]+", file.read_text("utf-8"))}


def reduce_sheets(site: Path, named: set[str]) -> set[int]:
    """Take the rules of other icons out of the style sheets; return the code points that are left."""
    codes = set()

    def keep(rule):
        return rule[0] if named & set(re.findall(r"fa-[\w-]+", rule[1])) else ""

    for sheet in (site / "_static").rglob("*.css"):
        text = RULE.sub(keep, sheet.read_text("utf-8"))
        sheet.write_text(text, "utf-8")
        codes |= {int(code, 16) if code else ord(sign) for code, sign in PRIVATE_USE.findall(text)}
    return codes


def reduce_font(file: Path, codes: set[int]) -> None:
    """Leave in a font the signs with these code points."""
    font = TTFont(file)
    options = subset.Options(flavor="woff2")
    chosen = subset.Subsetter(options)
    chosen.populate(unicodes=codes)
    chosen.subset(font)
    font.flavor = "woff2"
    font.save(file)


def setup(app):
    """Register with Sphinx what this module does."""
    app.connect("build-finished", lighten)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
