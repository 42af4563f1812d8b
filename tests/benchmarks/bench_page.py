"""Prints what the page costs: ``python tests/benchmarks/bench_page.py [PLACES...]``.

Time to interactive is from the start of the navigation until the page says that it is ready and
the browser has drawn a frame after that; the best of three. The worst frame is the longest gap
between two frames while the map is dragged across itself by the mouse.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

import geomap
from geomap.webmap import ArticleMap

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
import page_tables  # noqa: E402

READY = """() => new Promise((done) => {
  const look = () => document.documentElement.dataset.ready
    ? requestAnimationFrame(() => setTimeout(() => done(performance.now())))
    : setTimeout(look, 5);
  look();
})"""
WATCH = """() => {
  window.worst = 0;
  let last = performance.now();
  const tick = (now) => {
    window.worst = Math.max(window.worst, now - last);
    last = now;
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}"""


def interactive(browser, path):
    best = float("inf")
    for _ in range(3):
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(path.as_uri(), wait_until="commit")
        best = min(best, page.evaluate(READY))
        page.close()
    return best / 1000


def worst_frame(browser, path):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(path.as_uri())
    page.evaluate(READY)
    page.wait_for_timeout(500)
    page.evaluate(WATCH)
    for sweep in range(4):
        x, y = 400, 400
        page.mouse.move(x, y)
        page.mouse.down()
        for _ in range(30):
            x += (8, -8)[sweep % 2]
            y += (3, -3)[sweep // 2]
            page.mouse.move(x, y)
            page.wait_for_timeout(8)
        page.mouse.up()
        page.wait_for_timeout(400)
    worst = page.evaluate("window.worst")
    page.close()
    return worst


def report(name, browser, path, build):
    size = path.stat().st_size
    print(
        f"{name:>16}  {size / 1000:>8,.0f} kB  built {build:5.2f} s"
        f"  interactive {interactive(browser, path):5.2f} s"
        f"  worst frame {worst_frame(browser, path):4.0f} ms",
        flush=True,
    )


def main(counts):
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        path = Path(folder, "map.html")
        atlas = geomap.Atlas(geomap.geoparse(ROOT / "seeds"))
        start = time.perf_counter()
        atlas.save(path)
        report("the seed", browser, path, time.perf_counter() - start)
        for count in counts:
            tables = page_tables.many(count).frames()
            start = time.perf_counter()
            ArticleMap(*tables).save(path)
            report(f"{count:,} places", browser, path, time.perf_counter() - start)
        browser.close()


if __name__ == "__main__":
    main([int(count) for count in sys.argv[1:]] or [10_000, 100_000])
