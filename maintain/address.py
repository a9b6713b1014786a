"""Give the book a home of its own: `python -m maintain.address [REPOSITORY] [--site ADDRESS]`.

    python -m maintain.address https://github.com/someone/somewhere

writes the repository's address, and that of the site, wherever the book has its present ones: in setup cells,
Colab links, the settings, the citation, the package's metadata and the pages. The site is GitHub's own,
https://someone.github.io/somewhere/, unless --site names another. No stored output becomes stale: setup cells
are not part of their stamps. Without a repository, the present addresses are printed.
"""

import argparse
from pathlib import Path
import re
import sys
import tomllib
from urllib.parse import urlsplit

from aeutils import __version__
from aeutils.files import written_whole
import yaml

from maintain import ROOT

# The two in which the present addresses are looked up come last, so that a change that was interrupted can be
# made again.
FILES = ("*.md", "*.cff", "pages/*.md", "chapters/*.ipynb", "aeutils/**/*.py", "maintain/*.py", "web/**/*.py")
FILES += ("web/**/*.js", ".github/**/*.yml", "_config.yml", "pyproject.toml")
REPOSITORY = re.compile(
    r"https://github\.com/([a-zA-Z\d](?:[a-zA-Z\d-]*[a-zA-Z\d])?)/([\w.-]+?)(?:\.git)?/?", re.ASCII
)
SITE = re.compile(r"https://[a-z\d-]+(?:\.[a-z\d-]+)+(?::\d+)?(?:/[\w.~-]+)*/?", re.ASCII)


def parsed_repository(address: str) -> str:
    """Return the address of a repository as the book writes it.

    Raises:
        ValueError: it is none of GitHub's.
    """
    found = REPOSITORY.fullmatch(address)
    if not found or set(found[2]) <= {"."}:
        raise ValueError(
            f"the repository must be https://github.com/OWNER/NAME, got {address!r}: setup cells, Colab "
            "links and workflows know no other host"
        )
    return f"https://github.com/{found[1]}/{found[2]}"


def parsed_site(address: str) -> str:
    """Return the address of a site as the book writes it, with a slash at its end.

    Raises:
        ValueError: it is none.
    """
    if not SITE.fullmatch(address):
        raise ValueError(f"the site must be https://HOST/ or https://HOST/FOLDER/, got {address!r}")
    return f"{address.removesuffix('/')}/"


def pages_of(repository: str) -> str:
    """Return where GitHub Pages serves a repository's site."""
    owner, name = repository.split("/")[-2:]
    host = f"{owner.lower()}.github.io"
    return f"https://{host}/" if name.lower() == host else f"https://{host}/{name}/"


def present(root: Path) -> tuple[str, str]:
    """Return the addresses of the repository and of the site that the files under `root` have."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    settings = yaml.safe_load((root / "_config.yml").read_text("utf-8"))
    return project["urls"]["Repository"], settings["html"]["baseurl"]


def moved(text: str, old: tuple[str, str], new: tuple[str, str]) -> str:
    """Return a file's text with the addresses of a repository and a site in place of two others."""
    (old_repository, old_site), (new_repository, new_site) = old, new
    old_slug, new_slug = (one.removeprefix("https://github.com/") for one in (old_repository, new_repository))
    old_name, new_name = (one.partition("/")[2] for one in (old_slug, new_slug))
    end = r"(?![\w-]|\.(?!git\b)\w)"  # no longer name goes on here; a full stop may
    changes = [
        (rf"((?:https?://[^\s\"'()<>\[\]]*?/|\bgithub\.com/)){re.escape(old_slug)}{end}", new_slug),
        (rf"(){re.escape(old_site.removesuffix('/'))}{end}", new_site.removesuffix("/")),
        (rf"(^\s*notfound_urls_prefix: ){re.escape(urlsplit(old_site).path)}$", urlsplit(new_site).path),
        (rf"(^[\s!%]*cd ){re.escape(old_name)}$", new_name),  # what follows `git clone`
    ]
    for pattern, address in changes:
        text = re.sub(f"(?m){pattern}", rf"\g<1>{address}", text)
    return text


def move(root: Path, new: tuple[str, str]) -> list[Path]:
    """Write the addresses of a repository and a site into the files under `root`; return what changed."""
    old = present(root)
    changed = {}
    for path in dict.fromkeys(path for pattern in FILES for path in sorted(root.glob(pattern))):
        text = path.read_bytes().decode("utf-8")
        if (after := moved(text, old, new)) != text:
            changed[path] = after
    for path, text in changed.items():
        with written_whole(path) as partial:
            partial.write_bytes(text.encode("utf-8"))
    return list(changed)


def main() -> int:
    """Move the book, or say where it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("repository", nargs="?", help="such as https://github.com/someone/somewhere")
    parser.add_argument("--site", help="where its pages are; without: where GitHub Pages has them")
    options = parser.parse_args()
    if options.repository:
        try:
            repository = parsed_repository(options.repository)
            new = repository, parsed_site(options.site or pages_of(repository))
        except ValueError as problem:
            sys.exit(f"nothing was changed: {problem}")
        print(f"{len(move(ROOT, new))} files were changed; there must be the tag that setup cells install:")
        print(f"git push {repository} v{__version__}")
    print("the repository is {}, the site {}".format(*present(ROOT)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
