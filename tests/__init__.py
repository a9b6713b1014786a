"""The tests: of the package, of what maintains the book, of the repository's files, and of the built site."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
CHAPTERS = sorted(ROOT.glob("chapters/*.ipynb"))
