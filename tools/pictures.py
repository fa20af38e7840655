"""The README's pictures: `python -m tools.pictures http://127.0.0.1:8000`, of what `make run` serves.

Each is a page of the simulated world as a browser of 1280 by 900 pixels shows it, written to docs/pictures.
Wait until `make run` has said that everything is there.
"""

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests import chromium

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"
_WIDTH, _HEIGHT = 1280, 900
_QUALITY = 80
#: Picture, the page where its link is, and which link; without one, that page.
PICTURES = (
    ("home", "/", ""),
    (
        "hotspot",
        "/hotspots/",
        "main a[href^='/hotspots/']:not([href*='?'], [href='/hotspots/'], [href='/hotspots/worklist/'])",
    ),
    ("taxon", "/readiness/?tab=near", "main a[href^='/taxa/']"),
    ("cutoff", "/cutoffs/", "main a[href^='/cutoffs/']:not([href$='/new/'])"),
)


def take(site: str, folder: Path) -> list[Path]:
    """Write every picture of a site to a folder, and return where they lie."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=["--no-sandbox"])
        page = browser.new_page(
            viewport={"width": _WIDTH, "height": _HEIGHT}, base_url=site, reduced_motion="reduce", locale="en"
        )
        return [_take(page, address, link, folder / f"{name}.webp") for name, address, link in PICTURES]


def _take(page: Page, address: str, link: str, path: Path) -> Path:
    page.goto(address, wait_until="networkidle")
    if link:
        page.goto(page.locator(link).first.get_attribute("href") or address, wait_until="networkidle")
    Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(path, quality=_QUALITY, method=6)
    return path


def main() -> None:
    """Take the pictures of the site that the command line names."""
    for path in take(sys.argv[1], FOLDER):
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
