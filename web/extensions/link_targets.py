"""What `make links` asks for, where the link's own address would say little.

A DOI leads to a publisher, and many of them refuse a program: its registry says whether it exists. Colab
answers any address with a page, so the notebook is asked for where Colab takes it from.
"""

import re

TARGETS = {
    r"https://(?:dx\.)?doi\.org/(10\..+)": r"https://doi.org/api/handles/\1",
    r"https://colab\.research\.google\.com/github/(.+)": r"https://github.com/\1",
}


def address_to_ask(app, uri: str) -> str | None:
    """Return the address to ask for in place of a link's, or None for the link's own."""
    for pattern, replacement in TARGETS.items():
        if match := re.fullmatch(pattern, uri):
            return match.expand(replacement)
    return None


def setup(app) -> dict:
    """Register with Sphinx what this module does."""
    app.connect("linkcheck-process-uri", address_to_ask)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
