"""What the workflows call besides: the look for a GPU, the audit, the check of a release, the link check."""

import json
import shutil
import subprocess
import sys
from types import SimpleNamespace

import aeutils
import pytest

from maintain import audit, check_gpu, check_release
from tests import ROOT
from web.extensions import link_targets

TAG = f"v{aeutils.__version__}"


# --- check_gpu


def test_a_convolution_is_computed_and_its_place_is_told():
    place = check_gpu.where()
    assert place and "/" not in place
    assert not check_gpu.ON_GPU.search("CPU:0") and not check_gpu.ON_GPU.search("cpu")
    assert all(check_gpu.ON_GPU.search(name) for name in ("GPU:0", "cuda:0", "mps:0"))


@pytest.fixture
def gpu(monkeypatch):
    """Call check_gpu on a machine that computes in `place`, with or without a driver."""

    def call(place, driver=True, backend="jax"):
        def where():
            if isinstance(place, Exception):
                raise place
            return place

        monkeypatch.setenv("KERAS_BACKEND", backend)
        monkeypatch.setattr(check_gpu, "where", where)
        about = {"device": "NVIDIA T4", "versions": {"keras": "3"}}
        monkeypatch.setattr(check_gpu, "environment", lambda: about)
        monkeypatch.setattr(check_gpu.shutil, "which", lambda name: f"/usr/bin/{name}" if driver else None)
        monkeypatch.setattr(sys, "argv", ["check_gpu.py"])
        return check_gpu.main()

    return call


def test_a_gpu_is_named(gpu, capsys):
    assert gpu("cuda:0") == 0
    assert capsys.readouterr().out == "Keras computes on NVIDIA T4 (cuda:0; keras 3)\n"


@pytest.mark.parametrize(
    ("backend", "build"),
    [("tensorflow", '"tensorflow[and-cuda]"'), ("jax", '"jax[cuda12]"'), ("torch", '"torch"')],
)
def test_without_a_gpu_the_build_to_install_is_named(gpu, backend, build):
    with pytest.raises(SystemExit, match=f"no GPU under {backend}, it computes on CPU:0") as stopped:
        gpu("CPU:0", backend=backend)
    assert f"make cuda BACKEND={backend}" in str(stopped.value) and build in str(stopped.value)


def test_without_a_driver_no_build_would_help(gpu):
    with pytest.raises(SystemExit, match="its driver is not installed") as stopped:
        gpu("cpu", driver=False)
    assert "make cuda" not in str(stopped.value)


def test_a_gpu_that_cannot_compute_is_none(gpu):
    with pytest.raises(SystemExit, match="cannot compute under jax: no cuDNN"):
        gpu(RuntimeError("no cuDNN"))


def test_a_wrong_result_is_noticed(monkeypatch):
    from keras import ops

    monkeypatch.setattr(ops, "conv", lambda *_, **__: ops.zeros((1, 6, 6, 4)))
    with pytest.raises(ArithmeticError, match="18 everywhere, got 0.0"):
        check_gpu.where()


@pytest.mark.parametrize("fails", [False, True])
def test_one_build_of_tensorflow_takes_the_place_of_the_other(monkeypatch, fails, capsys):
    asked = []

    def run(command, check):
        asked.append([word for word in command[4:] if word != "--quiet"])
        return SimpleNamespace(returncode=int(fails and command[4] == "install" and len(asked) == 2))

    monkeypatch.setattr(check_gpu.subprocess, "run", run)
    monkeypatch.setattr(check_gpu, "installed", lambda backend: [("tensorflow-cpu", "2.21.0")])
    if fails:
        with pytest.raises(SystemExit, match="tensorflow is as it was"):
            check_gpu.install("tensorflow")
    else:
        check_gpu.install("tensorflow")
    expected = [["uninstall", "--yes", "tensorflow-cpu"], ["install", "tensorflow[and-cuda]==2.21.0"]]
    assert asked == expected + ([["install", "tensorflow-cpu==2.21.0"]] if fails else [])


def test_another_backend_is_told(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "theano")
    with pytest.raises(SystemExit, match="must be one of tensorflow, jax, torch, got 'theano'"):
        check_gpu.main()


# --- audit

CLEAN = {"name": "numpy", "version": "2.4.6", "vulns": []}
KNOWN = {"name": "six", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1", "1.2"]}]}
UNKNOWN = {"name": "tqdm", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("report", "status", "lines"),
    [
        ([CLEAN], 0, ["1 of 1 pinned packages were audited: 0 vulnerabilities"]),
        (
            [CLEAN, KNOWN],
            1,
            ["six 1.0: PYSEC-1, fixed in 1.1, 1.2", "2 of 2 pinned packages were audited: 1 vulnerabilities"],
        ),
        (
            [CLEAN, UNKNOWN],
            2,
            [
                "1 of 2 pinned packages were audited: 0 vulnerabilities",
                "the index has no advisories for tqdm",
            ],
        ),
        ([UNKNOWN], 2, ["nothing was audited: the package index that pip uses here has no advisories"]),
        ([], 2, ["nothing was audited: the package index that pip uses here has no advisories"]),
    ],
)
def test_an_audit_passes_only_if_everything_was_looked_at(monkeypatch, capsys, report, status, lines):
    printed = json.dumps({"dependencies": report})
    monkeypatch.setattr(audit.subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=printed, stderr=""))
    assert audit.main() == status
    assert capsys.readouterr().out.splitlines() == lines


def test_an_audit_that_did_not_run_is_told(monkeypatch, capsys):
    ended = SimpleNamespace(stdout="", stderr="no network\n")
    monkeypatch.setattr(audit.subprocess, "run", lambda *_, **__: ended)
    assert audit.main() == 2
    assert capsys.readouterr().out == "nothing was audited, pip-audit ended with:\nno network\n"


# --- check_release


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A copy of what names the release."""
    copy = tmp_path_factory.mktemp("release")
    for name in ("_config.yml", "CITATION.cff", "README.md", "aeutils/__init__.py"):
        (copy / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    shutil.copytree(ROOT / "chapters", copy / "chapters")
    return copy


def test_the_files_are_those_of_one_release():
    assert check_release.problems(ROOT) == [] and check_release.problems(ROOT, TAG) == []
    assert check_release.problems(ROOT, "v9.9.9") == [f"the tag is v9.9.9, the version {aeutils.__version__}"]


@pytest.mark.parametrize(
    ("name", "old", "new", "place"),
    [
        ("_config.yml", f"branch: {TAG}", "branch: main", "_config.yml names main"),
        ("CITATION.cff", f"version: {TAG[1:]}", "version: 0.0.9", "CITATION.cff names v0.0.9"),
        ("README.md", f"@{TAG}", "@v0.0.9", "README.md names v0.0.9"),
        ("README.md", f"@{TAG}", "", "README.md names no tag"),
        ("chapters/03_*.ipynb", f"@{TAG}", "@v0.0.9", "the setup cell of 03_training.ipynb names v0.0.9"),
        (
            "chapters/03_*.ipynb",
            f"/blob/{TAG}/",
            "/blob/main/",
            "the Colab link of 03_training.ipynb names main",
        ),
    ],
)
def test_one_that_names_another_release_is_noticed(files, name, old, new, place):
    (path,) = files.glob(name)
    kept = path.read_text("utf-8")
    assert old in kept
    path.write_text(kept.replace(old, new), "utf-8")
    try:
        (found,) = check_release.problems(files)
    finally:
        path.write_text(kept, "utf-8")
    assert found.startswith(place)
    assert check_release.problems(files) == []


def test_dist_stops_at_a_tag_that_does_not_fit():
    """Without its first step, which needs an environment: the check comes before anything is built."""
    recipe = subprocess.run(["make", "-n", "dist", "TAG=v9"], cwd=ROOT, capture_output=True, text=True)
    steps = [line for line in recipe.stdout.splitlines() if "check_release" in line or "site" in line]
    assert "maintain.check_release v9" in steps[0]
    command = [sys.executable, "-m", "maintain.check_release", "v9"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout.startswith("not a release: the tag is v9, ")


# --- link_targets


@pytest.mark.parametrize(
    ("link", "asked"),
    [
        ("https://doi.org/10.1109/5.726791", "https://doi.org/api/handles/10.1109/5.726791"),
        (
            f"https://colab.research.google.com/github/a/b/blob/{TAG}/chapters/01.ipynb",
            f"https://github.com/a/b/blob/{TAG}/chapters/01.ipynb",
        ),
        ("https://keras.io/guides/", None),
        ("https://example.org/?to=https://doi.org/10.1/2", None),
    ],
)
def test_a_link_is_asked_for_where_the_answer_says_something(link, asked):
    assert link_targets.address_to_ask(None, link) == asked
