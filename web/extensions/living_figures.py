"""Living figures: their script, their style and their data on the pages that hold one, and on no other.

A page, or a chapter's Markdown, holds `<div class="living" data-living="NAME">` with what stands there where
no script runs. `web/living/data/NAME.js` has the data, written by a chapter's full run (`aeutils.living`).
"""

from pathlib import Path
import re
import shutil

from sphinx.util import logging

from maintain import ROOT

LIVING = ROOT / "web" / "living"
PLACE = re.compile(r'data-living="(\w+)"')


def bring_scripts(app):
    """Copy them to a folder of their own: Jupyter Book puts every script of its static one on every page."""
    staged = Path(app.outdir).parent / "living_static"
    shutil.copytree(LIVING, staged / "living", dirs_exist_ok=True)
    app.config.html_static_path.append(str(staged))


def add_scripts(app, pagename, templatename, context, doctree):
    names = list(dict.fromkeys(PLACE.findall(context.get("body") or "")))
    if not names:
        return
    app.add_css_file("living/living.css")
    app.add_js_file("living/living.js", loading_method="defer")
    for name in names:
        if not (LIVING / "data" / f"{name}.js").is_file():
            logging.getLogger(__name__).warning(f"{pagename}: no data for the living figure {name}")
        app.add_js_file(f"living/data/{name}.js", loading_method="defer")


def setup(app):
    app.connect("builder-inited", bring_scripts)
    app.connect("html-page-context", add_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
