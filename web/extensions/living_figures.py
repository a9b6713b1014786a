"""Living figures: their scripts, their style and their data on the pages that hold one, and on no other.

A page, or a chapter's Markdown, holds `<div class="living" data-living="NAME">` with what stands there where
no script runs. `web/living/figures/NAME.js` draws the figure, with what `shared.js` has for all of them, from
`web/living/data/NAME.js`, which a chapter's full run wrote (`aeutils.living`), or from what stands in the
`div`.
"""

from pathlib import Path
import re
import shutil

from sphinx.util import logging

from maintain import ROOT

LIVING = ROOT / "web" / "living"
WITHOUT_DATA = {"guesses"}  # made of what stands in their place
DRAWN_AS = {"vae_planes": "latent_explorer"}  # by the script of another figure
PLACE = re.compile(r'data-living="(\w+)"')


def copy_scripts(app):
    """Copy them to a folder of their own: Jupyter Book puts every script of its static one on every page."""
    staged = Path(app.outdir).parent / "living_static"
    shutil.copytree(LIVING, staged / "living", dirs_exist_ok=True)
    app.config.html_static_path.append(str(staged))


def add_scripts(app, pagename, templatename, context, doctree):
    """Put the scripts of a page's figures on it, in the order in which they run."""
    names = list(dict.fromkeys(PLACE.findall(context.get("body") or "")))
    if not names:
        return
    app.add_css_file("living/living.css")
    scripts = ["shared.js"]
    for name in names:
        scripts.append(f"figures/{DRAWN_AS.get(name, name)}.js")
        scripts += [] if name in WITHOUT_DATA else [f"data/{name}.js"]
    for script in dict.fromkeys(scripts):
        if not (LIVING / script).is_file():
            logging.getLogger(__name__).warning(f"{pagename}: a living figure lacks web/living/{script}")
        app.add_js_file(f"living/{script}", loading_method="defer")


def setup(app):
    """Register with Sphinx what this module does."""
    app.connect("builder-inited", copy_scripts)
    app.connect("html-page-context", add_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
