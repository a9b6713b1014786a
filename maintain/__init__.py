"""What makes and checks the numbers that the book has stored. Readers do not install it."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
CHAPTERS = ROOT / "chapters"
LIVING = ROOT / "web" / "living" / "data"  # the data of living figures, which chapters write
