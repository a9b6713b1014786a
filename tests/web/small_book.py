"""A small book in a folder of its own, built with the extensions of this one."""

import os
from pathlib import Path
import shutil
import subprocess
import sys

import nbformat
from nbformat.v4 import new_notebook

from tests import ROOT

CONFIG = """
execute: {{execute_notebooks: "off"}}
sphinx:
  extra_extensions: [{extension}]
  config: {{suppress_warnings: [mystnb.unknown_mime_type], nb_render_markdown_format: gfm}}
"""
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python"}, "language_info": {"name": "python"}}


def start(folder: Path, extension: str, toc: str) -> Path:
    """Make a book with an extension, and with what the extensions need; return its folder."""
    for name in ("maintain", "web"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.json", "*.md", "living"))
    for name in ("pyproject.toml", "requirements.txt"):
        shutil.copy(ROOT / name, folder)
    for name in ("pages", "chapters"):
        (folder / name).mkdir()
    (folder / "_config.yml").write_text(CONFIG.format(extension=extension))
    (folder / "_toc.yml").write_text(toc)
    return folder


def write_chapter(path: Path, cells: list, **metadata) -> None:
    """Write a notebook with these cells, and with these metadata besides those of its kernel."""
    nbformat.write(new_notebook(cells=cells, metadata=KERNEL | metadata), path)


def build(book: Path) -> subprocess.CompletedProcess:
    """Build the site, with every warning an error."""
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", "."]
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(book), str(ROOT)])}
    return subprocess.run([*command, "-n", "-W", "-q"], cwd=book, capture_output=True, text=True, env=env)
