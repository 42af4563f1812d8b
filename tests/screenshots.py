"""Makes the pictures of the seed's page that docs/ holds: ``make screenshots``."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import geomap

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
LIMIT = 250_000  # bytes a picture

DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True}
PICTURES = {
    "page-desktop.png": DESKTOP,
    "page-dark.png": {**DESKTOP, "color_scheme": "dark"},
    "page-phone.png": PHONE,
}


def main() -> int:
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        print("screenshots need Chromium: install the package chromium", file=sys.stderr)
        return 2
    from PIL import Image
    from playwright.sync_api import sync_playwright

    DOCS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder, "map.html")
        geomap.Atlas(geomap.geoparse(ROOT / "seeds")).save(path)
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-gpu"]
        )
        for name, options in PICTURES.items():
            page = browser.new_page(reduced_motion="reduce", **options)
            page.goto(path.as_uri())
            page.wait_for_function("document.documentElement.dataset.ready")
            page.locator(".gm-mark").filter(has_text="Noven'ke").first.click()
            page.wait_for_selector("#gm-details-name")
            page.wait_for_timeout(500)
            page.screenshot(path=DOCS / name)
            # 256 colours are enough for a map, and take a third of the room.
            Image.open(DOCS / name).convert("RGB").quantize(256).save(DOCS / name, optimize=True)
            size = (DOCS / name).stat().st_size
            print(f"docs/{name}  {size / 1000:.0f} kB")
            if size > LIMIT:
                print(f"docs/{name} is over {LIMIT / 1000:.0f} kB", file=sys.stderr)
                return 1
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
