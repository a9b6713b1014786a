"""Say in one line why this Python cannot build the book, or say nothing. Runs under any Python."""

import sys

OLDEST, NEWEST = (3, 11), (3, 13)


def problem():
    """Return what is wrong with the Python that runs this, in a line; None if nothing is."""
    here = "{} is Python {}.{}".format(sys.executable, *sys.version_info[:2])
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        return here + ", the book needs 3.11 to 3.13: name one, as in make book PYTHON=python3.12"
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return here + " without venv: install that (Debian, Ubuntu: sudo apt install python3-venv)"
    return None


sys.exit(problem())
