"""What was answered is recorded, once and whole, and shown as a page to hand in."""

from datetime import date, datetime
import json
from pathlib import Path
import subprocess
import sys
import time

import aeutils
from aeutils.exercises import chapter01, chapter02, overview, progress, records, shown
from aeutils.exercises.base import Exercise, NotYet, call
import pytest

from tests import ROOT
from tests.package.answers import solution

pytestmark = pytest.mark.any_backend


@pytest.fixture(autouse=True)
def not_warned_yet(monkeypatch):
    monkeypatch.setattr(records, "_warned", set())


@pytest.fixture
def path(records):
    return records


def judge_double(double):
    if call(double, 21) != 42:
        raise NotYet("expected 42")
    return "It doubles."


@pytest.fixture
def double():
    return Exercise("Exercise 1.1", judge_double, ("add",), right)


def right(x):
    return 2 * x


def wrong(x):
    return x * x


def page(monkeypatch, **arguments) -> dict:
    """Return what `progress` shows."""
    pages = []
    monkeypatch.setattr(overview, "show", pages.append)
    assert progress(**arguments) is None
    (data,) = pages
    assert data.keys() == {"text/plain", "text/markdown"}
    return data


def cells(data: dict, exercise: str) -> list[str]:
    """Return the cells of one line of the table."""
    lines = [line.strip("|").split("|") for line in data["text/markdown"].splitlines()]
    (line,) = [line for line in lines if len(line) == 7 and line[1].strip() == exercise]
    return [cell.strip() for cell in line]


# --- What is recorded


def test_a_stub_is_not_recorded(double, path):
    for stub in (..., None, lambda x: ..., lambda x: None):
        assert double.check(stub) == "not attempted"
    assert list(path.parent.iterdir()) == []


def test_attempts_are_counted_and_what_is_solved_stays_solved(double, path):
    before = datetime.now().astimezone().replace(microsecond=0)
    double.check(wrong)
    double.check(lambda x: x / 0)
    assert records.read_records()["Exercise 1.1"]["state"] == "not yet"
    assert "solved" not in records.read_records()["Exercise 1.1"]
    double.check(right)
    solved = records.read_records()["Exercise 1.1"]
    assert (solved["state"], solved["attempts"], solved["checks"]) == ("solved", 3, 3)
    assert before <= datetime.fromisoformat(solved["solved"]) <= datetime.now().astimezone()
    assert double.check(wrong) == "not yet"
    double.check(right)
    after = records.read_records()["Exercise 1.1"]
    assert (after["state"], after["attempts"], after["checks"]) == ("solved", 3, 5)
    assert after["solved"] == solved["solved"]


def test_the_file_is_one_that_a_reader_can_read(double, path):
    double.check(right)
    assert json.loads(path.read_text("utf-8"))["exercises"].keys() == {"Exercise 1.1"}
    assert {entry.name for entry in path.parent.iterdir()} == {path.name, f".{path.name}.lock"}


def test_what_a_later_version_adds_is_kept(double, path):
    double.check(wrong)
    content = json.loads(path.read_text("utf-8"))
    content["exercises"]["Exercise 1.1"]["note"] = "é"
    content["exercises"]["Exercise 99.1"] = content["exercises"]["Exercise 1.1"]
    path.write_text(json.dumps(content), "utf-8")
    double.check(wrong)
    found = records.read_records()
    assert found["Exercise 1.1"]["note"] == "é" and found["Exercise 1.1"]["checks"] == 2
    assert found["Exercise 99.1"]["checks"] == 1


# --- Help


@pytest.fixture
def hinted():
    return Exercise("Exercise 1.1", judge_double, ("think", "add"), right)


def test_hints_and_the_solution_are_recorded_while_it_is_not_solved(hinted, path):
    hinted.hint()
    assert records.read_records() == {"Exercise 1.1": {"hints": 1}}
    for _ in range(3):
        hinted.hint()  # the last one again is no further hint
    Exercise("Exercise 1.1", judge_double, ("think", "add"), right).hint()  # in another kernel
    assert records.read_records() == {"Exercise 1.1": {"hints": 2}}
    hinted.check(wrong)
    assert records.read_records()["Exercise 1.1"]["hints"] == 2
    hinted.solution()
    hinted.check(right)
    entry = records.read_records()["Exercise 1.1"]
    assert (entry["hints"], entry["solution"], entry["state"], entry["attempts"]) == (2, True, "solved", 2)


def test_help_after_the_solving_is_none(hinted, path):
    hinted.check(right)
    before = path.read_bytes()
    hinted.hint()
    hinted.solution()
    assert path.read_bytes() == before


def test_help_that_cannot_be_recorded_costs_one_warning(hinted, path, recwarn):
    path.mkdir()
    hinted.hint()
    hinted.solution()
    (warning,) = recwarn
    assert "your progress is not recorded" in str(warning.message) and warning.filename == __file__


WRITER = """
import sys, time
from aeutils.exercises.records import record, record_help
while time.time() < float(sys.argv[2]): pass
for i in range(40):
    record(f"Exercise {sys.argv[1]}.{i % 4}", False)
    record("shared", False)
    record_help(f"help {sys.argv[1]}", hints=i + 1)
"""


def test_kernels_that_write_at_the_same_time_lose_nothing(path):
    start = time.time() + 1.0
    command = [sys.executable, "-W", "error", "-c", WRITER]
    writers = [
        subprocess.Popen([*command, str(number), str(start)], cwd=ROOT, stderr=subprocess.PIPE)
        for number in range(3)
    ]
    for writer in writers:
        _, said = writer.communicate(timeout=600)
        assert (writer.returncode, said) == (0, b"")
    found = records.read_records()
    assert [found.pop(f"help {number}") for number in range(3)] == [{"hints": 40}] * 3
    checks = {name: entry["checks"] for name, entry in found.items()}
    assert checks.pop("shared") == 3 * 40
    assert checks == {f"Exercise {number}.{i}": 10 for number in range(3) for i in range(4)}


def test_a_lock_that_is_never_released_costs_a_warning(double, path, monkeypatch):
    monkeypatch.setattr(records, "PATIENCE", 0.05)
    double.check(wrong)
    with records._locked(path), pytest.warns(UserWarning, match="another kernel has kept"):
        assert double.check(right) == "correct"
    assert records.read_records()["Exercise 1.1"]["state"] == "not yet"


def test_where_files_have_no_locks_the_record_is_kept_all_the_same(double, monkeypatch):
    def refuse(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", refuse)
    double.check(right)
    assert records.read_records()["Exercise 1.1"]["state"] == "solved"


# --- Files that are damaged, or cannot be written

ENTRY = {"state": "not yet", "attempts": 1, "checks": 1, "last": "2026-01-02T03:04:05+00:00"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b"null",
        b'{"exercises": []}',
        b"[" * 100_000,
        *(
            json.dumps({"exercises": {"Exercise 1.1": ENTRY | change}}).encode()
            for change in (
                {"state": "perfect"},
                {"state": "solved"},  # and no time
                {"solved": ENTRY["last"]},  # and not solved
                {"attempts": 0},
                {"checks": "3"},
                {"last": "yesterday"},
                {"last": None},
                {"hints": "2"},
                {"hints": -1},
                {"solution": "yes"},
            )
        ),
    ],
)
def test_a_damaged_file_is_set_aside(double, path, content, capsys):
    path.write_bytes(content)
    assert double.check(right) == "correct"
    verdict, line = capsys.readouterr().out.splitlines()
    assert verdict.startswith("✓") and line.startswith(f"{path} could not be understood")
    assert "aeutils-progress.json.damaged-1," in line
    assert path.with_name(f"{path.name}.damaged-1").read_bytes() == content
    assert records.read_records()["Exercise 1.1"]["attempts"] == 1
    path.write_bytes(content)  # and another time: the first stays as it is
    path.with_name(f"{path.name}.damaged-1").write_text("the first")
    assert records.read_records() == {}
    assert path.with_name(f"{path.name}.damaged-2").read_bytes() == content
    assert path.with_name(f"{path.name}.damaged-1").read_text() == "the first"


@pytest.mark.parametrize("entry", [ENTRY, ENTRY | {"hints": 2, "solution": True}, {"hints": 1}])
def test_a_whole_entry_is_not_damaged(path, entry):
    path.write_text(json.dumps({"exercises": {"Exercise 1.1": entry}}))
    assert records.read_records() == {"Exercise 1.1": entry}


@pytest.mark.parametrize("below", ["", "folder/below"])
def test_a_folder_that_cannot_be_written_costs_one_warning(double, path, below, monkeypatch, recwarn):
    path.write_text("a file where the folder should be")
    monkeypatch.setenv("AEUTILS_PROGRESS_FILE", str(path / below / "file.json"))
    assert [double.check(wrong), double.check(right)] == ["not yet", "correct"]
    (warning,) = recwarn
    assert "your progress is not recorded" in str(warning.message)
    assert "AEUTILS_PROGRESS_FILE" in str(warning.message)
    assert warning.filename == __file__  # the reader's cell
    assert path.read_text() == "a file where the folder should be"


def test_a_file_that_cannot_be_read_is_not_replaced(double, path, recwarn):
    path.mkdir()
    assert double.check(right) == "correct"
    assert records.read_records() == {}
    assert len(recwarn) == 2 and path.is_dir() and list(path.iterdir()) == []


def test_an_error_while_writing_leaves_the_old_file(double, path, monkeypatch, recwarn):
    double.check(wrong)
    before = path.read_bytes()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    assert double.check(right) == "correct"
    assert path.read_bytes() == before and len(recwarn) == 1


# --- Where it is


def test_the_variable_names_the_file(monkeypatch, tmp_path):
    monkeypatch.setenv("AEUTILS_PROGRESS_FILE", "~/mine.json")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert records.records_path() == (tmp_path / "mine.json").resolve()


@pytest.fixture
def unnamed(monkeypatch, tmp_path):
    """No variable, and a package that stands where pip puts it."""
    monkeypatch.delenv("AEUTILS_PROGRESS_FILE")
    monkeypatch.setattr(records, "PACKAGE", tmp_path / "site" / "aeutils")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    (tmp_path / "site").mkdir()
    return tmp_path


def test_in_a_clone_it_is_in_the_root(monkeypatch):
    monkeypatch.delenv("AEUTILS_PROGRESS_FILE")
    assert records.records_path() == ROOT / "aeutils-progress.json"


def test_git_ignores_it():
    names = ["aeutils-progress.json", "aeutils-progress.json.damaged-1", ".aeutils-progress.json.lock"]
    command = ["git", "check-ignore", "--no-index", *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if "not a git repository" in done.stderr:
        pytest.skip("this copy of the book is no clone")
    assert done.stdout.split() == names


@pytest.mark.parametrize("lonely", ["pyproject.toml", "_toc.yml"])
def test_another_project_s_folder_is_no_clone(unnamed, lonely):
    (unnamed / "site" / lonely).touch()
    assert records.records_path().parent == unnamed / "home" / ".local" / "share" / "aeutils"


def test_in_colab_it_is_where_the_file_browser_looks(unnamed, monkeypatch):
    content = unnamed / "content"
    content.mkdir()
    monkeypatch.setattr(records, "COLAB", content)
    assert "home" in records.records_path().parts
    monkeypatch.setitem(sys.modules, "google.colab", sys)
    assert records.records_path() == content / "aeutils-progress.json"


@pytest.mark.parametrize(
    ("platform", "variable", "folder"),
    [
        ("linux", "XDG_DATA_HOME", "elsewhere/aeutils"),
        ("darwin", None, "home/Library/Application Support/aeutils"),
        ("win32", "LOCALAPPDATA", "elsewhere/aeutils"),
    ],
)
def test_an_installed_package_uses_the_data_folder(unnamed, monkeypatch, platform, variable, folder):
    monkeypatch.setattr(sys, "platform", platform)
    if variable:
        monkeypatch.setenv(variable, str(unnamed / "elsewhere"))
    assert records.records_path() == unnamed / folder / "aeutils-progress.json"


# --- The page


def test_the_page_before_anything_is_solved(monkeypatch, path):
    data = page(monkeypatch)
    chapters = overview.all_exercises()
    names = [exercise.name for _, _, exercises in chapters for exercise in exercises]
    assert [number for number, _, _ in chapters] == list(range(1, len(chapters) + 1)) and len(names) >= 21
    for name in names:
        *_, state, attempts, taken, when = cells(data, name.removeprefix("Exercise "))
        assert (state, attempts, taken, when) == ("○ not attempted", "", "–", "")
    for text in data.values():
        assert f"0 of {len(names)} solved" in text
        assert date.today().isoformat() in text.replace("\\", "")
        assert f"aeutils {aeutils.__version__}" in text.replace("\\", "")
    assert not path.exists()


def test_the_page_shows_what_was_checked(monkeypatch, capsys):
    chapter01.count_parameters.check(lambda sizes: 0)
    chapter01.count_parameters.check(solution(chapter01.count_parameters))
    chapter01.code_share.check(lambda image, code: 0.0)
    chapter01.build_halves.check(...)
    data, today = page(monkeypatch), date.today().isoformat()
    asked = [chapter01.count_parameters.asks, chapter01.build_halves.asks, chapter01.code_share.asks]
    title = "1 The encoder and the decoder"
    assert cells(data, "1.1") == [title, "1.1", asked[0], "✓ solved", "2", "–", today]
    assert cells(data, "1.2") == ["", "1.2", asked[1], "○ not attempted", "", "–", ""]
    assert cells(data, "1.3") == ["", "1.3", asked[2], "✗ not yet", "1", "–", today]
    n = len([line for line in data["text/plain"].splitlines() if "○" in line]) + 2
    assert cells(data, f"**{n}**") == ["**total**", f"**{n}**", "", f"**1 of {n} solved**", "**3**", "", ""]


def test_the_page_shows_what_help_was_taken_before_the_solving(monkeypatch, capsys):
    exercises = chapter01.count_parameters, chapter01.build_halves, chapter01.code_share
    for exercise, hints in zip(exercises, (1, 3, 2), strict=True):
        monkeypatch.setattr(exercise, "_hints_given", 0)
        for _ in range(hints):
            exercise.hint()
    chapter01.build_halves.solution()
    data = page(monkeypatch)
    taken = [cells(data, number)[3:6] for number in ("1.1", "1.2", "1.3")]
    assert taken == [["○ not attempted", "", help] for help in ("1 hint", "solution", "2 hints")]
    chapter01.code_share.check(solution(chapter01.code_share))
    assert cells(page(monkeypatch), "1.3")[3:6] == ["✓ solved", "1", "2 hints"]


OF_CHAPTER_2 = sum(isinstance(value, Exercise) for value in vars(chapter02).values())


def test_one_chapter_alone(monkeypatch, capsys):
    chapter01.code_share.check(lambda image, code: 0.0)
    data = page(monkeypatch, chapter=1)
    assert cells(data, "1.3")[3] == "✗ not yet"
    assert "0 of 3 solved" in data["text/plain"] and "2.1" not in data["text/plain"]
    assert "**1**" not in [cell for cell in cells(page(monkeypatch, chapter=2), f"**{OF_CHAPTER_2}**")]
    for wrong in (0, 99, "1"):
        with pytest.raises(ValueError, match=rf"from 1 to \d+, got {wrong!r}: write progress\(chapter=5\)"):
            progress(chapter=wrong)


@pytest.mark.parametrize(
    ("path", "here", "home", "written"),
    [
        ("book/p.json", "book", "other", "p.json"),
        ("home/book/p.json", "home/book/chapters", "home", "~/book/p.json"),
        ("book/p.json", "book/chapters", "other", "../p.json"),
    ],
)
def test_the_file_is_written_from_here_or_from_home(tmp_path, monkeypatch, path, here, home, written):
    for folder in (here, home):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(tmp_path / here)
    monkeypatch.setenv("HOME", str(tmp_path / home))
    assert overview._short((tmp_path / path).resolve()) == written


def test_a_file_that_shares_no_folder_with_here_is_written_whole(tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    far = Path("/elsewhere/p.json")
    monkeypatch.setattr(overview.Path, "cwd", lambda: tmp_path)
    assert overview._short(far) == "/elsewhere/p.json"


def test_the_date_is_that_of_the_solution(monkeypatch, path):
    times = {"last": "2026-03-09T10:00:00+00:00", "solved": "2026-02-08T10:00:00+00:00"}
    path.write_text(json.dumps({"exercises": {"Exercise 1.1": ENTRY | {"state": "solved"} | times}}))
    assert cells(page(monkeypatch), "1.1")[-1] == "2026-02-08"


def test_a_name_stands_at_the_head(monkeypatch):
    data = page(monkeypatch, name="Ada <b>|*Lovelace*\n# x")
    assert data["text/plain"].splitlines()[1] == "Ada <b>|*Lovelace* # x"
    head = data["text/markdown"].split("\n\n")
    assert head[1] == r"Ada \<b\>\|\*Lovelace\* \# x" and head[2].replace("\\", "").startswith("20")


def test_a_name_must_be_a_text():
    with pytest.raises(TypeError, match=r"name must be a text, got 3: write progress\(name='Ada'\)"):
        progress(name=3)


def test_without_a_notebook_the_page_is_plain_text(capsys):
    progress(name="Ada")
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["Autoencoders, measured: exercises", "Ada"]
    assert max(len(line) for line in lines[4:]) <= 134
    assert not any("**" in line or "|" in line for line in lines)


def test_titles_are_those_of_the_chapters():
    for number, title, _ in overview.all_exercises():
        (chapter,) = ROOT.glob(f"chapters/{number:02}_*.ipynb")
        assert f'"# {title}' in chapter.read_text("utf-8")


def test_importing_the_exercises_stays_light():
    code = (
        "import sys; from aeutils.exercises import progress; import aeutils.exercises as e; "
        "assert e.progress is progress; "
        "print([n for n in sys.modules if n.split('.')[0] in ('keras', 'tensorflow', 'jax', 'torch', "
        "'matplotlib', 'sklearn') or n.startswith('aeutils.exercises.chapter')])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_in_a_notebook_a_bundle_is_displayed(monkeypatch):
    calls = []
    monkeypatch.setattr(shown, "get_ipython", lambda: "a shell")
    monkeypatch.setattr(shown, "display", lambda data, **how: calls.append((data, how)))
    bundle = shown.picture(lambda figure: figure.subplots().plot([1, 2]), "a line that rises")
    shown.show(**bundle)
    assert calls == [(bundle["data"], {"metadata": bundle["metadata"], "raw": True})]
