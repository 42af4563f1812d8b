"""No barrier that axe-core finds: three sizes, both themes, everything opened once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import page_tables
import pytest

from geomap.webmap import ArticleMap

AXE = Path(__file__).with_name("node_modules") / "axe-core" / "axe.min.js"
SIZES = {"desktop": (1280, 800), "phone": (390, 844), "narrow": (320, 640)}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async (tags) => {
  const found = await axe.run(document, { runOnly: { type: "tag", values: tags } });
  return found.violations.map(
    (v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 5).map((n) => n.target.join(" ")).join(" | ")}`);
}"""


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.is_file():
        reason = "axe-core is not installed: run `npm install --prefix tests`"
        if os.environ.get("GEOMAP_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return AXE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    made = {}
    for name, tables in (("seed", page_tables.seed()), ("several", page_tables.several())):
        made[name] = folder / f"{name}.html"
        ArticleMap(*tables.frames()).save(made[name])
    # Areas of one's own, and natural features, in one page.
    tables = page_tables.several()
    sea = ("geomap:black-sea", "Black Sea", "natural", None, None, 43.4, 34.3)
    tables.mention(3, 9, sea, confidence=0.5)
    frames = tables.frames()
    areas = frames[3][["name", "geometry"]]
    made["areas"] = folder / "areas.html"
    ArticleMap(*frames, polygons=areas).save(made["areas"])
    return made


def open_place(page: Any) -> None:
    page.locator(".gm-mark >> visible=true").filter(has_text="Moscow").first.click()
    page.wait_for_selector("#gm-details-name")
    for summary in page.locator("[role=dialog]:visible summary").all():
        summary.click()


def place_by_correction(page: Any) -> None:
    open_place(page)
    page.locator("[role=dialog]:visible").get_by_label("Latitude, longitude").fill("55, 37")
    page.keyboard.press("Enter")
    page.wait_for_selector("#gm-corrections li")
    page.locator("[role=dialog]:visible .gm-close").click()


def open_tab(name: str) -> Callable[[Any], None]:
    def act(page: Any) -> None:
        tab = page.locator(f"#gm-tab-{name}")
        if tab.is_visible():
            tab.click()
            while (
                closed := page.locator(f"#gm-panel-{name} details:not([open]) > summary")
            ).count():
                closed.first.click()

    return act


def search(page: Any) -> None:
    page.fill("#gm-query", "m")


def narrow(page: Any) -> None:
    page.click("#gm-tab-places")
    page.get_by_role("button", name="Show only").first.click()


def open_boxes(page: Any) -> None:
    page.click("#gm-legend summary")
    page.click("#gm-menu summary")


STATES: dict[str, Callable[[Any], None]] = {
    "as it opens": lambda page: None,
    "a place": open_place,
    "a correction": place_by_correction,
    "places": open_tab("places"),
    "unplaced": open_tab("unplaced"),
    "about": open_tab("about"),
    "search": search,
    "one country": narrow,
    "menu and legend": open_boxes,
}


@pytest.mark.parametrize(
    ("name", "size"),
    [(name, size) for name in ("seed", "several") for size in SIZES] + [("areas", "phone")],
)
def test_no_barrier_is_found(
    name: str, size: str, pages: dict[str, Path], axe: str, chromium: Any
) -> None:
    width, height = SIZES[size]
    context = chromium.new_context(
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
        bypass_csp=True,  # for axe alone, which is put into the page
    )
    context.set_offline(True)
    page = context.new_page()
    found = {}
    for state, act in STATES.items():
        page.goto("about:blank")
        page.goto(pages[name].as_uri())
        page.wait_for_function("document.documentElement.dataset.ready")
        act(page)
        page.evaluate(axe)
        barriers = []
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            barriers += [f"{theme}: {barrier}" for barrier in page.evaluate(RUN, RULES)]
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            barriers.append(f"scrolls sideways: {wide} px")
        if barriers:
            found[state] = barriers
    context.close()
    assert found == {}
