"""The page in a real browser: what a reader does, and what hostile text must not do."""

from __future__ import annotations

import csv
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import folium
import geopandas as gpd
import page_tables
import pytest
from folium.plugins import HeatMap, MarkerCluster
from shapely import box

from geomap.atlas import Atlas
from geomap.cli import main
from geomap.errors import OutputError
from geomap.names import fold
from geomap.records import Article, ParsedArticle, Place, Resolution, Toponym
from geomap.webmap import ArticleMap

LIMIT = 700_000
HOSTILE = (
    "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=2>"
    "`${window.hacked=3}` {{ 7*7 }}{% raw %} \"' \u2028\u2029 \u202e evil <!-- ]]> &lt;b&gt;"
)


@pytest.fixture(scope="module")
def seed_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "map.html"
    ArticleMap(*page_tables.seed().frames()).save(path)
    return path


class Visit:
    """A page as a reader has it open, offline, with a note of everything that went wrong."""

    def __init__(self, browser: Any, path: Path, **context: Any) -> None:
        self.context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce", **context}
        )
        self.context.set_offline(True)
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda r: self.requests.append(r.url))
        self.page.on("pageerror", lambda e: self.errors.append(str(e)))
        self.page.on("console", lambda m: m.type == "error" and self.errors.append(m.text))
        self.url = path.as_uri()
        self.go()

    def go(self, fragment: str = "") -> None:
        self.page.goto(self.url + fragment)
        self.page.wait_for_function("document.documentElement.dataset.ready")

    def outside(self) -> list[str]:
        own = (self.url, "data:", "blob:", "about:srcdoc")
        return [url for url in self.requests if not url.startswith(own)]

    def mark(self, text: str) -> Any:
        exact = re.compile(f"^{re.escape(text)}$")
        return self.page.locator(".gm-mark >> visible=true").filter(has_text=exact).first

    def details(self) -> str:
        self.page.wait_for_selector("#gm-details-name")
        return str(self.page.locator("[role=dialog]:visible").inner_text())


@pytest.fixture
def visit(chromium: Any) -> Iterator[Callable[..., Visit]]:
    visits: list[Visit] = []

    def open_page(path: Path, **context: Any) -> Visit:
        visits.append(Visit(chromium, path, **context))
        return visits[-1]

    yield open_page
    for each in visits:
        problems = (each.outside(), each.errors)
        each.context.close()
        assert problems == ([], [])


def test_one_small_file_that_names_no_other(seed_page: Path) -> None:
    text = seed_page.read_text(encoding="utf-8")
    assert len(seed_page.read_bytes()) < LIMIT
    assert "default-src 'none'" in text
    assert "connect-src" not in text
    assert not re.search(r"<(script|img|iframe)[^>]*\ssrc=|<link\b", text.split("<script>")[0])
    assert "sourceMappingURL" not in text


def test_seed_opens_offline_and_shows_where_it_happened(
    seed_page: Path, visit: Callable[..., Visit]
) -> None:
    page = visit(seed_page).page
    pins = page.locator(".gm-pin-box[data-place]")
    assert "geomap" not in page.title()
    assert (
        page.locator("#gm-summary").inner_text() == "27 mentions of 8 places · 2 names not placed"
    )
    # A region is an area, not a pin.
    places = pins.evaluate_all("nodes => nodes.map(n => n.dataset.place)")
    assert sorted(places) == ["geonames:4140963", "geonames:524901", "geonames:805767"]
    assert page.locator("path[data-place='admin1:RU.41']").count() == 1
    labels = page.locator(".gm-label").all_inner_texts()
    assert {"Noven'ke", "Kursk Oblast", "Sumy Oblast", "Sumy"} <= set(labels)


def test_labels_never_cover_each_other(seed_page: Path, visit: Callable[..., Visit]) -> None:
    page = visit(seed_page).page
    for _ in range(3):
        boxes = page.locator(".gm-label").evaluate_all(
            "nodes => nodes.map(n => n.getBoundingClientRect())"
            ".map(r => [r.left, r.top, r.right, r.bottom])"
        )
        assert len(boxes) > 5
        for i, a in enumerate(boxes):
            for b in boxes[i + 1 :]:
                apart = a[2] <= b[0] + 3 or b[2] <= a[0] + 3 or a[3] <= b[1] + 1 or b[3] <= a[1] + 1
                assert apart, (a, b)
        page.click("#gm-zoom-out")
        page.wait_for_timeout(400)


def test_a_name_in_the_text_opens_its_place(seed_page: Path, visit: Callable[..., Visit]) -> None:
    seen = visit(seed_page)
    seen.mark("Noven'ke").click()
    details = seen.details()
    assert "settlement · Sumy Oblast · Ukraine" in details
    assert "confident (95 %)" in details
    assert "took control of the village of Noven'ke in Ukraine" in details
    assert "VOA · 14 March 2025 · characters 291–299" in details
    assert seen.page.url.endswith("#place=geonames%3A805767")


def test_a_name_far_away_is_flown_to(seed_page: Path, visit: Callable[..., Visit]) -> None:
    seen = visit(seed_page)
    seen.mark("Washington").press("Enter")
    assert "fairly sure" not in seen.details()
    assert "unsure (62 %)" in seen.details()
    centre = seen.page.evaluate("geomap.map.getCenter()")
    assert abs(centre["lng"] + 77) < 6
    assert abs(centre["lat"] - 38.9) < 6
    # The keyboard is in the details and comes back to the text.
    assert seen.page.evaluate("document.activeElement.id") == "gm-details-name"
    seen.page.keyboard.press("Escape")
    assert seen.page.evaluate("document.activeElement.textContent") == "Washington"
    assert seen.page.locator("#gm-details-name").count() == 0


def test_a_place_on_the_map_marks_its_mentions(
    seed_page: Path, visit: Callable[..., Visit]
) -> None:
    seen = visit(seed_page)
    seen.page.click("#gm-tab-about")
    seen.page.locator("[data-place='geonames:805767']").first.click()
    assert seen.page.locator("#gm-panel-article").is_visible()
    assert seen.page.locator(".gm-mark-selected").all_inner_texts() == ["Noven'ke"]
    seen.page.locator("path[data-place='admin1:RU.41']").dispatch_event("click")
    assert seen.page.locator(".gm-mark-selected").all_inner_texts() == ["Kursk", "Kursk"]
    assert seen.page.locator(".gm-mark-selected").first.is_visible()


def test_runners_up_and_reasons(seed_page: Path, visit: Callable[..., Visit]) -> None:
    seen = visit(seed_page)
    seen.mark("Moscow").click()
    seen.details()
    seen.page.get_by_text("Other places it could be").click()
    seen.page.get_by_text("Why this place").click()
    details = seen.details()
    assert "Idaho · US · 3 %" in details
    assert "the only place of that name here" in details


def test_search_finds_names_and_the_forms_in_the_text(
    seed_page: Path, visit: Callable[..., Visit]
) -> None:
    seen = visit(seed_page)
    seen.page.fill("#gm-query", "novenke")
    assert seen.page.locator("#gm-hits li").all_inner_texts() == ["Noven'ke\nSumy Oblast, Ukraine"]
    seen.page.fill("#gm-query", "U.S")
    seen.page.keyboard.press("ArrowDown")
    seen.page.keyboard.press("Enter")
    assert seen.details().startswith("×\nUnited States")
    seen.page.fill("#gm-query", "zzz")
    assert "Nothing by that name" in seen.page.locator("#gm-hits").inner_text()


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Kiev", "Kyiv\nby another name · Kyiv City, Ukraine"),
        ("Киев", "Kyiv\nby another name · Kyiv City, Ukraine"),
        ("київ", "Kyiv\nby another name · Kyiv City, Ukraine"),
        ("Artemivsk", "Bakhmut\nby another name · Donetsk Oblast, Ukraine"),
        ("Артемівс", "Bakhmut\nby another name · Donetsk Oblast, Ukraine"),
        ("Bakh", "Bakhmut\nDonetsk Oblast, Ukraine"),
    ],
)
def test_search_finds_a_place_by_another_name(
    typed: str, found: str, visit: Callable[..., Visit], tmp_path: Path
) -> None:
    tables = page_tables.Tables()
    tables.article("a", "Kyiv said that Bakhmut holds.")
    tables.mention(0, 4, page_tables.KYIV)
    tables.mention(15, 22, page_tables.BAKHMUT)
    ArticleMap(*tables.frames()).save(tmp_path / "map.html")
    seen = visit(tmp_path / "map.html")
    seen.page.focus("#gm-query")
    seen.page.keyboard.insert_text(typed)
    assert seen.page.locator("#gm-hits li").all_inner_texts() == [found]
    seen.page.keyboard.press("Enter")
    name = found.split("\n")[0]
    assert seen.details().startswith(f"×\n{name}")
    assert seen.page.locator(".gm-mark-selected").all_inner_texts() == [name]


def test_the_search_folds_names_as_the_gazetteer_does(
    seed_page: Path, visit: Callable[..., Visit]
) -> None:
    names = [
        "Noven’ke", "NOVEN'KE", "U.S.", "St. Louis", "Ivano-Frankivsk", "Łódź", "Æbeltoft", "Ørsta",
        "Đồng Nai", "İstanbul", "Київ", "Йошкар-Ола", "القَاهِرَة", "서울", "Straße", "クルスク",
        " a  b ",
    ]  # fmt: skip
    page = visit(seed_page).page
    assert page.evaluate("names => names.map(geomap.fold)", names) == [fold(n) for n in names]


def test_switches_hide_what_is_only_named(seed_page: Path, visit: Callable[..., Visit]) -> None:
    page = visit(seed_page).page
    page.uncheck("#gm-associative")
    assert page.locator(".gm-pin-box[data-place]").count() == 1
    assert page.locator("path[data-place='geonames:2017370']").count() == 0
    assert "4 places shown" in page.locator("#gm-summary").inner_text()
    page.click("#gm-tab-places")
    assert page.locator(".gm-row[data-place]").count() == 4
    page.check("#gm-associative")
    assert page.locator(".gm-row[data-place]").count() == 8


def test_tree_of_country_region_place(seed_page: Path, visit: Callable[..., Visit]) -> None:
    seen = visit(seed_page)
    page = seen.page
    page.click("#gm-tab-places")
    ukraine = page.locator("details[data-key=UA]")
    sumy = ukraine.locator("details[data-key='UA.21']")
    assert [t.split("\n")[0] for t in sumy.locator(".gm-row[data-place]").all_inner_texts()] == [
        "Sumy Oblast",
        "Noven'ke",
    ]
    ukraine.locator("summary").first.click()
    assert not sumy.is_visible()
    ukraine.locator("summary").first.click()
    sumy.locator(".gm-row[data-place]", has_text="Noven'ke").click()
    assert "village of Noven'ke" in seen.details()
    assert sumy.locator("[aria-current=true]").count() == 1


def test_what_was_not_placed_says_why(seed_page: Path, visit: Callable[..., Visit]) -> None:
    page = visit(seed_page).page
    page.click("#gm-tab-unplaced")
    text = page.locator("#gm-panel-unplaced").inner_text()
    assert "The New York Times reported" in text
    assert "a newspaper's name" in text


def test_border_policy_and_credits_are_stated(seed_page: Path, visit: Callable[..., Visit]) -> None:
    page = visit(seed_page).page
    page.click("#gm-tab-about")
    text = page.locator("#gm-panel-about").inner_text()
    for part in ("68/262", "ISO 3166", "GeoNames, CC BY 4.0", "Natural Earth, public domain"):
        assert part in text


def test_links_and_history(seed_page: Path, visit: Callable[..., Visit]) -> None:
    seen = visit(seed_page)
    seen.go("#place=admin1:UA.21")
    assert seen.details().startswith("×\nSumy Oblast")
    seen.mark("Moscow").click()
    assert seen.details().startswith("×\nMoscow")
    seen.page.go_back()
    assert seen.details().startswith("×\nSumy Oblast")
    seen.page.go_forward()
    assert seen.details().startswith("×\nMoscow")
    seen.go("#place=%E0%A4%A")  # no link of ours, no error
    assert seen.page.locator("#gm-details-name").count() == 0


def test_phone_shows_a_sheet_and_never_scrolls_sideways(
    seed_page: Path, visit: Callable[..., Visit]
) -> None:
    seen = visit(seed_page, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = seen.page
    seen.mark("Noven'ke").tap()
    assert page.locator("#gm-sheet").is_visible()
    assert page.locator(".leaflet-popup").count() == 0
    page.locator("#gm-sheet .gm-close").tap()
    assert not page.locator("#gm-sheet").is_visible()
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 700})
        for tab in ("article", "places", "unplaced", "about"):
            page.click(f"#gm-tab-{tab}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "height"), [(844, 390), (820, 1180), (320, 640)])
def test_every_tab_is_in_view_and_so_is_what_is_scrolled_to(
    width: int, height: int, several_page: Path, visit: Callable[..., Visit]
) -> None:
    page = visit(several_page, viewport={"width": width, "height": height}).page
    about = page.locator("#gm-tab-about").bounding_box()
    assert about["x"] + about["width"] <= width
    page.locator(".gm-pin-box[data-place='geonames:524901']").click(force=True)
    mark = page.locator(".gm-mark-selected").first.bounding_box()
    if width > 760:
        assert 0 < mark["y"] < height - mark["height"]


def test_tabs_by_keyboard(seed_page: Path, visit: Callable[..., Visit]) -> None:
    page = visit(seed_page).page
    page.focus("#gm-tab-article")
    page.keyboard.press("ArrowRight")
    assert page.locator("#gm-panel-places").is_visible()
    page.keyboard.press("End")
    assert page.locator("#gm-panel-about").is_visible()
    page.keyboard.press("ArrowRight")
    assert page.locator("#gm-panel-article").is_visible()


def test_dark_theme_changes_the_map(seed_page: Path, visit: Callable[..., Visit]) -> None:
    page = visit(seed_page, color_scheme="dark").page
    assert page.evaluate("geomap.color('water')") == "#131c24"
    pixel = (
        "(() => { const c = document.querySelector('.leaflet-gm-land-pane canvas');"
        " const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        " return Math.max(d[0], d[4 * 5000], d[4 * 50000]); })()"
    )
    dark = page.evaluate(pixel)
    page.emulate_media(color_scheme="light")
    page.wait_for_timeout(200)
    assert page.evaluate(pixel) > dark


def test_sandboxed_frame(seed_page: Path, visit: Callable[..., Visit], tmp_path: Path) -> None:
    shell = tmp_path / "notebook.html"
    figure = ArticleMap(*page_tables.seed().frames())._repr_html_()
    shell.write_text(f"<html data-ready=1><body>{figure}</body></html>", encoding="utf-8")
    seen = visit(shell)
    frame = seen.page.frame_locator("iframe")
    frame.locator(".gm-mark", has_text="Noven'ke").click()
    assert "settlement" in frame.locator("[role=dialog]").first.inner_text()


@pytest.mark.parametrize("policy", [True, False])
def test_hostile_text_stays_text(policy: bool, visit: Callable[..., Visit], tmp_path: Path) -> None:
    tables = page_tables.Tables()
    name = ("geonames:1" + HOSTILE, HOSTILE, "settlement", "UA", "21", 51.2, 35.1)
    natural = ("geomap:x", HOSTILE * 40, "natural", None, None, 50.8, 35.5)
    text = f"In {HOSTILE} it was.\n\nThen {HOSTILE} again 😀 in Kyiv."
    tables.article(
        "a" + HOSTILE, text, title=HOSTILE, source=HOSTILE, url="javascript:window.hacked=4"
    )
    other = {
        "place_id": HOSTILE, "name": HOSTILE, "kind": HOSTILE, "country_code": HOSTILE,
        "admin1_name": HOSTILE, "latitude": 1.0, "longitude": 2.0, "confidence": 0.1,
    }  # fmt: skip
    given = {"reasons": [HOSTILE], "alternatives": [other], "inside": HOSTILE}
    tables.mention(3, 3 + len(HOSTILE), name, **given)
    second = text.index(HOSTILE, 20)
    tables.mention(second, second + len(HOSTILE), natural, **given)
    tables.details["geomap:x"] = {"radius_km": 100.0, "source": HOSTILE}
    tables.mention(text.index("Kyiv"), text.index("Kyiv") + 4, None, reasons=[HOSTILE])
    path = tmp_path / "hostile.html"
    ArticleMap(*tables.frames(), title=HOSTILE).save(path)
    if not policy:
        page = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"<meta http-equiv[^>]*>", "", page), encoding="utf-8")
    seen = visit(path)
    page = seen.page
    assert page.locator("#gm-title").evaluate("n => n.textContent") == HOSTILE
    marks = page.locator(".gm-mark").evaluate_all("nodes => nodes.map(n => n.textContent)")
    assert marks == [HOSTILE, HOSTILE, "Kyiv"]
    page.locator(".gm-mark").first.click()
    seen.details()
    page.locator(".gm-mark").nth(1).hover()
    page.locator("path[data-place='geomap:x']").hover()
    for tab in ("places", "unplaced", "about"):
        page.click(f"#gm-tab-{tab}")
    page.click("#gm-tab-article")
    page.locator(".gm-mark").first.click()
    seen.details()
    page.locator("[role=dialog]").get_by_text("Wrong place?").click()
    page.get_by_role("button", name="It is").first.click()
    page.locator("#gm-corrections li").wait_for()
    page.click("#gm-tab-places")
    page.get_by_text("As a table").click()
    page.fill("#gm-query", "img")
    page.wait_for_timeout(300)
    assert page.evaluate("window.hacked") is None
    assert page.locator("img, script[src], a[href^=javascript]").count() == 0
    assert "49" not in page.locator("#gm-title").inner_text()


@pytest.fixture(scope="module")
def several_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("several") / "map.html"
    ArticleMap(*page_tables.several().frames()).save(path)
    return path


def test_several_articles_one_by_one(several_page: Path, visit: Callable[..., Visit]) -> None:
    seen = visit(several_page)
    page = seen.page
    assert page.locator("#gm-title").inner_text() == "Places in 3 articles"
    assert page.locator("#gm-meta").inner_text() == "3 articles · 1 March 2025 – 8 March 2025"
    page.locator("summary", has_text="The second day").click()
    page.get_by_role("button", name="Only this article on the map").nth(1).click()
    assert page.locator("#gm-filter").inner_text().startswith("Only The second day")
    assert page.locator(".gm-text-one >> visible=true").count() == 1
    seen.mark("Moscow").click()
    assert seen.details().count("characters") == 1
    page.locator("#gm-filter button").click()
    assert seen.details().count("characters") == 3
    assert [t for t in seen.details().split("\n") if t.startswith("The ")] == [
        "The second day Wire · 8 March 2025",  # the one that was clicked comes first
        "The first day Wire · 1 March 2025",
        "The third day Wire",
    ]


def test_time_slider(several_page: Path, visit: Callable[..., Visit]) -> None:
    page = visit(several_page).page
    assert page.locator("#gm-time-span").inner_text() == "1 March 2025 – 8 March 2025"
    assert page.locator("[data-place='geonames:805767']").count() >= 1
    page.focus("#gm-until")
    page.keyboard.press("ArrowLeft")
    assert page.locator("#gm-time-span").inner_text() == "1 March 2025"
    assert page.locator(".gm-pin-box[data-place='geonames:805767']").count() == 0
    assert page.locator("#gm-filter").inner_text() == "1 article of 3"
    page.keyboard.press("ArrowRight")
    assert page.locator("#gm-filter").is_hidden()


def test_link_to_an_article(several_page: Path, visit: Callable[..., Visit]) -> None:
    seen = visit(several_page)
    seen.go("#article=third")
    assert seen.page.locator("#gm-article-2").get_attribute("open") is not None


def save(page: Any, choice: str) -> Path:
    page.click("#gm-menu summary")
    with page.expect_download() as download:
        page.get_by_role("button", name=choice).click()
    return Path(download.value.path())


def test_downloads_hold_what_is_shown(seed_page: Path, visit: Callable[..., Visit]) -> None:
    page = visit(seed_page, accept_downloads=True).page
    page.uncheck("#gm-associative")
    features = json.loads(save(page, "GeoJSON").read_text("utf-8"))["features"]
    assert len(features) == 6
    novenke = next(f for f in features if f["properties"]["text"] == "Noven'ke")
    assert novenke["geometry"]["coordinates"] == [35.10538, 51.22021]
    rows = list(csv.DictReader(save(page, "CSV").read_text("utf-8-sig").splitlines()))
    assert [r["name"] for r in rows].count("Kursk Oblast") == 2
    assert save(page, "PNG").read_bytes().startswith(b"\x89PNG")
    picture = ElementTree.parse(save(page, "SVG")).getroot()
    texts = [node.text for node in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Noven'ke", "Kursk Oblast"} <= set(texts)


def test_a_formula_in_a_table_is_disarmed(visit: Callable[..., Visit], tmp_path: Path) -> None:
    tables = page_tables.Tables()
    tables.article("a", "=cmd was there.", title="=1+1")
    tables.mention(0, 4, page_tables.NOVENKE)
    ArticleMap(*tables.frames()).save(tmp_path / "map.html")
    page = visit(tmp_path / "map.html", accept_downloads=True).page
    row = next(csv.DictReader(save(page, "CSV").read_text("utf-8-sig").splitlines()))
    assert (row["title"], row["text"]) == ("'=1+1", "'=cmd")


def test_corrections(seed_page: Path, visit: Callable[..., Visit]) -> None:
    seen = visit(seed_page, accept_downloads=True)
    page = seen.page
    seen.mark("Moscow").click()
    page.get_by_text("Wrong place?").click()
    page.get_by_role("button", name="It is Moscow, Idaho, US").click()
    assert "settlement · Idaho · United States" in seen.details()
    assert page.locator(".gm-pin-box[data-place='geonames:5601538']").count() == 1
    assert page.locator(".gm-pin-box[data-place='geonames:524901']").count() == 0

    seen.mark("Kursk").click()
    page.get_by_text("Wrong place?").click()
    page.get_by_text("only the mention at").click()
    page.get_by_role("button", name="Not a place").click()
    seen.mark("Noven'ke").click()
    page.get_by_text("Wrong place?").click()
    page.locator("[role=dialog]").get_by_label("Latitude, longitude").fill("200, 3")
    page.get_by_role("button", name="It is here").click()
    assert "like 51.220, 35.105" in page.locator("[role=dialog] [role=alert]").inner_text()
    page.locator("[role=dialog]").get_by_label("Latitude, longitude").fill("51.5, 35.5")
    page.get_by_role("button", name="It is here").click()
    details = seen.details()
    assert "51.500° N, 35.500° E" in details
    assert "settlement · Kursk Oblast · Russia" in details  # by the drawn outline
    assert "confident (100 %)" in details
    page.get_by_text("Why this place").click()
    page.get_by_text("Other places it could be (1)").click()
    assert "corrected by hand" in seen.details()
    # What was marked before leads to where it is now.
    page.keyboard.press("Escape")
    seen.mark("Noven'ke").click()
    assert "51.500° N, 35.500° E" in seen.details()
    seen.mark("Kursk").click()
    assert page.locator("#gm-panel-unplaced").is_visible()
    assert "corrected by hand" in page.locator("#gm-panel-unplaced").inner_text()
    page.click("#gm-tab-article")

    with page.expect_download() as download:
        page.get_by_role("button", name="Download corrections.json").click()
    made = json.loads(Path(download.value.path()).read_text("utf-8"))["corrections"]
    assert [(c["text"], c["was"], c["place"] and c["place"]["id"]) for c in made] == [
        ("Moscow", "geonames:524901", "geonames:5601538"),
        ("Moscow", "geonames:524901", "geonames:5601538"),
        ("Kursk", "admin1:RU.41", None),
        ("Noven'ke", "geonames:805767", "coordinates:51.5,35.5"),
    ]
    text = page_tables.SEED.read_text("utf-8")
    assert all(text[c["start"] : c["end"]] == c["text"] for c in made)

    for _ in made:
        page.locator("#gm-corrections li button").first.click()
    assert page.locator("#gm-corrections").is_hidden()
    assert page.locator(".gm-pin-box[data-place='geonames:524901']").count() == 1


def test_a_name_left_out_can_be_placed(seed_page: Path, visit: Callable[..., Visit]) -> None:
    seen = visit(seed_page)
    page = seen.page
    seen.mark("New York").press("Enter")
    entry = page.locator("#gm-panel-unplaced li", has_text="New York Times").first
    assert entry.locator("button").first.evaluate("n => n === document.activeElement")
    entry.get_by_text("Is it a place?").click()
    entry.get_by_label("Latitude, longitude").fill("42.9, -75.5")
    page.keyboard.press("Enter")
    assert "settlement · New York State · United States" in seen.details()
    assert page.locator("#gm-tab-unplaced").inner_text() == "Unplaced1"
    assert page.locator("#gm-summary").inner_text().startswith("28 mentions of 9 places")


def test_the_command_applies_what_the_page_downloads(
    visit: Callable[..., Visit], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, fixes = tmp_path / "map.html", tmp_path / "corrections.json"
    assert main(["map", str(page_tables.SEED), "-o", str(path)]) == 0
    seen = visit(path, accept_downloads=True)
    page = seen.page
    seen.mark("Noven'ke").click()
    page.get_by_text("Wrong place?").click()
    page.locator("[role=dialog]").get_by_label("Latitude, longitude").fill("50.9, 34.8")
    page.get_by_role("button", name="It is here").click()
    seen.mark("Washington").click()
    page.get_by_text("Wrong place?").click()
    page.get_by_role("button", name="Not a place").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download corrections.json").click()
    download.value.save_as(fixes)
    capsys.readouterr()
    given = ["-o", str(path), "--corrections", str(fixes)]
    assert main(["map", str(page_tables.SEED), *given]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert "Washington" not in said.out
    seen.go()
    assert seen.page.locator("#gm-corrections").is_hidden()
    seen.mark("Noven'ke").click()
    details = seen.details()
    assert "settlement · Sumy Oblast · Ukraine" in details
    assert "50.900° N, 34.800° E" in details
    assert "confident (100 %)" in details
    page.get_by_text("Why this place").click()
    assert "corrected by hand" in seen.details()
    page.click("#gm-tab-unplaced")
    assert "corrected by hand" in page.locator("#gm-panel-unplaced").inner_text()
    # Another file of the same name: nothing fits, one line each, and the page is made.
    (tmp_path / page_tables.SEED.name).write_text("Nothing of the kind in Oslo.", encoding="utf-8")
    assert main(["map", str(tmp_path / page_tables.SEED.name), *given]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert [line.endswith("left out") for line in lines] == [True, True]


def test_one_country_or_region_alone(seed_page: Path, visit: Callable[..., Visit]) -> None:
    page = visit(seed_page).page
    page.click("#gm-tab-places")
    page.get_by_role("button", name="Show only Sumy Oblast").click()
    assert page.locator("#gm-region").inner_text().startswith("Only Sumy Oblast")
    names = page.locator(".gm-row[data-place]").all_inner_texts()
    assert [name.split("\n")[0] for name in names] == ["Sumy Oblast", "Noven'ke"]
    assert page.locator("path[data-place='admin1:RU.41']").count() == 0
    assert "2 places shown" in page.locator("#gm-summary").inner_text()
    page.get_by_role("button", name="Show all").click()
    page.get_by_role("button", name="Show only Russia").click()
    assert page.locator(".gm-row[data-place]").count() == 3
    page.get_by_role("button", name="Show all").click()
    assert page.locator(".gm-row[data-place]").count() == 8
    assert page.locator("#gm-region").is_hidden()


def test_a_table_says_what_the_map_shows(seed_page: Path, visit: Callable[..., Visit]) -> None:
    seen = visit(seed_page)
    page = seen.page
    page.click("#gm-tab-places")
    page.get_by_text("As a table").click()
    assert page.locator("caption").inner_text() == "8 places on the map"
    row = page.get_by_role("row", name="Noven'ke").locator("th, td")
    assert row.all_inner_texts() == [
        "Noven'ke", "settlement", "Sumy Oblast", "Ukraine", "1", "0", "confident (95 %)",
    ]  # fmt: skip
    page.uncheck("#gm-associative")
    assert page.get_by_role("row").count() == 5
    page.get_by_role("button", name="Kursk Oblast").last.press("Enter")
    assert seen.details().startswith("×\nKursk Oblast")


def test_seas_and_lakes_are_named(seed_page: Path, visit: Callable[..., Visit]) -> None:
    page = visit(seed_page).page
    page.evaluate("geomap.map.setView([43, 33], 5, {animate: false}), 0")
    named = set(page.locator(".gm-label-water").all_inner_texts())
    assert {"Black Sea", "Sea of Azov", "Aegean Sea"} <= named
    page.evaluate("geomap.map.setView([20, 0], 2, {animate: false}), 0")
    assert "Atlantic Ocean" in page.locator(".gm-label-water").all_inner_texts()


@pytest.fixture(scope="module")
def nature_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tables = page_tables.Tables()
    text = "The Danube rose at Budapest. The Black Sea was calm; the Middle East was not."
    tables.article("a", text)
    for name, place, details in [
        ("Danube", ("geomap:danube", "Danube", "natural", None, None, 46.0, 18.9),
         {"feature_code": "STM", "radius_km": 850.0}),
        ("Budapest", ("geonames:3054643", "Budapest", "settlement", "HU", "05", 47.498, 19.04), {}),
        ("Black Sea", ("geomap:black-sea", "Black Sea", "natural", None, None, 43.4, 34.3),
         {"radius_km": 550.0}),
        ("Middle East", ("geomap:middle-east", "Middle East", "region", None, None, 29.0, 42.0),
         {"feature_code": "RGN", "radius_km": 1700.0}),
    ]:  # fmt: skip
        start = text.index(name)
        tables.mention(start, start + len(name), place)
        tables.details[place[0]] = details
    path = tmp_path_factory.mktemp("nature") / "map.html"
    ArticleMap(*tables.frames()).save(path)
    return path


def test_natural_features_are_soft_areas_not_pins(
    nature_page: Path, visit: Callable[..., Visit]
) -> None:
    seen = visit(nature_page, accept_downloads=True)
    page = seen.page
    pins = page.locator(".gm-pin-box").evaluate_all("nodes => nodes.map(n => n.dataset.place)")
    assert pins == ["geonames:3054643"]
    # What reaches far does not widen the first view.
    assert page.evaluate("geomap.map.getZoom()") >= 7
    page.evaluate("geomap.map.setView([42, 30], 4, {animate: false}), 0")
    width = "n => n.getBoundingClientRect().width"
    danube = page.locator("path[data-place='geomap:danube']")
    assert danube.evaluate(width) == 24  # a spot, however long the river
    middle_east = page.locator("path[data-place='geomap:middle-east']")
    assert middle_east.evaluate(width) > 200
    assert middle_east.evaluate("n => getComputedStyle(n).stroke") == "none"
    assert "gm-fade-literal" in middle_east.evaluate("n => getComputedStyle(n).fill")
    italic = page.locator(".gm-label-natural")
    assert set(italic.all_inner_texts()) == {"Danube", "Black Sea"}
    assert italic.first.evaluate("n => getComputedStyle(n).fontStyle") == "italic"
    page.click("#gm-legend summary")
    assert "about there" in page.locator("#gm-legend-list").inner_text()
    # A sea lies under the land, and is hit all the same.
    box = page.locator("path[data-place='geomap:black-sea']").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert seen.details().startswith("×\nBlack Sea")
    seen.mark("Danube").click()
    assert "one point of it, not its course" in seen.details()
    assert danube.evaluate("n => getComputedStyle(n).stroke") == "rgb(179, 38, 30)"
    picture = save(page, "SVG").read_text("utf-8")
    assert 'id="gm-paper-literal"' in picture
    assert 'fill="url(#gm-paper-literal)"' in picture


def named(text: str, *places: Place) -> ParsedArticle:
    found = []
    for place in places:
        start = text.index(place.name)
        toponym = Toponym(place.name, start, start + len(place.name))
        found.append(Resolution(toponym, place, 0.95))
    return ParsedArticle(Article("a", text), tuple(found))


@pytest.fixture(scope="module")
def joined_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    article = named(
        "From Sudzha to Noven'ke, in Sumy Oblast; Lebedyn was quiet, and so was Tokyo.",
        Place("geonames:486137", "Sudzha", 51.19, 35.27, "settlement", "PPLA2", "RU", "41"),
        Place("geonames:805767", "Noven'ke", 51.22, 35.105, "settlement", "PPL", "UA", "21"),
        Place("admin1:UA.21", "Sumy Oblast", 51.0, 34.0, "region", "ADM1", "UA", "21",
              "Sumy Oblast", radius_km=90),
        Place("geonames:702760", "Lebedyn", 50.583, 34.485, "settlement", "PPL", "UA", "21"),
        Place("geonames:1850147", "Tokyo", 35.69, 139.69, "settlement", "PPLC", "JP", "40"),
    )  # fmt: skip
    zones = gpd.GeoDataFrame(
        {"zone": ["<i>north", "pocket", "UA"]},
        geometry=[box(33, 50.9, 37, 53), box(35.0, 51.1, 35.2, 51.3), box(33, 45, 39, 50.9)],
        crs="EPSG:4326",
    )
    path = tmp_path_factory.mktemp("joined") / "map.html"
    Atlas([article]).join(zones, on="zone").save(path)
    return path


def test_areas_of_one_s_own_are_drawn_in_place_of_ours(
    joined_page: Path, visit: Callable[..., Visit]
) -> None:
    seen = visit(joined_page, accept_downloads=True)
    page = seen.page
    spoken = page.locator("path[data-area]").evaluate_all(
        "nodes => nodes.map(n => n.getAttribute('aria-label'))"
    )
    assert sorted(spoken) == [
        "<i>north: 1 mention of 1 place",
        "UA: 1 mention of 1 place",
        "pocket: 1 mention of 1 place",
    ]
    assert {"<i>north", "pocket"} <= set(page.locator(".gm-label-own").all_inner_texts())
    assert page.locator(".gm-label-region").count() == 0
    assert page.locator("path[data-place='admin1:UA.21']").evaluate("n => n.getBBox().width") > 100

    page.click("#gm-tab-places")
    tops = page.locator("#gm-panel-places > details > summary").all_inner_texts()
    assert [text.split("\n")[0] for text in tops[:-1]] == [
        "pocket", "<i>north", "UA", "In none of the areas",
    ]  # fmt: skip
    group = page.locator("details[data-key='UA']")
    group.get_by_role("button", name="Show only UA").click()
    assert page.locator("#gm-region").inner_text().startswith("Only UA")
    assert page.locator(".gm-row[data-place]").all_inner_texts() == ["Lebedyn\n1"]
    page.get_by_role("button", name="Show all").click()

    # The smaller one lies on top of the larger.
    page.click("#gm-tab-article")
    page.evaluate("geomap.map.setView([51.2, 35.1], 9, {animate: false}), 0")
    at = page.evaluate("geomap.map.latLngToContainerPoint([51.15, 35.05])")
    page.mouse.move(at["x"], at["y"])
    assert page.locator(".gm-tooltip").inner_text() == "pocket: 1 mention of 1 place"
    page.mouse.click(at["x"], at["y"])
    assert page.locator("#gm-panel-places").is_visible()
    summary = page.locator("details[data-key='pocket'] > summary")
    assert summary.evaluate("n => n === document.activeElement")

    page.locator(".gm-row", has_text="Noven'ke").click()
    assert "area: pocket" in seen.details()
    page.get_by_text("Wrong place?").click()
    page.locator("[role=dialog]").get_by_label("Latitude, longitude").fill("50.6, 36.6")
    page.get_by_role("button", name="It is here").click()
    details = seen.details()
    assert "settlement · Belgorod Oblast · Russia" in details
    assert "area: UA" in details
    assert page.locator("path[data-area=pocket]").get_attribute("aria-label") == (
        "pocket: 0 mentions of 0 places"
    )
    rows = list(csv.DictReader(save(page, "CSV").read_text("utf-8-sig").splitlines()))
    assert {row["name"]: row["area"] for row in rows} == {
        "Sudzha": "<i>north", "Noven'ke": "UA", "Sumy Oblast": "", "Lebedyn": "UA", "Tokyo": "",
    }  # fmt: skip
    page.fill("#gm-query", "<i>nor")
    assert page.locator("#gm-hits li").all_inner_texts()[0].startswith("Sudzha")


def test_who_answered_is_credited(visit: Callable[..., Visit], tmp_path: Path) -> None:
    credit = "© OpenStreetMap contributors"
    for name, details, runner_up, said in [
        ("own", {}, "geonames:2", []),
        ("osm", {"source": "nominatim"}, "geonames:2", [credit]),
        ("runner-up", {}, "osm:n2", [credit]),
        ("other", {"source": "<i>bing"}, "geonames:2", ["<i>bing"]),
    ]:
        tables = page_tables.Tables()
        tables.article("a", "In Noven'ke it was.")
        other = {
            "place_id": runner_up, "name": "X", "kind": "settlement", "latitude": 1.0,
            "longitude": 2.0, "confidence": 0.1,
        }  # fmt: skip
        tables.mention(3, 11, page_tables.NOVENKE, alternatives=[other])
        tables.details["geonames:805767"] = details
        ArticleMap(*tables.frames()).save(tmp_path / f"{name}.html")
        page = visit(tmp_path / f"{name}.html", accept_downloads=True).page
        on_map = page.locator(".leaflet-control-attribution").inner_text()
        assert on_map == " · ".join(["Natural Earth", "GeoNames", *said, "Leaflet"])
        assert page.locator(".leaflet-control-attribution i").count() == 0
        page.click("#gm-tab-about")
        listed = page.locator("#gm-panel-about li", has_text="Some places: ").all_inner_texts()
        assert [
            line.removeprefix("Some places: ").removesuffix(", ODbL") for line in listed
        ] == said
        picture = ElementTree.parse(save(page, "SVG")).getroot()
        texts = [node.text or "" for node in picture.iter("{http://www.w3.org/2000/svg}text")]
        assert any(credit in text for text in texts) == (credit in said)


def test_the_map_by_keyboard(seed_page: Path, visit: Callable[..., Visit]) -> None:
    seen = visit(seed_page)
    page = seen.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id").startswith("article_map")
    before = page.evaluate("geomap.map.getCenter().lng")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("before => geomap.map.getCenter().lng > before", arg=before)
    pin = page.locator("[data-place='geonames:805767']").first
    pin.focus()
    assert pin.evaluate("n => getComputedStyle(n).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert seen.details().startswith("×\nNoven'ke")
    page.keyboard.press("Escape")
    assert pin.evaluate("n => n === document.activeElement")


def test_hover_previews(seed_page: Path, visit: Callable[..., Visit]) -> None:
    seen = visit(seed_page)
    seen.page.locator(".gm-pin-box[data-place='geonames:805767']").hover()
    assert "village of Noven'ke" in seen.page.locator(".gm-tooltip").inner_text()
    seen.mark("Sumy").hover()
    assert seen.page.locator("path[data-place='admin1:UA.21'].gm-hover").count() == 1


def test_copy_link(seed_page: Path, visit: Callable[..., Visit]) -> None:
    seen = visit(seed_page, permissions=["clipboard-read", "clipboard-write"])
    seen.mark("Noven'ke").click()
    seen.page.get_by_role("button", name="Copy link").click()
    seen.page.get_by_role("button", name="Copied").wait_for()
    link = seen.page.evaluate("navigator.clipboard.readText()")
    assert link == seen.url + "#place=geonames%3A805767"


def test_buttons_frame_where_it_happened_or_everything(
    seed_page: Path, visit: Callable[..., Visit]
) -> None:
    page = visit(seed_page).page
    bounds = "(b => [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()])(geomap.map.getBounds())"
    west, south, east, north = page.evaluate(bounds)
    assert west < 33 < 38 < east < west + 20
    assert south < 50.5 < 52 < north
    page.click("#gm-all")
    west, _, east, _ = page.evaluate(bounds)
    assert west < -77 < 100 < east
    page.click("#gm-home")
    assert page.evaluate(bounds)[2] < 50


def test_reduced_motion_jumps(seed_page: Path, visit: Callable[..., Visit]) -> None:
    for motion, still in (("reduce", True), ("no-preference", False)):
        seen = visit(seed_page, reduced_motion=motion)
        seen.mark("Washington").click()
        assert (seen.page.locator("#gm-details-name").count() == 1) is still
        seen.details()


def test_print_has_the_map_and_the_whole_article(
    seed_page: Path, visit: Callable[..., Visit]
) -> None:
    page = visit(seed_page, color_scheme="dark").page
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    picture = page.locator(".gm-paper svg")
    assert picture.is_visible()
    assert picture.locator("rect").get_attribute("fill") == "#cddde6"  # light, though read dark
    assert "Noven'ke" in picture.locator("text").all_text_contents()
    shape, given = picture.bounding_box(), picture.get_attribute("viewBox").split()
    ratio = float(given[2]) / float(given[3])  # else land would show beyond the map's edges
    assert shape["width"] / shape["height"] == pytest.approx(ratio, rel=0.01)
    assert not page.locator(".folium-map").is_visible()
    assert page.locator("#gm-panel-article").is_visible()
    assert page.locator("#gm-panel-places").is_visible()
    assert not page.locator("#gm-tabs").is_visible()
    page.emulate_media(media="screen")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert picture.count() == 0
    assert page.locator(".folium-map").is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")
    assert picture.count() == 0


@pytest.mark.parametrize(("count", "seconds"), [(2_000, 3.0), (10_000, 4.0)])
def test_many_places(
    count: int, seconds: float, visit: Callable[..., Visit], tmp_path: Path
) -> None:
    """The bound is generous, for a machine that does other work; the benchmark prints figures."""
    ArticleMap(*page_tables.many(count).frames()).save(tmp_path / "map.html")
    seen = visit(tmp_path / "map.html")
    start = time.perf_counter()
    seen.page.reload()
    seen.page.wait_for_function("document.documentElement.dataset.ready")
    assert time.perf_counter() - start < seconds
    seen.page.fill("#gm-query", f"place{count - 1}")
    seen.page.keyboard.press("Enter")
    assert seen.details().startswith(f"×\nPlace{count - 1}")


def test_users_layers_work(visit: Callable[..., Visit], tmp_path: Path) -> None:
    page_map = ArticleMap(*page_tables.seed().frames())
    point = {
        "type": "Feature",
        "properties": {},
        "geometry": {"type": "Point", "coordinates": [35, 51]},
    }
    folium.GeoJson(point).add_to(page_map)
    folium.CircleMarker([50.0, 36.0], popup="A depot", tooltip="depot").add_to(page_map)
    HeatMap([[51.0, 35.0], [51.2, 35.4]]).add_to(page_map)
    folium.LayerControl().add_to(page_map)
    assert isinstance(page_map, folium.Map)
    path = tmp_path / "layers.html"
    page_map.save(path)
    page = visit(path).page
    assert page.locator(".leaflet-marker-pane img[src^='data:image/png']").count() == 1
    heat = page.locator("canvas.leaflet-heatmap-layer")
    assert heat.evaluate(
        "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v > 0)"
    )
    page.locator(".leaflet-overlay-pane path").dispatch_event("click")
    assert page.locator(".leaflet-popup").inner_text().strip().startswith("A depot")


@pytest.mark.parametrize(
    ("layer", "named"),
    [
        (lambda: MarkerCluster([[51.0, 35.0]]), "markercluster"),
        (
            lambda: folium.TileLayer("https://tiles.example.org/{z}/{x}/{y}.png", attr="x"),
            "tiles.example.org",
        ),
        (lambda: folium.Marker([51, 35], icon=folium.Icon(icon="home")), "awesome-markers"),
    ],
)
def test_a_layer_from_elsewhere_is_an_error_that_names_the_mend(
    layer: Callable[[], Any], named: str, tmp_path: Path
) -> None:
    page_map = ArticleMap(*page_tables.seed().frames())
    layer().add_to(page_map)
    with pytest.raises(OutputError, match=rf"{named}.*self_contained=False"):
        page_map.save(tmp_path / "map.html")
    assert list(tmp_path.iterdir()) == []


def test_what_was_allowed_widens_the_policy_to_its_host(tmp_path: Path) -> None:
    page_map = ArticleMap(*page_tables.seed().frames(), self_contained=False)
    MarkerCluster([[51.0, 35.0]]).add_to(page_map)
    page_map.save(tmp_path / "map.html")
    policy = re.search(r'Policy" content="([^"]*)"', (tmp_path / "map.html").read_text("utf-8"))
    assert policy is not None
    assert re.search(r"script-src [^;]*https://cdnjs\.cloudflare\.com(;| )", policy[1])
    assert "default-src 'none'" in policy[1]


def test_tiles_on_request(tmp_path: Path) -> None:
    tables = page_tables.seed().frames()
    page_map = ArticleMap(
        *tables,
        tiles="https://{s}.tiles.example.org/{z}/{x}/{y}.png",
        tiles_attribution="<b>Us</b>",
    )
    page_map.save(tmp_path / "map.html")
    text = (tmp_path / "map.html").read_text("utf-8")
    assert "img-src data: blob: https://*.tiles.example.org;" in text


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["--tiles", "https://tiles.example.org/"], "no address of tiles"),
        (["--tiles", "http://tiles.example.org/{z}/{x}/{y}.png"], "no address of tiles"),
        (["--tiles", 'https://u"; script-src *; /{z}/{x}/{y}'], "no address of tiles"),
        (["--tiles", "https:///{z}/{x}/{y}.png"], "no address of tiles"),
        (["--tiles-attribution", "Us"], "without tiles"),
    ],
)
def test_tiles_that_are_none(
    given: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "map.html"
    assert main(["map", str(page_tables.SEED), "-o", str(path), *given]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert says in line
    assert not path.exists()


def test_tiles_by_the_command(tmp_path: Path, chromium: Any) -> None:
    path = tmp_path / "map.html"
    given = ["--tiles", "https://tiles.example.org/{z}/{x}/{y}.png", "--tiles-attribution", "<b>Us"]
    assert main(["map", str(page_tables.SEED), "-o", str(path), *given]) == 0
    page = chromium.new_page()
    asked: list[str] = []
    page.route(
        re.compile("^https:"), lambda route: (asked.append(route.request.url), route.abort())
    )
    with page.expect_request(re.compile("^https:")):
        page.goto(path.as_uri())
    page.wait_for_function("document.documentElement.dataset.ready")
    assert page.locator(".leaflet-control-attribution").inner_text().endswith("<b>Us")
    page.click("#gm-tab-about")
    assert "loads background pictures from https://tiles.example.org" in page.inner_text(
        "#gm-panel-about"
    )
    assert all(url.startswith("https://tiles.example.org/") for url in asked)
    page.close()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    page_map = ArticleMap(*page_tables.seed().frames())
    with pytest.raises(OutputError, match=r"nowhere does not exist"):
        page_map.save(tmp_path / "nowhere" / "map.html")


def test_maps_do_not_share_links() -> None:
    """``folium.Map.add_js_link`` changes a list of the class."""
    assert [name for name, _ in ArticleMap.default_js] == ["leaflet"]
    assert ArticleMap.default_js is not folium.Map.default_js
