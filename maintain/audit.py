"""Look for known vulnerabilities in what requirements.txt pins: `python -m maintain.audit`.

pip-audit asks the package index for its advisories. It passes over a package that the index does not
describe, and a mirror may describe none: here that counts as a failure, as nothing was looked at.
"""

import json
import subprocess
import sys

from maintain import ROOT

PINS = ROOT / "requirements.txt"
# In an environment of its own: pip-audit needs a dozen packages that the book does not.
PIP_AUDIT = ["uv", "tool", "run", "--quiet", "pip-audit==2.10.1"]


def main() -> int:
    """Audit the pins; return 1 if anything is known to be vulnerable, 2 if not all were looked at."""
    options = ["--requirement", str(PINS), "--no-deps", "--disable-pip", "--format=json"]
    command = [sys.executable, "-m", *PIP_AUDIT, *options, "--progress-spinner=off"]
    done = subprocess.run(command, capture_output=True, text=True)
    try:
        report = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(f"nothing was audited, pip-audit ended with:\n{done.stderr.strip()}")
        return 2
    lines, status = summary(report)
    print("\n".join(lines))
    return status


def summary(report: list[dict]) -> tuple[list[str], int]:
    """Return what to print of pip-audit's report, and 0 if all is well, 1 if not, 2 if that is not known."""
    skipped = [one["name"] for one in report if "skip_reason" in one]
    advisories = [(one, known) for one in report for known in one.get("vulns", [])]
    found = [
        f"{one['name']} {one['version']}: {known['id']}, fixed in {', '.join(known['fix_versions']) or '?'}"
        for one, known in advisories
    ]
    audited = len(report) - len(skipped)
    lines = [*found, f"{audited} of {len(report)} pinned packages were audited: {len(found)} vulnerabilities"]
    if not audited:
        lines = ["nothing was audited: the package index that pip uses here has no advisories"]
    elif skipped:
        lines.append(f"the index has no advisories for {', '.join(skipped)}")
    return lines, 1 if found else 2 if skipped or not audited else 0


if __name__ == "__main__":
    sys.exit(main())
