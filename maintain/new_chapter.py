"""Lay a notebook for a new chapter: `make chapter NUMBER=09 NAME=convolution`.

It has every part that a chapter has, small enough to run in seconds, and passes the tests of form as it is.
The words in it say what goes where; write the chapter over them. It is added to the table of contents, and to
the workflows that are started for a chapter.
"""

import argparse
import re
import sys

from aeutils.files import written_whole
import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from maintain import CHAPTERS, ROOT
from maintain.openings import write_opening
from maintain.runner import tidy

CONTENTS = ROOT / "_toc.yml"
WORKFLOWS = [ROOT / ".github" / "workflows" / name for name in ("gpu.yml", "refresh.yml")]

ABOUT = {
    "question": "What does this chapter ask?",
    "builds_on": [1],
    "prerequisites": "[chapter 1](01_encoder_decoder.ipynb), or to know what an encoder and a decoder are.",
}

OPENING = """# {title}

Where an earlier chapter has left the reader, in a sentence or two. **?** The surprise, so that somebody who
reads no further has it.

**You will be able to**

- do one thing, which begins with a verb;
- do another;
- tell a case in which it fails."""

IMPORTS = """from aeutils import plots
from aeutils.claims import claim
from aeutils.data import load_mnist
from aeutils.tables import baseline_rows, results_table
import keras

keras.utils.set_random_seed(seed)
plots.use_style()
data = load_mnist()
x_train, x_test = data.x_train, data.x_test"""

SECTION = """## A question

What is known of it, and why the answer is not plain. One idea a section.

**Predict before you run:** how far below the mean image is PCA with 10 numbers?"""

EXPERIMENT = """rows = baseline_rows(x_train, x_test, code_size=10)
results_table(rows)"""

SHOWN = """What the table shows, and why: by an experiment that takes the cause away, or as a guess.

## What we measured"""

CLAIM = """errors = {row["model"]: row["test error"] for row in rows}
claim(
    "PCA with 10 numbers is ahead of the mean image",
    errors["PCA-10"] < errors["mean image"],
    numbers={name: errors[name] for name in ("PCA-10", "mean image")},
)"""

EXERCISES = """## Exercises

**Exercise {number}.1.** Something small that practises this chapter's point. Its judge, hints and solution
go to `aeutils/exercises/chapter{number:02}.py`, as CONTRIBUTING.md has it. Fill in the stub, run the cell."""

STUB = """def half(x):
    ...


half(1)"""

QUIZ = """## Quiz

**1.** A question whose wrong answers are what a reader might well believe?

- (a) One of these
- (b) The right one

<details><summary>Answer</summary>

**(b)** is right: the reason.

**(a)** is wrong: the reason.

</details>

## Summary

- Five lines at most, each a thing that was measured above.

## Further reading

- A work, and what it is good for."""


def new_chapter(number: int, name: str) -> nbformat.NotebookNode:
    """Return the notebook of a chapter called `name`, such as "principal_curves"."""
    first = nbformat.read(next(CHAPTERS.glob("01_*.ipynb")), as_version=4)
    setup = next(cell for cell in first.cells if "setup" in cell.metadata.get("tags", []))
    title = name.replace("_", " ").capitalize()
    cells = [
        new_markdown_cell(OPENING.format(title=title)),
        new_code_cell(setup.source, metadata=dict(setup.metadata)),
        new_code_cell("seed = 0", metadata={"tags": ["parameters"]}),
        new_code_cell(IMPORTS),
        new_markdown_cell(SECTION),
        new_code_cell(EXPERIMENT),
        new_markdown_cell(SHOWN),
        new_code_cell(CLAIM),
        new_markdown_cell(EXERCISES.format(number=number)),
        new_code_cell(STUB),
        new_markdown_cell(QUIZ),
    ]
    notebook = new_notebook(cells=cells, metadata={"chapter": ABOUT})
    tidy(notebook)
    write_opening(notebook, f"{number:02}_{name}.ipynb")
    return notebook


def with_entry(contents: str, entry: str) -> str:
    """Return the table of contents with a chapter after the last one; layout and comments stay."""
    *_, last = re.finditer(r"(?m)^( *- file: )chapters/.*$", contents)
    return f"{contents[: last.end()]}\n{last[1]}{entry}{contents[last.end() :]}"


def with_choice(workflow: str, number: int) -> str:
    """Return a workflow whose list of chapters to choose from has one more."""
    return re.sub(r'(?m)^( *options: \[all.*")\]$', rf'\1, "{number:02}"]', workflow)


def main() -> None:
    """Write the notebook, and what names it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("number", nargs="?", default="")
    parser.add_argument("name", nargs="?", default="")
    options = parser.parse_args()
    last = max(int(path.name[:2]) for path in CHAPTERS.glob("[0-9][0-9]_*.ipynb"))
    if not re.fullmatch(r"\d{1,2}", options.number) or not re.fullmatch(r"[a-z][a-z0-9_]*", options.name):
        sys.exit(
            "a chapter has a number and a name of small letters, digits and _: "
            f"make chapter NUMBER={last + 1:02} NAME=convolution"
        )
    number = int(options.number)
    if number != last + 1:
        sys.exit(f"the next chapter is {last + 1}, got {number}: to come before others, rename those first")
    path = CHAPTERS / f"{number:02}_{options.name}.ipynb"
    with written_whole(path, replace=False) as partial:
        nbformat.write(new_chapter(number, options.name), partial)
    texts = {CONTENTS: with_entry(CONTENTS.read_text("utf-8"), f"chapters/{path.stem}")}
    texts |= {file: with_choice(file.read_text("utf-8"), number) for file in WORKFLOWS}
    for file, text in texts.items():
        with written_whole(file) as partial:
            partial.write_text(text, "utf-8")
    print(f"{path.relative_to(ROOT)} is laid, and in the table of contents: write the chapter over it")


if __name__ == "__main__":
    main()
