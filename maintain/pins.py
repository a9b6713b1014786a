"""The versions that requirements.txt pins, and which of a run's versions are others."""

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from maintain import ROOT

PINS = ROOT / "requirements.txt"


def pinned_versions() -> dict[str, set[str]]:
    """Return the versions of each pinned package: more than one where systems differ.

    Raises:
        ValueError: if a line pins nothing.
    """
    pins: dict[str, set[str]] = {}
    for line in PINS.read_text("utf-8").splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        requirement = Requirement(line)
        bounds = [(bound.operator, bound.version) for bound in requirement.specifier]
        if len(bounds) != 1 or bounds[0][0] != "==" or "*" in bounds[0][1]:
            raise ValueError(f"{PINS.name} must pin one version a line, got {line!r}: make requirements")
        name = canonicalize_name(requirement.name)
        # One of the two is installed, by system; a run records it under the name that code imports.
        for known_as in {name, name.replace("tensorflow-cpu", "tensorflow")}:
            pins.setdefault(known_as, set()).add(bounds[0][1])
    return pins


def other_versions(versions: dict[str, str], pins: dict[str, set[str]] | None = None) -> list[str]:
    """Say which versions of a run are not the pinned ones; what is not pinned, as PyTorch, does not count."""
    pins = pinned_versions() if pins is None else pins
    return [
        f"{name} was {version}, and {' or '.join(sorted(pins[canonicalize_name(name)]))} is pinned"
        for name, version in versions.items()
        if version not in pins.get(canonicalize_name(name), {version})
    ]
