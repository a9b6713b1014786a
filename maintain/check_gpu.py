"""Say which GPU Keras computes on, or why on none: `python -m maintain.check_gpu [--install]`.

A small convolution is computed, as a card may be listed whose libraries are missing. With `--install`, the
backend's build for NVIDIA cards takes the place of the one that is here, at the same version.
"""

from importlib import metadata
import os
import re
import shutil
import subprocess
import sys

from aeutils.provenance import environment

BUILDS = {"tensorflow": "tensorflow[and-cuda]", "jax": "jax[cuda12]", "torch": "torch"}
ON_GPU = re.compile(r"gpu|cuda|rocm|mps|metal", re.IGNORECASE)


def main() -> int:
    """Name the card, or end with what to do."""
    backend = os.environ.get("KERAS_BACKEND") or "tensorflow"
    if backend not in BUILDS:
        sys.exit(f"KERAS_BACKEND must be one of {', '.join(BUILDS)}, got {backend!r}")
    if "--install" in sys.argv[1:]:
        install(backend)
        return 0
    try:
        place = where()
    except Exception as problem:  # each backend has its own errors
        sys.exit(f"Keras cannot compute under {backend}: {problem}\n{advice(backend)}")
    about = environment()
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    if not ON_GPU.search(place):
        sys.exit(f"Keras sees no GPU under {backend}, it computes on {place} ({versions})\n{advice(backend)}")
    print(f"Keras computes on {about['device']} ({place}; {versions})")
    return 0


def where() -> str:
    """Return the name of the device that a convolution was computed on, after a look at its result."""
    from keras import ops

    result = ops.conv(ops.ones((1, 8, 8, 2)), ops.ones((3, 3, 2, 4)), padding="valid")
    values = ops.convert_to_numpy(result)
    if values.shape != (1, 6, 6, 4) or abs(values - 18).max() > 1e-3:
        found = f"{values.min()} to {values.max()}"
        raise ArithmeticError(f"a convolution of ones must be 18 everywhere, got {found}")
    return str(result.device).rpartition("device:")[2]  # TensorFlow puts the process before it


def advice(backend: str) -> str:
    """Say what is missing: the driver, or the backend's build."""
    if not shutil.which("nvidia-smi"):
        return (
            "nvidia-smi is not here either: this machine has no NVIDIA card, or its driver is not installed "
            "(in Colab: Runtime, Change runtime type, T4 GPU)"
        )
    build = BUILDS[backend]
    return f'a card may be there (nvidia-smi is): make cuda BACKEND={backend}, or pip install "{build}"'


def install(backend: str) -> None:
    """Replace the backend's build; what was there comes back where that fails."""
    here = installed(backend)
    version = f"=={here[0][1]}" if here else ""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    # Two builds of TensorFlow write the same files, so the other one has to go first.
    if backend == "tensorflow" and here:
        subprocess.run([*pip, "uninstall", "--quiet", "--yes", *(name for name, _ in here)], check=True)
    done = subprocess.run([*pip, "install", BUILDS[backend] + version], check=False)
    if done.returncode:
        subprocess.run([*pip, "install", "--quiet", *(f"{name}=={v}" for name, v in here)], check=False)
        sys.exit(f"{BUILDS[backend]}{version} was not installed; {backend} is as it was")
    print(f"now see whether it finds the card: make gpu BACKEND={backend}")


def installed(backend: str) -> list[tuple[str, str]]:
    """Return the installed builds of a backend, each as (name, version)."""
    names = ["tensorflow-cpu", "tensorflow"] if backend == "tensorflow" else [backend]
    found = []
    for name in names:
        try:
            found.append((name, metadata.version(name).split("+")[0]))
        except metadata.PackageNotFoundError:
            pass
    return found


if __name__ == "__main__":
    sys.exit(main())
