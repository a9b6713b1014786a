"""`maintain/find_browser.py`: which browser is taken, and what root reads before one is installed."""

import os
import subprocess
import sys

import pytest

from maintain import find_browser


@pytest.fixture
def machine(monkeypatch):
    """One of Debian without a browser; give what is installed there, and by whom."""
    installed = []

    def run(command, **_):
        print(*command, file=sys.stderr)
        installed.append(command[-1])
        return subprocess.CompletedProcess(command, 0)

    def which(name):
        found = ["apt-get", *installed]
        return f"/usr/bin/{name}" if name in found else None

    monkeypatch.delenv("BOOK_BROWSER", raising=False)
    monkeypatch.setattr(find_browser.shutil, "which", which)
    monkeypatch.setattr(find_browser.subprocess, "run", run)
    monkeypatch.setattr(find_browser, "_playwrights_own", lambda: None)
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(sys, "argv", ["find_browser.py", "--install"])
    return installed


def test_root_reads_what_will_be_installed_before_it_is(machine, capsys):
    assert find_browser.main() == 0
    printed = capsys.readouterr()
    said, *commands = printed.err.splitlines()
    assert "the package chromium with apt-get" in said and "BOOK_BROWSER=" in said
    assert commands == ["apt-get update -qq", "apt-get install -y -qq chromium"]
    assert printed.out == "/usr/bin/chromium\n"


@pytest.mark.parametrize("reason", ["not root", "not asked for", "named"])
def test_nothing_is_installed_otherwise(machine, monkeypatch, reason):
    if reason == "not root":
        monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    elif reason == "not asked for":
        monkeypatch.setattr(sys, "argv", ["find_browser.py"])
    else:
        monkeypatch.setenv("BOOK_BROWSER", "/nowhere/chrome")
    with pytest.raises(SystemExit, match="correct or unset it" if reason == "named" else "install Chromium"):
        find_browser.main()
    assert machine == []
