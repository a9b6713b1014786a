"""Pictures of every page, to be looked at: light, dark, and on a phone: `make screenshots`."""

from tests import ROOT
from tests.contents import entries
from tests.web.browsing import chromium, opened, served, show

FOLDER = ROOT / "_build" / "screenshots"
LOOKS = {"light": ("light", 1280), "dark": ("dark", 1280), "phone": ("light", 390)}  # theme, width in pixels


def main() -> None:
    """Write a picture of each page in each look."""
    with served() as base, chromium() as browser:
        for name in entries():
            for look, (theme, width) in LOOKS.items():
                with opened(browser, base, viewport={"width": width, "height": 900}) as (page, _):
                    show(page, f"{base}{name}.html", theme)
                    page.screenshot(path=FOLDER / f"{name.split('/')[-1]}_{look}.png", full_page=True)
    print(FOLDER)


if __name__ == "__main__":
    main()
