"""What Jupyter Book's pages need mended: MathJax from the site, scripts, roles, an icon, wide tables."""

from importlib.resources import files
from pathlib import Path
import shutil

from docutils import nodes

FONTS, EXTENSIONS = "es5/output/chtml/fonts/woff-v2", "es5/input/tex/extensions"
NEEDED = ("LICENSE", "es5/tex-chtml.js", FONTS, EXTENSIONS)

# Tables and, on a phone, figures scroll sideways; the theme lets the keyboard reach other wide things only.
REACH_WIDE = """
{
  const wide = ".pst-scrollable-table-container > table, .cell_output:has(> img)";
  const reach = () => document.querySelectorAll(wide).forEach(
    (one) => one.scrollWidth > one.clientWidth
      ? one.setAttribute("tabindex", 0) : one.removeAttribute("tabindex"));
  for (const event of ["load", "resize"]) addEventListener(event, reach);
}
"""


def bring_mathjax(app):
    """Copy the parts of MathJax that a page loads into the site.

    Jupyter Book puts every script below its static path on every page; a folder that is added here,
    after it has looked, is only copied.
    """
    package = Path(str(files("mathjax"))) / "static" / "mathjax"
    vendored = Path(app.outdir).parent / "vendored"
    for name in NEEDED:
        source, target = package / name, vendored / "mathjax" / name.removeprefix("es5/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, target)
    app.config.html_static_path.append(str(vendored))


def drop_repeated_scripts(app, pagename, templatename, context, doctree):
    """Keep the first of scripts that are alike; the second stops with "already been declared"."""
    kept = {}
    for script in context.get("script_files", []):
        attributes = getattr(script, "attributes", {})
        set_ones = sorted((name, value) for name, value in attributes.items() if value)
        kept.setdefault((getattr(script, "filename", None) or "", tuple(set_ones)), script)
    context["script_files"] = list(kept.values())


def keep_sign_beside_spread(app, doctree, docname):
    """Let a line of a table's cell end before a ±, not behind it."""
    for entry in doctree.findall(nodes.entry):
        for text in list(entry.findall(nodes.Text)):
            text.parent.replace(text, nodes.Text(text.replace(" ± ", " ±\u00a0")))


def mend_roles(app, pagename, templatename, context, doctree):
    """Take back the role of a list that docutils gives to references whose role is another."""
    wrong, right = '<div role="list" class="citation-list">', '<div class="citation-list">'
    context["body"] = context.get("body", "").replace(wrong, right)


def give_redirect_its_icon(app, exception):
    """Give the page that only leads to the first one an empty icon, so that none is sought."""
    page = Path(app.outdir) / "index.html"
    if exception is None and page.exists():
        page.write_text('<link rel="icon" href="data:,">' + page.read_text("utf-8"), "utf-8")


def setup(app):
    """Register with Sphinx what this module does."""
    app.add_js_file(None, body=REACH_WIDE)
    app.connect("builder-inited", bring_mathjax)
    app.connect("doctree-resolved", keep_sign_beside_spread)
    app.connect("html-page-context", drop_repeated_scripts, priority=900)
    app.connect("html-page-context", mend_roles)
    app.connect("build-finished", give_redirect_its_icon, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
