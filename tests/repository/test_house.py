"""The repository as files: chapters that were run and are not stale, one address, pins."""

import ast
import base64
import hashlib
from pathlib import Path
import re
import shutil
import subprocess
import sys
import tomllib
from urllib.parse import urlsplit

import aeutils
from aeutils import provenance
from aeutils.provenance.definitions import module_path
from aeutils.provenance.hashing import parse
import nbformat
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
import pytest
import yaml

from maintain import LIVING, openings
from tests import ROOT
from tests.contents import entries

CLAIM = "application/vnd.aeutils.claim+json"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
REPOSITORY = PROJECT["project"]["urls"]["Repository"]
SLUG = REPOSITORY.removeprefix("https://github.com/")
TAG = f"v{aeutils.__version__}"
CHAPTERS = sorted(ROOT.glob("chapters/*.ipynb"))
NOTEBOOKS = {path: nbformat.read(path, as_version=4) for path in CHAPTERS}
PAGES = [ROOT / f"{name}.md" for name in entries(".md")]
PROSE = [*(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "LICENSE-TEXT.md")), *PAGES]
CODE = [*ROOT.glob("aeutils/**/*.py"), *ROOT.glob("maintain/*.py"), *ROOT.glob("web/**/*.py")]

LARGEST_FIGURE = 150_000  # bytes
LARGEST_DATA = 400_000  # bytes, of a living figure
LONGEST_CELL = 30  # lines
FRAMEWORKS = {"tensorflow", "tf", "jax", "torch"}

each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def tags(cell) -> list[str]:
    return cell["metadata"].get("tags", [])


def code_cells(path: Path) -> list:
    return [cell for cell in NOTEBOOKS[path].cells if cell.cell_type == "code"]


def markdown(path: Path) -> str:
    """Return the prose of a notebook."""
    cells = [cell for cell in NOTEBOOKS[path].cells if cell.cell_type == "markdown"]
    return "\n\n".join(cell.source for cell in cells)


def outputs(path: Path) -> list:
    return [output for cell in code_cells(path) for output in cell.outputs]


def claims(path: Path) -> list[dict]:
    return [output.data[CLAIM] for output in outputs(path) if CLAIM in output.get("data", {})]


# --- Chapters


def test_the_table_of_contents_lists_every_chapter():
    assert entries(".ipynb") == [f"chapters/{path.stem}" for path in CHAPTERS]
    assert CHAPTERS, "a book without chapters"


@each_chapter
def test_format(path):
    notebook = NOTEBOOKS[path]
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    identities = [cell.get("id") for cell in notebook.cells]
    assert all(identities) and len(set(identities)) == len(identities)
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata) == {"aeutils", "chapter", "kernelspec", "language_info"}


def test_the_setup_cell_is_the_same_in_every_chapter():
    cells = [code_cells(path)[0] for path in CHAPTERS]
    assert all("setup" in tags(cell) for cell in cells)
    assert len({cell.source for cell in cells}) == 1


@each_chapter
def test_only_the_first_cell_is_setup(path):
    assert not any("setup" in tags(cell) for cell in code_cells(path)[1:])


@each_chapter
def test_markdown_reads_the_same_everywhere(path):
    text = re.sub(r"(?ms)^```.*?^```$", lambda block: block[0].splitlines()[0], markdown(path))
    sphinx = [
        r"(?m)^(```|:::|~~~)+\s*\{",  # a directive
        r"\{[a-zA-Z][\w:+.-]*\}`",  # a role
        r"(?m)^\([\w-]+\)=\s*$",  # a target
        r"(?m)^(\+\+\+|%\s)",  # a block break, a comment
        r"\{\{.*?\}\}",  # a substitution
    ]
    # In TeX two closing braces are common, `{{` and `}}` on one line outside maths are not.
    words = re.sub(r"(?s)\$\$.*?\$\$|\$[^$\n]+\$", "", text)
    assert [match[0] for pattern in sphinx for match in re.finditer(pattern, words)] == []


@each_chapter
def test_images_in_prose_have_a_text(path):
    assert re.findall(r"!\[\s*\]\([^)]*\)", markdown(path)) == []
    assert [tag for tag in re.findall(r"<img[^>]*>", markdown(path)) if "alt=" not in tag] == []


@each_chapter
def test_the_colab_link_is_the_chapter_s_own(path):
    links = re.findall(r"https://colab\.research\.google\.com/[^\s)\]\"']+", markdown(path))
    here = path.relative_to(ROOT).as_posix()
    assert links == [f"https://colab.research.google.com/github/{SLUG}/blob/{TAG}/{here}"]


@each_chapter
def test_links_between_chapters_lead_somewhere(path):
    targets = re.findall(r"\]\(([^)\s]+)\)", markdown(path))
    local = [t.split("#")[0] for t in targets if not re.match(r"[a-z]+:", t)]
    assert [t for t in local if t and not (path.parent / t).exists()] == []


@each_chapter
def test_nothing_on_stderr_and_no_error_but_those_meant(path):
    for cell in code_cells(path):
        assert not [o for o in cell.outputs if o.get("name") == "stderr"], cell.source
        if cell.execution_count is None:  # one that is new: `make fresh` tells of it
            continue
        errors = [o for o in cell.outputs if o.output_type == "error"]
        assert bool(errors) == ("raises-exception" in tags(cell)), cell.source


@each_chapter
def test_cells_are_short(path):
    long = [c.source for c in code_cells(path) if len(c.source.splitlines()) > LONGEST_CELL]
    assert long == []


@each_chapter
def test_figures_are_small_and_have_a_text(path):
    for cell in code_cells(path):
        kinds = [kind for o in cell.outputs for kind in o.get("data", {}) if kind[:6] == "image/"]
        assert set(kinds) <= {"image/png"}, cell.source
        figures = [o.data for o in cell.outputs if "image/png" in o.get("data", {})]
        if figures:
            alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(alt.split()) >= 3, f"no description of the figure drawn by:\n{cell.source}"
        for figure in figures:
            assert len(base64.b64decode(figure["image/png"])) <= LARGEST_FIGURE, cell.source


@each_chapter
def test_the_opening_is_what_the_metadata_say(path):
    notebook = NOTEBOOKS[path]
    assert notebook.cells[0].source == openings.opening(notebook, path.name), "make openings"


@each_chapter
def test_prerequisites_name_the_chapters_that_it_builds_on(path):
    about = openings.facts(NOTEBOOKS[path], path.name)
    named = re.findall(r"\[chapter (\d+)\]\((\d+)_", about["prerequisites"])
    assert sorted(int(number) for number, _ in named) == about["builds_on"]
    assert all(int(number) == int(file) for number, file in named)


def test_at_most_one_claim_in_four_needs_the_full_data():
    found = [claim for path in CHAPTERS for claim in claims(path)]
    assert 4 * sum(claim["needs"] == "full" for claim in found) <= len(found)


@each_chapter
def test_the_data_of_living_figures_are_those_that_the_chapter_wrote(path):
    code = "\n".join(cell.source for cell in code_cells(path))
    named = re.findall(r"living\.keep\(\s*\"(\w+)\"", code)
    stored = NOTEBOOKS[path].metadata["aeutils"].get("living", {})
    assert set(stored) == {f"{name}.js" for name in named} or provenance.stale(NOTEBOOKS[path])
    for name, digest in stored.items():
        content = (LIVING / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest, f"make execute CHAPTER={path.stem[:2]}"
        assert len(content) <= LARGEST_DATA
    assert re.findall(r'data-living="(\w+)"', markdown(path)) == named


def test_every_living_figure_s_data_come_from_a_chapter():
    stamps = [notebook.metadata["aeutils"] for notebook in NOTEBOOKS.values()]
    stored = {name for stamp in stamps for name in stamp.get("living", {})}
    assert {file.name for file in LIVING.iterdir()} == stored


def test_every_work_with_an_identifier_is_in_the_bibliography():
    bibliography = (ROOT / "pages" / "references.bib").read_text("utf-8").lower()
    for path in CHAPTERS:
        cited = re.findall(r"doi\.org/([^\s)\]]+)|arxiv\.org/abs/([\d.]+\d)", markdown(path).lower())
        assert [one for pair in cited for one in pair if one not in bibliography] == [], path.name


# --- Stale outputs are noticed: shown on copies


def freshly_stamped(path: Path):
    notebook = nbformat.from_dict(NOTEBOOKS[path])
    notebook.metadata["aeutils"] = provenance.stamp(notebook)
    return notebook


@pytest.fixture(scope="module")
def copied(tmp_path_factory) -> Path:
    """A copy of the package. A test that edits a module writes back what was there."""
    return shutil.copytree(ROOT / "aeutils", tmp_path_factory.mktemp("copy") / "aeutils")


@each_chapter
def test_a_change_of_code_without_a_run_is_noticed(path, copied):
    notebook = freshly_stamped(path)
    assert "aeutils.data" in notebook.metadata["aeutils"]["modules"]
    for module in notebook.metadata["aeutils"]["modules"]:
        file = module_path(module, copied)
        text = file.read_text("utf-8")
        for addition, changes in [
            ("# A comment.", []),
            ("ANOTHER = 1  # which no chapter reaches", []),
            ("print('what an import runs')", [f"{module} has changed"]),
        ]:
            file.write_text(f"{text}\n{addition}\n", "utf-8")
            assert provenance.stale(notebook, copied) == changes, module
        file.write_text(text, "utf-8")


@each_chapter
def test_a_change_of_a_cell_without_a_run_is_noticed(path):
    notebook = freshly_stamped(path)
    for cell in [cell for cell in notebook.cells if cell.cell_type == "code"][1:]:
        kept = cell.source
        cell.source = kept + "\n# A comment."
        assert provenance.stale(notebook) == [], cell.source
        cell.source = kept + "\nanother = 1"
        assert provenance.stale(notebook) == ["the notebook's code cells have changed"]
        cell.source = kept


# --- The package


def imported(source: str) -> set[str]:
    found = set()
    for node in ast.walk(parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return {name.split(".")[0] for name in found}


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_package_keeps_to_keras(path):
    assert not imported(path.read_text("utf-8")) & FRAMEWORKS


@each_chapter
def test_chapters_keep_to_keras(path):
    for cell in code_cells(path):
        assert not imported(cell.source) & FRAMEWORKS, cell.source


def test_every_folder_of_the_package_is_installed():
    folders = {path.parent for path in ROOT.glob("aeutils/**/*.py")}
    assert all((folder / "__init__.py").exists() for folder in folders)


def run_python(*arguments: str) -> str:
    """Run a command where the chapters run, and return what it prints."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=ROOT / "chapters", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def test_chapters_import_the_package_of_this_folder():
    found = run_python("-c", "import aeutils; print(aeutils.__file__)")
    assert Path(found).resolve() == (ROOT / "aeutils" / "__init__.py").resolve()


def test_importing_the_package_brings_no_framework():
    code = "import sys, aeutils; print({'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules))"
    assert run_python("-c", code) == "set()"


def test_dependencies_have_lower_bounds_only():
    project = PROJECT["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    for line in [*project["dependencies"], *extras]:
        assert [part.operator for part in Requirement(line).specifier] == [">="], line
    assert "tensorflow" in project["optional-dependencies"]
    assert not any("tensorflow" in line for line in project["dependencies"])


# --- One address


def test_the_address_and_the_tag_in_the_settings():
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    assert config["repository"]["url"] == REPOSITORY
    assert config["repository"]["branch"] == TAG
    site, settings = config["html"]["baseurl"], config["sphinx"]["config"]
    assert settings["ogp_site_url"] == site and settings["notfound_urls_prefix"] == urlsplit(site).path
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["repository-code"] == REPOSITORY
    assert f"v{citation['version']}" == TAG
    assert citation["title"] == config["title"]


def test_the_setup_cell_installs_this_release():
    setup = code_cells(CHAPTERS[0])[0].source
    assert re.findall(r"git\+[^\s\"']+", setup) == [f"git+{REPOSITORY}@{TAG}"]


@pytest.mark.parametrize("path", [*PROSE, *CHAPTERS, *CODE], ids=lambda path: path.name)
def test_every_other_mention_of_the_address(path):
    # Figures apart: among so many letters, each such pattern turns up by chance.
    text = re.sub(r'"image/png": "[^"]*"', "", path.read_text("utf-8"))
    # What stands before or after the address of this repository, and of no other that is cited.
    before = r"(?:git clone |git\+|/github/)(?:https://github\.com/)?"
    own = re.findall(before + r"([\w.-]+/[\w.-]+)", text)
    own += re.findall(r"github\.com/([\w.-]+/[\w.-]+)/(?:blob|tree|issues|actions|pull)", text)
    assert {name.removesuffix(".git") for name in own} <= {SLUG}
    assert set(re.findall(r"/(?:blob|tree)/([\w.-]+)", text)) <= {TAG}
    site = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["html"]["baseurl"]
    assert text.count(f"//{urlsplit(site).netloc}/") == text.count(site)


def test_the_readme_says_where_to_clone_from():
    for name in ("README.md", "pages/intro.md"):
        assert f"git clone {REPOSITORY}\n" in (ROOT / name).read_text("utf-8")


# --- Pins


def pins_by_name() -> dict[str, list]:
    """Return the lines of requirements.txt by package, failing at one that is not a pin."""
    pins: dict[str, list] = {}
    for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        requirement = Requirement(line)
        (specifier,) = requirement.specifier
        assert specifier.operator == "==" and "*" not in specifier.version, line
        pins.setdefault(canonicalize_name(requirement.name), []).append(specifier)
        if canonicalize_name(requirement.name).startswith("tensorflow-"):
            pins.setdefault("tensorflow", []).append(specifier)
    return pins


def test_everything_is_pinned_and_from_the_index():
    text = (ROOT / "requirements.txt").read_text("utf-8")
    assert text.startswith("# This file was autogenerated") and "make requirements" in text
    assert not re.search(r"(?m)^\s*-|://|^\s*[./]", text)
    wanted = (ROOT / "requirements.in").read_text("utf-8").splitlines()
    wanted = [Requirement(line) for line in wanted if line.strip() and line[0] != "#"]
    pins = pins_by_name()
    for requirement in wanted:
        assert canonicalize_name(requirement.name) in pins, requirement
        for pin in pins[canonicalize_name(requirement.name)]:
            assert pin.version in requirement.specifier, requirement


def test_the_pins_satisfy_the_package():
    pins = pins_by_name()
    project = PROJECT["project"]
    extras = project["optional-dependencies"]
    for line in [*project["dependencies"], *extras["tensorflow"], *extras["jax"]]:
        requirement = Requirement(line)
        for pin in pins[canonicalize_name(requirement.name)]:
            assert pin.version in requirement.specifier, line


def test_one_tensorflow_on_any_machine():
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    found = [Requirement(line) for line in lines if re.match(r"tensorflow(-cpu)?==", line)]
    assert len({str(requirement.specifier) for requirement in found}) == 1
    for system, machine in [
        ("linux", "x86_64"),
        ("linux", "aarch64"),
        ("darwin", "arm64"),
        ("win32", "AMD64"),
    ]:
        here = {"sys_platform": system, "platform_machine": machine}
        assert sum(requirement.marker.evaluate(here) for requirement in found) == 1, here


def test_the_pythons_are_the_same_everywhere():
    text = (ROOT / "maintain" / "check_python.py").read_text("utf-8")
    oldest, newest = re.search(r"OLDEST, NEWEST = \((.*?)\), \((.*?)\)", text).groups()
    oldest, newest = (bound.replace(", ", ".") for bound in (oldest, newest))
    assert PROJECT["project"]["requires-python"] == f">={oldest}"
    assert f"Python {oldest} to {newest}" in (ROOT / "README.md").read_text("utf-8")
    assert f"the book needs {oldest} to {newest}" in text
    assert f"Python {oldest} to {newest}" in (ROOT / "Makefile").read_text("utf-8")


# --- Commands and papers


def test_the_commands_in_the_texts_exist():
    targets = set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text("utf-8")))
    for name in ("README.md", "CONTRIBUTING.md", "pages/intro.md", "pages/study.md"):
        path = ROOT / name
        named = set(re.findall(r"(?m)(?:^ *|`)make ([a-z]+)", path.read_text("utf-8")))
        assert named and named <= targets, path.name


def test_help_lists_every_command():
    listed = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True)
    for target in ("book", "test", "pdf", "lab", "colab", "execute", "serve", "clean", "help"):
        assert re.search(rf"(?m)^  {target} +\S", listed.stdout), listed.stdout


def test_ci_runs_the_readme_s_commands():
    ci = (ROOT / ".ci" / "run").read_text("utf-8")
    assert re.findall(r"(?m)^make (\w+)", ci) == ["book", "test"]
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "make book" in readme and "make test" in readme


def test_licences():
    assert (ROOT / "LICENSE").read_text("utf-8").startswith("MIT License")
    text = (ROOT / "LICENSE-TEXT.md").read_text("utf-8")
    assert "CC BY 4.0" in text and "CC BY-SA 3.0" in text
    assert PROJECT["project"]["license"] == "MIT"


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        ("#!/bin/sh\nexec {python} -c 'import sys; sys.version_info = (3, 9, 2); {run}'", "3.9"),
        ("#!/bin/sh\nexec {python} -c 'import sys; sys.version_info = (3, 14, 0); {run}'", "3.14"),
        ("#!/bin/sh\nexec {python} -c 'import sys; sys.modules[\"venv\"] = None; {run}'", "venv"),
        (None, "no python-of-nobody here"),
    ],
)
def test_an_unfit_python_is_told_in_one_line(tmp_path, program, problem):
    (tmp_path / "maintain").mkdir()
    shutil.copy(ROOT / "maintain" / "check_python.py", tmp_path / "maintain")
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    python = tmp_path / "python-of-nobody"
    if program:
        run = "sys.argv = sys.argv[1:]; exec(open(sys.argv[0]).read())"
        python.write_text(program.format(python=sys.executable, run=run) + ' "$@"\n')
        python.chmod(0o755)
    done = subprocess.run(
        ["make", "book", f"PYTHON={python if program else python.name}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    said = (done.stdout + done.stderr).strip().splitlines()
    said = [line for line in said if not line.startswith("make")]
    assert done.returncode != 0
    assert len(said) == 1 and problem in said[0], said
    assert not (tmp_path / ".venv").exists()
