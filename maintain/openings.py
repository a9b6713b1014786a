"""Write what chapters' openings say of them, from their metadata: `python -m maintain.openings [03 ...]`.

A notebook's metadata have an entry `chapter`, beside the stamp of its run:

    "chapter": {
        "question": "What do the two halves do?",
        "builds_on": [1],
        "prerequisites": "[chapter 1](01_encoder_decoder.ipynb), and what a derivative is.",
        "extra_time": "the training of chapter 3's best network"
    }

From these, the first page draws its map. In the first cell, the question stands where the prose has one in
bold, `**...?**`; what a reader needs, the minutes of the stamp and the link to Colab are the last paragraph.
`extra_time`, which the minutes leave out, may be missing.
"""

from functools import cache
import re
import sys
import tomllib

import aeutils
from aeutils.files import written_whole
import nbformat

from maintain import ROOT
from maintain.ledger import device_in_words
from maintain.runner import find

QUESTION = re.compile(r"\*\*[^*]*\?\*\*")
LAST = "\n\n**You need**"


def facts(notebook: dict, name: str) -> dict:
    """Return a notebook's entry `chapter`, with `extra_time`.

    Args:
        name: of its file.

    Raises:
        ValueError: it has none, or not what it should have.
    """
    found = {"extra_time": ""} | notebook["metadata"].get("chapter", {})
    kinds = {"question": str, "builds_on": list, "prerequisites": str, "extra_time": str}
    wrong = [f"no {key}" for key in kinds if key not in found]
    wrong += [f"{key} {value!r}" for key, value in found.items() if not isinstance(value, kinds.get(key, ()))]
    if not wrong:
        wrong = [] if found["question"].endswith("?") else ["a question that does not end in a question mark"]
        later = [n for n in found["builds_on"] if n not in range(1, int(name[:2]))]
        wrong += [f"builds_on {n!r}, which is no earlier chapter" for n in later]
    if wrong:
        raise ValueError(
            f"{name}: the notebook's metadata need "
            '"chapter": {"question": "...?", "builds_on": [numbers of chapters], "prerequisites": "..."}, '
            f"and have {'; '.join(wrong)}: write that, as maintain/openings.py describes it"
        )
    return found


@cache
def colab_link(name: str) -> str:
    """Return the address at which Colab opens a chapter of this release."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    repository = project["urls"]["Repository"].removeprefix("https://github.com/")
    tag = f"v{aeutils.__version__}"
    return f"https://colab.research.google.com/github/{repository}/blob/{tag}/chapters/{name}"


def opening(notebook: nbformat.NotebookNode, name: str) -> str:
    """Return the first cell as the metadata have it; the prose in it stays.

    Raises:
        ValueError: the metadata lack something, or the prose has no question in bold.
    """
    about = facts(notebook, name)
    prose, found = QUESTION.subn(
        lambda _: f"**{about['question']}**", notebook.cells[0].source.partition(LAST)[0], count=1
    )
    if not found:
        raise ValueError(f"{name}: the first cell has no place for the question: write **?** in its prose")
    run = notebook.metadata.get("aeutils", {})
    time = "? minutes"
    if "minutes" in run:
        time = f"{run['minutes']:g} minutes ({device_in_words(run['device'])})"
    extra = f", and {about['extra_time']}" if about["extra_time"] else ""
    return (
        f"{prose}{LAST} {about['prerequisites']}\n"
        f"**Time** for all cells with the full data: {time}{extra}.\n"
        f"[Open this chapter in Colab]({colab_link(name)})."
    )


def write_opening(notebook: nbformat.NotebookNode, name: str) -> None:
    """Write the opening into the first cell of a notebook that has an entry `chapter`."""
    if "chapter" in notebook.metadata:
        notebook.cells[0].source = opening(notebook, name)


def main() -> None:
    """Write the openings of the chapters that are named, or of all."""
    for path in find(*sys.argv[1:]):
        notebook = nbformat.read(path, as_version=4)
        notebook.cells[0].source = opening(notebook, path.name)
        with written_whole(path) as partial:
            nbformat.write(notebook, partial)


if __name__ == "__main__":
    main()
