"""The workflows of GitHub Actions: least permissions, pinned actions, the Makefile's own commands.

Each rule is tried on the workflows as they are, and on copies that break it.
"""

from fnmatch import fnmatchcase
import json
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys

import aeutils
from aeutils import provenance
import nbformat
import pytest
import yaml

from tests import ROOT

FOLDER = ROOT / ".github" / "workflows"
NAMES = sorted(path.name for path in FOLDER.iterdir())
TAG = f"v{aeutils.__version__}"
TARGETS = set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text("utf-8")))

PINNED = re.compile(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
MAKE = re.compile(r"make ([a-z]+)(?: [A-Z]+=[\w.]+)*")
ROOM = re.compile(r"sudo rm -rf(?: /[\w/]+)+")  # what a runner of GitHub's has and no job here needs
BY_STRANGERS = {"pull_request", "pull_request_target", "workflow_run", "issues", "issue_comment", "fork"}

each_workflow = pytest.mark.parametrize("name", NAMES)


def text(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


def parsed(source: str) -> dict:
    """Return a workflow with its triggers, which YAML 1.1 takes for a truth value, under "on"."""
    workflow = yaml.safe_load(source)
    triggers = workflow.pop(True)
    workflow["on"] = triggers if isinstance(triggers, dict) else dict.fromkeys(triggers)
    return workflow


def pythons() -> list[str]:
    """Return the Pythons that the book supports: pyproject.toml has the oldest, the tool both ends."""
    bounds = re.search(
        r"OLDEST, NEWEST = \((.*?)\), \((.*?)\)", (ROOT / "maintain" / "check_python.py").read_text("utf-8")
    )
    (major, oldest), (_, newest) = ([int(part) for part in bound.split(", ")] for bound in bounds.groups())
    assert f'requires-python = ">={major}.{oldest}"' in (ROOT / "pyproject.toml").read_text("utf-8")
    return [f"{major}.{minor}" for minor in range(oldest, newest + 1)]


def steps_with(job: dict, action: str) -> list[dict]:
    return [step for step in job["steps"] if step.get("uses", "").startswith(f"{action}@")]


def writes(job: dict) -> bool:
    """Whether a job may change anything, or has a secret in its hands."""
    permissions = job.get("permissions", {})
    granted = permissions.values() if isinstance(permissions, dict) else [permissions]
    return any("write" in one for one in granted) or bool(
        re.search(r"\bsecrets\.|github\.token", json.dumps(job))
    )


# --- The rules: each gives what breaks it, in words


def unpinned(source: str, workflow: dict) -> list[str]:
    used = re.findall(r"(?m)^\s*(?:- )?uses:\s*(.*?)\s*$", source)
    return [f"not pinned by a hash with its version: {one}" for one in used if not PINNED.fullmatch(one)]


def permissions_too_wide(source: str, workflow: dict) -> list[str]:
    found = []
    if workflow.get("permissions") not in ({}, {"contents": "read"}):
        found.append("the workflow's own permissions are more than to read the files")
    for name, job in workflow["jobs"].items():
        if not isinstance(job.get("permissions", {}), dict):
            found.append(f"{name}: permissions must be named one by one")
        checkouts = steps_with(job, "actions/checkout")
        if any(step.get("with", {}).get("persist-credentials") is not False for step in checkouts):
            found.append(f"{name}: the checkout leaves its token behind")
    return found


def foreign_code_near_a_token(source: str, workflow: dict) -> list[str]:
    found = [f"triggered by {one}" for one in BY_STRANGERS - {"pull_request"} if one in workflow["on"]]
    for name, job in workflow["jobs"].items():
        if not writes(job):
            continue
        if "pull_request" in workflow["on"]:
            found.append(f"{name}: may write, and runs for pull requests")
        commands = "\n".join(step.get("run", "") for step in job["steps"])
        if steps_with(job, "actions/checkout") or re.search(r"\b(make|pip|python3?|npm)\b", commands):
            found.append(f"{name}: may write, and runs code of the repository")
        actions = [step["uses"] for step in job["steps"] if "uses" in step]
        found += [f"{name}: may write, and uses {one}" for one in actions if not one.startswith("actions/")]
    return found


def commands_of_its_own(source: str, workflow: dict) -> list[str]:
    found = []
    for name, job in workflow["jobs"].items():
        for command in [step["run"] for step in job["steps"] if "run" in step]:
            if "${{" in command:
                found.append(f"{name}: a value is pasted into a command, hand it over in `env`")
            if writes(job):
                continue
            for line in command.strip().splitlines():
                made = MAKE.fullmatch(line)
                if not (made and made[1] in TARGETS or ROOM.fullmatch(line)):
                    found.append(f"{name}: not a command of the Makefile: {line}")
    return found


def other_pythons(source: str, workflow: dict) -> list[str]:
    found = []
    for name, job in workflow["jobs"].items():
        matrix = job.get("strategy", {}).get("matrix", {})
        if "python" in matrix and matrix["python"] != pythons():
            found.append(f"{name}: Python {matrix['python']}, and the book supports {pythons()}")
        for step in steps_with(job, "actions/setup-python"):
            version = step["with"]["python-version"]
            if version not in [*pythons(), "${{ matrix.python }}"]:
                found.append(f"{name}: Python {version!r} is none that the book supports")
    return found


def machine_of_ours_unguarded(source: str, workflow: dict) -> list[str]:
    found = []
    for name, job in workflow["jobs"].items():
        if "self-hosted" not in job["runs-on"]:
            continue
        if not job.get("environment"):
            found.append(f"{name}: no environment")
        if set(workflow["on"]) - {"schedule", "push", "workflow_dispatch"}:
            found.append(f"{name}: started by {sorted(workflow['on'])}")
        if set(workflow["on"].get("push") or {"tags": []}) != {"tags"}:
            found.append(f"{name}: started by a push of something else than a tag")
        commands = [step["run"] for step in job["steps"] if "run" in step]
        if commands[-2:] != ["make gpu", "make full"]:
            found.append(f"{name}: nothing has seen the GPU just before the notebooks")
        if workflow.get("concurrency", {}).get("cancel-in-progress") is not False:
            found.append(f"{name}: two runs may share the card")
    return found


def tags_that_no_release_has(source: str, workflow: dict) -> list[str]:
    patterns = (workflow["on"].get("push") or {}).get("tags", [])
    return [f"{one} does not fit {TAG}" for one in patterns if not fnmatchcase(TAG, one)] + [
        f"{one} fits any name" for one in patterns if fnmatchcase("vacation", one)
    ]


def without_end(source: str, workflow: dict) -> list[str]:
    endless = [name for name, job in workflow["jobs"].items() if "timeout-minutes" not in job]
    return [f"{name}: no limit of time" for name in endless]


RULES = [
    unpinned,
    permissions_too_wide,
    foreign_code_near_a_token,
    commands_of_its_own,
    other_pythons,
    machine_of_ours_unguarded,
    tags_that_no_release_has,
    without_end,
]


@each_workflow
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_each_rule_holds(name, rule):
    assert rule(text(name), parsed(text(name))) == []


READ = "permissions:\n  contents: read\n"
CHECKOUT = "      - uses: actions/checkout@v7\n      - uses: actions/download-artifact"


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("tests.yml", "@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7", "not pinned"),
        ("tests.yml", " # v7.0.1", "", "not pinned"),
        ("tests.yml", "  contents: read", "  contents: write", "more than to read"),
        ("tests.yml", READ, "", "more than to read"),
        ("tests.yml", READ, "permissions: write-all\n", "more than to read"),
        (
            "pages.yml",
            "    permissions:\n      pages: write",
            "    permissions: read-all\n    x:\n      y:",
            "one by one",
        ),
        ("tests.yml", "persist-credentials: false", "fetch-depth: 0", "leaves its token"),
        ("tests.yml", "  pull_request:", "  pull_request_target:", "by pull_request_target"),
        ("weekly.yml", "  workflow_dispatch:", "  pull_request:", "report: may write, and runs for pull"),
        (
            "tests.yml",
            "- run: make test",
            "- run: make test\n        env: {T: '${{ secrets.T }}'}",
            "and runs for pull",
        ),
        (
            "release.yml",
            "      - uses: actions/download-artifact",
            CHECKOUT,
            "publish: may write, and runs code",
        ),
        (
            "weekly.yml",
            "failed=$(sed",
            "make links\n          failed=$(sed",
            "report: may write, and runs code",
        ),
        (
            "pages.yml",
            "uses: actions/deploy-pages",
            "uses: someone/deploy-pages",
            "uses someone/deploy-pages",
        ),
        ("tests.yml", "make test", "make tests", "not a command of the Makefile: make tests"),
        ("tests.yml", "make test", "pytest tests", "not a command of the Makefile: pytest tests"),
        ("tests.yml", "make test", "make book && curl x | sh", "not a command of the Makefile"),
        ("gpu.yml", "make full", "make full CHAPTER=${{ inputs.chapter }}", "pasted into a command"),
        ("tests.yml", '"3.12", ', "", "the book supports"),
        ("audit.yml", '"3.12"', '"3.14"', "none that the book supports"),
        ("audit.yml", '"3.12"', "3.12", "none that the book supports"),
        ("gpu.yml", "    environment: gpu\n", "", "no environment"),
        ("gpu.yml", "  workflow_dispatch:", "  pull_request:\n  workflow_dispatch:", "started by"),
        ("gpu.yml", '    tags: ["v[0-9]*"]', "    branches: [main]", "something else than a tag"),
        ("gpu.yml", "      - run: make gpu\n", "", "nothing has seen the GPU"),
        ("gpu.yml", "cancel-in-progress: false", "cancel-in-progress: true", "share the card"),
        ("release.yml", "v[0-9]*", "[0-9]*", "does not fit v"),
        ("release.yml", "v[0-9]*", "v*", "fits any name"),
        ("audit.yml", "    timeout-minutes: 20\n", "", "no limit of time"),
    ],
)
def test_what_breaks_a_rule_is_noticed(name, old, new, said):
    assert old in text(name)
    broken = text(name).replace(old, new)
    found = [problem for rule in RULES for problem in rule(broken, parsed(broken))]
    assert any(said in problem for problem in found), found


# --- All of them together


def commands() -> dict[str, list[str]]:
    """Return the commands of the Makefile that each workflow calls, in order."""
    found = {}
    for name in NAMES:
        steps = [step for job in parsed(text(name))["jobs"].values() for step in job["steps"]]
        made = [MAKE.fullmatch(line) for step in steps for line in step.get("run", "").splitlines()]
        found[name] = [one[1] for one in made if one]
    return found


def test_an_action_has_one_version():
    used = set(re.findall(r"uses: (\S+)@(\w+) # (\S+)", "\n".join(map(text, NAMES))))
    assert len({action for action, *_ in used}) == len(used)


def test_every_system_is_tried_under_every_python():
    jobs = parsed(text("tests.yml"))["jobs"]
    tried = set()
    for job in jobs.values():
        matrix = job.get("strategy", {}).get("matrix", {})
        for system in matrix.get("system", [job["runs-on"]]):
            tried |= {(system.removesuffix("-latest"), python) for python in matrix.get("python", [])}
    assert tried == {(s, python) for s in ("ubuntu", "macos", "windows") for python in pythons()}


def test_a_release_is_tested_before_it_is_made():
    assert commands()["release.yml"] == ["test", "dist"]
    jobs = parsed(text("release.yml"))["jobs"]
    assert [job["needs"] for job in jobs.values() if writes(job)] == ["build"]
    assert jobs["build"]["env"]["TAG"] == "${{ github.ref_name }}"  # what `make dist` compares


def test_what_changes_without_us_is_looked_at_every_week():
    weekly = parsed(text("weekly.yml"))
    assert set(weekly["on"]) == {"schedule", "workflow_dispatch"}
    targets = ["newest", "torch", "unit", "notebooks", "image", "colab", "links", "audit"]
    assert commands()["weekly.yml"] == targets
    assert set(weekly["jobs"]["report"]["needs"]) == set(weekly["jobs"]) - {"report"}
    assert "schedule" in parsed(text("gpu.yml"))["on"]


def test_dependabot_keeps_actions_and_pins():
    updates = yaml.safe_load((FOLDER.parent / "dependabot.yml").read_text("utf-8"))["updates"]
    assert {one["package-ecosystem"] for one in updates} == {"github-actions", "uv"}
    # It works requirements.txt out with these options only if the file names them.
    header = (ROOT / "requirements.txt").read_text("utf-8").partition("\n\n")[0].split("\n    ")[0]
    options = re.search(r"(?m)^COMPILE := (.*)", (ROOT / "Makefile").read_text("utf-8"))[1]
    assert f"make requirements, which is: uv pip compile {options}\n" in header
    assert "--universal" in options and f"--python-version {pythons()[0]}" in options


def test_the_chapters_versions_wait_for_a_run():
    updates = yaml.safe_load((FOLDER.parent / "dependabot.yml").read_text("utf-8"))["updates"]
    (ignored,) = [one["ignore"] for one in updates if one["package-ecosystem"] == "uv"]
    notebooks = [nbformat.read(path, as_version=4) for path in ROOT.glob("chapters/*.ipynb")]
    imported = {name for notebook in notebooks for name in provenance.packages(notebook)}
    names = {"keras", "numpy", "tensorflow", "tensorflow-cpu", *provenance.distributions(imported).values()}
    assert [one["dependency-name"] for one in ignored] == sorted(names)
    for one in ignored:  # without the kinds, security updates would be ignored too
        assert sorted(one["update-types"]) == [
            f"version-update:semver-{kind}" for kind in ("major", "minor", "patch")
        ]


# --- The report of the weekly checks, run with a `gh` that writes down what it is asked


@pytest.mark.skipif(os.name == "nt", reason="the script is for the runner's Linux")
@pytest.mark.parametrize(
    ("results", "open_issue", "expected"),
    [
        (["success", "success"], "", None),
        (["success", "failure"], "", "issue create --title The weekly checks found something --body"),
        (["cancelled", "failure"], "7", "issue comment 7 --body"),
        (["success", "success"], "7", "issue close 7 --comment"),
    ],
)
def test_the_weekly_report(tmp_path, results, open_issue, expected):
    (step,) = parsed(text("weekly.yml"))["jobs"]["report"]["steps"]
    gh = tmp_path / "gh"
    gh.write_text(
        f'#!/bin/sh\n[ "$2" = list ] && printf "%s" "{open_issue}" || echo "$@" >>"{tmp_path}/asked"\n'
    )
    gh.chmod(0o755)
    made = [line.partition("}} ")[2] for line in step["env"]["RESULTS"].splitlines()]
    lines = [f"{result} {command}" for result, command in zip(results, made, strict=False)]
    environment = {
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "TITLE": step["env"]["TITLE"],
        "RUN": "https://example.org/run",
        "RESULTS": "\n".join(lines),
    }
    subprocess.run(["bash", "-e", "-c", step["run"]], env=environment, check=True)
    asked = (tmp_path / "asked").read_text("utf-8") if expected else ""
    assert (tmp_path / "asked").exists() == bool(expected)
    assert asked.startswith(expected or "")
    for result, command in zip(results, made, strict=False):
        assert (f"- `{command}`" in asked) == (result != "success"), asked


# --- Linters. zizmor is pinned and here; actionlint once `make actionlint` has brought it


def program(name: str) -> str | None:
    return shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)


def zizmor(folder: Path) -> subprocess.CompletedProcess:
    command = [program("zizmor"), "--offline", "--quiet", "--no-config", "--no-exit-codes", "--format=json"]
    return subprocess.run([*command, str(folder)], capture_output=True, text=True, check=True)


def test_zizmor_finds_nothing():
    assert json.loads(zizmor(FOLDER.parent).stdout) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "finding"),
    [
        ("tests.yml", "persist-credentials: false", "fetch-depth: 0", "artipacked"),
        ("tests.yml", "- run: make test", "- run: echo ${{ github.head_ref }}", "template-injection"),
        ("weekly.yml", "      issues: write", "      issues: write\n      packages: x", None),
    ],
)
def test_zizmor_would_find_something(tmp_path, name, old, new, finding):
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    assert old in text(name)
    (folder / name).write_text(text(name).replace(old, new), "utf-8")
    if finding is None:  # not a workflow at all
        with pytest.raises(subprocess.CalledProcessError):
            zizmor(tmp_path)
    else:
        assert finding in {one["ident"] for one in json.loads(zizmor(tmp_path).stdout)}


def actionlint(*paths: Path) -> subprocess.CompletedProcess:
    if not program("actionlint"):
        pytest.skip("no actionlint here: make actionlint")
    settings = ["-config-file", str(FOLDER.parent / "actionlint.yaml"), "-shellcheck=", "-pyflakes="]
    return subprocess.run(
        [program("actionlint"), *settings, *map(str, paths)], capture_output=True, text=True
    )


def test_actionlint_finds_nothing():
    done = actionlint(*(FOLDER / name for name in NAMES))
    assert done.returncode == 0, done.stdout + done.stderr


def test_actionlint_would_find_something(tmp_path):
    broken = tmp_path / "tests.yml"
    broken.write_text(text("tests.yml").replace("${{ matrix.python }}", "${{ matrix.pyton }}"), "utf-8")
    assert "pyton" in actionlint(broken).stdout
