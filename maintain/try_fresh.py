"""Run chapters as a reader in Colab does: one notebook alone, in a fresh environment, from its first cell.

    python -m maintain.try_fresh [03 ...] [--environment lowest|newest|bounds|here]

tries every chapter, or those named, on the sample, in every environment or the one named, and says how many
minutes each environment took. Three are made anew, one after the other where none is named:

- `lowest` has TensorFlow, Keras, NumPy and the like at the lower bounds of pyproject.toml, without what
  else aeutils needs: the setup cell has to install that;
- `newest` has the same packages, as new as there are;
- `bounds` has everything that aeutils needs, at the lower bounds;
- `here` is the one of the Python that runs this script, such as that of Colab's own image (`make image`).

The setup cell installs aeutils from a copy of this repository that has the release's tag and the files as
they are now (those that git knows). It must not change the version of any package that was there.
"""

import argparse
from importlib.metadata import version
import json
import os
from pathlib import Path
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib

from packaging.requirements import Requirement

from maintain import ROOT
from maintain.runner import find, run

ENVIRONMENTS = ("lowest", "newest", "bounds")
LOADED = ("ipython", "keras", "matplotlib", "numpy", "pillow", "scikit-learn", "scipy", "tensorflow")
# What would let the maintainer's own packages, settings, data or networks into the run.
PRIVATE = re.compile(r"AEUTILS_|KERAS_|JUPYTER_|IPYTHON|PYTHON(PATH|HOME|STARTUP)|VIRTUAL_ENV|MPLBACKEND")


def main() -> int:
    """Try the chapters that the options name; return 1 if one failed."""
    parser = argparse.ArgumentParser(description="Run chapters in fresh environments.")
    parser.add_argument("chapters", nargs="*", help="such as 03 07; all if none is given")
    parser.add_argument("--environment", choices=[*ENVIRONMENTS, "here"], help="without: one after the other")
    options = parser.parse_args()
    try:
        chapters = find(*([] if "all" in options.chapters else options.chapters))
    except ValueError as problem:
        sys.exit(f"nothing was run: {problem}")
    succeeded, minutes = [], {}
    for environment in [options.environment] if options.environment else ENVIRONMENTS:
        start = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="try_fresh_") as name:
            folder = Path(name)
            python = isolate(folder, environment)
            if environment != "here":
                make_environment(folder, python, environment)
            os.environ["AEUTILS_SOURCE"] = make_source(folder / "source.git")
            before = versions(python)
            print(f"{environment}: {listed(loaded(before))}", flush=True)
            succeeded += [try_chapter(folder, python, before, chapter) for chapter in chapters]
        minutes[environment] = (time.perf_counter() - start) / 60
    print("minutes: " + ", ".join(f"{name} {taken:.1f}" for name, taken in minutes.items()))
    return 0 if all(succeeded) else 1


def requirements(project: dict, environment: str, machine: str) -> list[str]:
    """Return what an environment is made of; `project` is that table of pyproject.toml."""
    lines = [*project["dependencies"], *project["optional-dependencies"]["tensorflow"]]
    lines = [line for line in lines if environment == "bounds" or Requirement(line).name in LOADED]
    if machine == "Linux x86_64":  # half the download, and exists for this platform alone
        lines = [re.sub(r"^tensorflow\b", "tensorflow-cpu", line) for line in lines]
    return lines


def isolate(folder: Path, environment: str = "newest") -> Path:
    """Set this process's environment, which the kernel inherits; return what `python3` means in it."""
    for name in [name for name in os.environ if PRIVATE.match(name)]:
        del os.environ[name]
    made = folder / "environment" / ("Scripts" if os.name == "nt" else "bin") / "python"
    python = Path(sys.executable) if environment == "here" else made
    kernel = folder / "jupyter" / "kernels" / "python3" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    kernel.write_text(json.dumps(dict(argv=argv, display_name="fresh", language="python")), "utf-8")
    os.environ |= dict(AEUTILS_DATA="sample", AEUTILS_PROGRESS="off", PYTHONNOUSERSITE="1")
    os.environ["JUPYTER_PATH"] = str(folder / "jupyter")
    for name in ("AEUTILS_CACHE", "IPYTHONDIR", "KERAS_HOME", "MPLCONFIGDIR"):
        os.environ[name] = str(folder / name.lower())
    return python


def make_environment(folder: Path, python: Path, environment: str) -> None:
    """Make a virtual environment in `folder`, with the versions that its name stands for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = requirements(project, environment, f"{platform.system()} {platform.machine()}")
    if environment == "newest":
        wanted += ["ipykernel", "pip"]
    else:  # without a version, the kernel would be the oldest there is
        wanted += ["--resolution=lowest-direct", f"ipykernel=={version('ipykernel')}"]
    subprocess.run([sys.executable, "-m", "venv", folder / "environment"], check=True)
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--upgrade", "--only-binary=:all:"]
    done = subprocess.run([*install, "--python", python, *wanted], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{environment}: {done.stderr}")


def make_source(repository: Path) -> str:
    """Make a repository with the release's tag at the files as they are; return its address for pip."""
    tag = "v" + re.search(r'__version__ = "(.*)"', (ROOT / "aeutils" / "__init__.py").read_text("utf-8"))[1]
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", repository], check=True)
    # Without it `stash create` fails, and says nothing, where a file was written anew as it was before.
    subprocess.run(["git", "update-index", "-q", "--refresh"], cwd=ROOT, check=True)
    create = subprocess.run(["git", "stash", "create"], cwd=ROOT, check=True, capture_output=True, text=True)
    commit = create.stdout.strip() or "HEAD"  # empty where nothing differs from HEAD
    targets = [f"{commit}:refs/{name}" for name in ("heads/main", f"tags/{tag}")]  # pip needs a branch too
    subprocess.run(["git", "push", "--quiet", "--no-verify", repository, *targets], cwd=ROOT, check=True)
    return f"git+{repository.as_uri()}@{tag}"


def versions(python: Path) -> dict[str, str]:
    """Return the version of each package that is installed for a Python."""
    command = [python, "-m", "pip", "list", "--format=json"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return {package["name"]: package["version"] for package in json.loads(done.stdout)}


def loaded(packages: dict[str, str]) -> dict[str, str]:
    """Return those of the packages that Colab has loaded before a notebook's first cell."""
    return {k: v for k, v in packages.items() if k.replace("_", "-").removesuffix("-cpu") in LOADED}


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Say which packages have another version than before, or are gone."""
    return [f"{k} {v} became {after.get(k, 'nothing')}" for k, v in before.items() if after.get(k) != v]


def listed(packages: dict[str, str]) -> str:
    """Return packages and versions as a list in words."""
    return ", ".join(f"{name} {version}" for name, version in packages.items()) or "nothing"


def try_chapter(folder: Path, python: Path, before: dict[str, str], chapter: Path) -> bool:
    """Run a chapter alone, say how it went, and take away what its setup cell has installed."""
    alone = folder / chapter.stem
    alone.mkdir()
    done = run(Path(shutil.copy(chapter, alone)))
    after = versions(python)
    added = {name: version for name, version in after.items() if name not in before}
    problems = done.errors + changed(before, after)
    problems += [] if "aeutils" in added else ["the setup cell did not install aeutils"]
    if done.source != "sample":
        problems.append(f"the data were {done.source or 'not loaded'}, not the sample")
    outputs = [output for cell in done.notebook.cells for output in cell.get("outputs", [])]
    remarks = [output.text.strip() for output in outputs if output.get("name") == "stderr"]
    print(f"  {chapter.stem}: {'FAILED' if problems else 'ok'}, {done.seconds:.0f} seconds")
    print(f"    installed {listed(added)}; after it {listed(loaded(after))}")
    print("".join(f"    {line}\n" for line in [*remarks, *problems]), end="", flush=True)
    if added:  # as fresh as before, for the next chapter
        subprocess.run([python, "-m", "pip", "uninstall", "--quiet", "--yes", *added], check=True)
    return not problems


if __name__ == "__main__":
    sys.exit(main())
