"""The page of a corpus in a real browser: what a reader does, and what the page leaves out."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpus_tables import article, invented, mention, place, write
from test_accessibility import AXE, RULES, RUN, SIZES
from test_page import HOSTILE, Visit

import geomap
from geomap.cli import main
from geomap.corpus import Dataset, aggregates
from geomap.records import Place
from geomap.webmap import corpus_payload
from geomap.webmap.corpus_payload import numbers

LIMIT = 1_500_000
SUMY, KURSK, KYIV = (place(name).id for name in ("Sumy", "Kursk", "Kyiv"))


def articles() -> list[dict[str, Any]]:
    """Return articles of five months: Sumy more and more, Kursk in August, Ukraine as a whole."""
    made = []
    ukraine = place("Ukraine")
    for number in range(60):
        month, source = 4 + number % 5, ("The Herald", "Wire", None)[number % 3]
        day = None if number % 15 == 14 else date(2024, month, 1 + number % 28)
        one = article(f"a{number:02}", published=day, source=source)
        mention(one, place("Sumy"))
        if number % 2:
            mention(one, place("Kyiv"), role="associative", confidence=0.6)
        if month == 8:
            mention(one, place("Kursk"))
        if number % 4 == 0:
            mention(one, ukraine, role="associative")
        if number % 6 == 0:
            mention(one, None)
        for name in ("Paris", "Lyon", "Nairobi", "Suva"):
            if number % 7 == len(name) % 7:
                mention(one, place(name))
        made.append(one)
    return made


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = articles()
    return write(tmp_path_factory.mktemp("corpus") / "out", [made[:25], made[25:]])


@pytest.fixture(scope="module")
def page_file(dataset: Path) -> Path:
    path = dataset.parent / "map.html"
    assert main(["map", str(dataset), "-o", str(path)]) == 0
    return path


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


def expected(keep: Callable[[dict[str, Any], dict[str, Any]], bool]) -> Counter[str]:
    """Count the mentions of each place that `keep` lets through."""
    return Counter(
        row["place_id"]
        for one in articles()
        for row in one["mentions"]
        if row["place_id"] and keep(one, row)
    )


def counted(page: Any) -> dict[str, int]:
    counts = page.evaluate(
        "Object.fromEntries(geomap.data.places.filter(p => p.count > 0).map(p => [p.id, p.count]))"
    )
    return dict(counts)


def settle(page: Any) -> None:
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def told(seen: Visit) -> str:
    """Return what the details say, without empty lines."""
    return re.sub(r"\n\s*\n", "\n", seen.details())


def find(page: Any, name: str) -> None:
    page.fill("#gm-query", name)
    page.keyboard.press("Enter")
    page.wait_for_selector("#gm-details-name")


# ---------------------------------------------------------------- what is on it


def test_one_file_that_names_no_other(page_file: Path) -> None:
    text = page_file.read_text(encoding="utf-8")
    assert page_file.stat().st_size < LIMIT
    assert "default-src 'none'" in text
    assert "connect-src" not in text
    assert not re.search(r"<(script|img|iframe)[^>]*\ssrc=|<link\b", text.split("<script>")[0])


def test_the_command_prints_the_places(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "map.html"
    assert main(["map", str(dataset), "-o", str(path), "--title", "A <b>title</b>"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"Sumy +settlement +Sumy Oblast +Ukraine +60", out)
    assert out.endswith(f"10 mentions left unplaced; the page says why\n{path}\n")
    assert "<title>A &lt;b&gt;title&lt;/b&gt;</title>" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["seeds"], "a dataset is mapped alone"),
        (["--corrections", "c.json"], "go with articles"),
        (["--online", "nominatim"], "go with articles"),
    ],
)
def test_what_does_not_go_with_a_dataset(
    dataset: Path,
    more: list[str],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("c.json").write_text('{"corrections": []}')
    assert main(["map", str(dataset), *more, "-o", "map.html"]) == 2
    assert message in capsys.readouterr().err
    assert not Path("map.html").exists()


def test_it_opens_offline_with_the_counts_of_the_data(
    page_file: Path, visit: Callable[..., Visit]
) -> None:
    page = visit(page_file).page
    everything = expected(lambda one, row: True)
    assert counted(page) == everything
    assert page.locator("#gm-title").inner_text() == "Places in 60 articles"
    assert "60 articles · April 2024 – August 2024 · 2 sources" not in page.content()
    assert "60 articles · 1 April 2024 – " in page.locator("#gm-meta").inner_text()
    total = sum(everything.values())
    assert page.locator("#gm-summary").inner_text() == (
        f"{total} mentions of {len(everything)} places · 10 names not placed"
    )


def test_regions_and_countries_are_shaded_by_their_mentions(
    page_file: Path, visit: Callable[..., Visit]
) -> None:
    page = visit(page_file).page
    shade = "(key) => geomap.places.layerOf(geomap.data.shaded.get(key))?.options.fillOpacity"
    assert page.evaluate(shade, "UA.21") > page.evaluate(shade, "FR.11") > 0
    assert page.evaluate(shade, "UA") is None
    counts = expected(lambda one, row: True)
    assert page.evaluate("geomap.data.shaded.get('UA.21').inside") == counts[SUMY]
    # Of the country, all that lies in it and the country itself.
    inside = counts[SUMY] + counts[KYIV] + counts[place("Ukraine").id]
    assert page.evaluate("geomap.data.shaded.get('UA').inside") == inside
    page.click("#gm-legend summary")
    assert f"–{counts[SUMY]}" in page.locator("#gm-legend-list").inner_text()
    page.get_by_label("countries").check()
    assert page.evaluate(shade, "UA") > page.evaluate(shade, "FR") > 0
    assert page.evaluate(shade, "UA.21") is None
    assert f"–{inside}" in page.locator("#gm-legend-list").inner_text()
    assert page.evaluate("document.activeElement.value") == "country"


def test_places_are_gathered_and_open(page_file: Path, visit: Callable[..., Visit]) -> None:
    page = visit(page_file).page
    page.click("#gm-all")
    groups = "geomap.dots.items().filter(i => i.members)"
    group = page.evaluate(f"{groups}.map(i => [i.x, i.y, i.members.map(p => p.name)])")
    assert any({"Kursk", "Sumy"} <= set(names) for _, _, names in group)
    x, y, names = max(group, key=lambda each: len(each[2]))
    zoom = page.evaluate("geomap.map.getZoom()")
    page.mouse.click(x, y)
    page.wait_for_timeout(300)
    assert page.evaluate("geomap.map.getZoom()") > zoom
    assert {"Kursk", "Sumy"} <= set(page.locator(".gm-label-literal").all_inner_texts()) | set(
        names
    )


def test_a_region_on_the_map_opens(page_file: Path, visit: Callable[..., Visit]) -> None:
    seen = visit(page_file)
    point = seen.page.evaluate(
        "(() => { geomap.map.setView([50.6, 34.0], 7, {animate: false});"
        " const p = geomap.map.latLngToContainerPoint([51.9, 33.6]); return [p.x, p.y]; })()"
    )
    seen.page.mouse.click(*point)
    details = told(seen)
    counts = expected(lambda one, row: True)
    assert details.startswith("×\nSumy Oblast\nregion · Ukraine")
    assert f"{counts[SUMY]} mentions of what lies in it shown" in details
    assert "in 60 articles in all" in details
    seen.page.get_by_role("dialog").get_by_role("button", name="Sumy").click()
    assert told(seen).startswith("×\nSumy\nsettlement · Sumy Oblast · Ukraine")


# ---------------------------------------------------------------- filters


def test_the_time_slider_by_keyboard(page_file: Path, visit: Callable[..., Visit]) -> None:
    page = visit(page_file).page
    days = page.evaluate("geomap.data.periods")
    assert days[0] == min(one["published"] for one in articles() if one["published"]).isoformat()
    page.focus("#gm-from")
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    page.focus("#gm-until")
    page.keyboard.press("ArrowLeft")
    settle(page)
    first, last = date.fromisoformat(days[40]), date.fromisoformat(days[-2])

    def fits(one: dict[str, Any], row: Any) -> bool:
        return bool(one["published"] and first <= one["published"] <= last)

    assert counted(page) == expected(fits)
    shown = sum(fits(one, None) for one in articles())
    assert f"{shown} of 60 articles shown" in page.locator("#gm-summary").inner_text()
    assert "without a date not shown" in page.locator("#gm-filter").inner_text()
    assert page.locator("#gm-from").get_attribute("aria-valuetext") == page.evaluate(
        "geomap.day(geomap.data.periods[40])"
    )
    page.click("#gm-time-all")
    settle(page)
    assert counted(page) == expected(lambda one, row: True)


def test_dragging_across_the_bars(page_file: Path, visit: Callable[..., Visit]) -> None:
    page = visit(page_file).page
    box = page.locator("#gm-bars").bounding_box()
    last = page.evaluate("geomap.data.periods.length") - 1
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] + 30, box["y"] + 20)
    page.mouse.up()
    settle(page)
    state = page.evaluate("[geomap.state.from, geomap.state.until]")
    assert state == [(last + 1) // 2, last]
    assert page.locator(".gm-bars .gm-bar-off").get_attribute("d")


def test_sources_and_roles(page_file: Path, visit: Callable[..., Visit]) -> None:
    page = visit(page_file).page
    page.click("#gm-tab-sources")
    texts = page.locator(".gm-source").all_inner_texts()
    assert [re.sub(r"\s+", " ", text) for text in texts] == [
        "The Herald 20 articles",
        "Wire 20 articles",
        "no source named 20 articles",
    ]
    page.get_by_label("Wire").uncheck()
    assert counted(page) == expected(lambda one, row: one["source"] != "Wire")
    assert "40 of 60 articles shown" in page.locator("#gm-summary").inner_text()
    page.uncheck("#gm-associative")
    kept = expected(lambda one, row: one["source"] != "Wire" and row["role"] == "literal")
    assert counted(page) == kept
    page.get_by_role("button", name="None", exact=True).click()
    assert counted(page) == {}
    page.get_by_role("button", name="All sources").click()
    assert page.get_by_label("Wire").is_checked()
    assert counted(page) == expected(lambda one, row: row["role"] == "literal")


def test_one_country_alone(page_file: Path, visit: Callable[..., Visit]) -> None:
    page = visit(page_file).page
    page.get_by_role("button", name="Show only Ukraine").click()
    counts = expected(lambda one, row: row["country_code"] == "UA")
    assert counted(page) == counts
    assert page.evaluate("geomap.data.shaded.get('RU').inside") == 0
    page.get_by_role("button", name="Show all").click()
    assert len(counted(page)) > len(counts)


# ---------------------------------------------------------------- details


def test_evidence_of_a_place(page_file: Path, visit: Callable[..., Visit]) -> None:
    seen = visit(page_file)
    find(seen.page, "sumy")
    details = told(seen)
    assert "60 mentions where something is or happens, 0 only named; in 60 articles" in details
    assert seen.page.locator(".gm-mention").count() == 20
    assert "20 sentences of 60 mentions; all are in the data" in details
    first = seen.page.locator(".gm-mention").first
    assert first.locator("mark").inner_text() == "Sumy"
    link = first.get_by_role("link")
    assert re.fullmatch(r"https://example\.org/a\d\d", link.get_attribute("href"))
    assert link.get_attribute("rel") == "noopener noreferrer"
    assert seen.page.url.endswith(f"#place={SUMY.replace(':', '%3A')}")
    seen.page.get_by_text("Named in the same articles").click()
    assert re.search(r"Kyiv\s*30 articles", told(seen))
    seen.page.keyboard.press("Escape")
    assert seen.page.locator("#gm-details-name").count() == 0


def test_evidence_follows_the_filters(page_file: Path, visit: Callable[..., Visit]) -> None:
    seen = visit(page_file)
    seen.page.click("#gm-tab-sources")
    seen.page.get_by_label("The Herald").uncheck()
    seen.page.get_by_label("no source named").uncheck()
    find(seen.page, "kyiv")
    kept = seen.page.locator(".gm-mention").all_inner_texts()
    assert kept
    assert all("Wire" in text and "only named · unsure (60 %)" in text for text in kept)
    seen.page.get_by_label("Wire").uncheck()
    assert seen.page.locator("#gm-details-name").count() == 0  # nothing of it is left


def test_a_link_opens_a_place_and_back_leaves_it(
    page_file: Path, visit: Callable[..., Visit]
) -> None:
    seen = visit(page_file)
    seen.page.goto("about:blank")
    seen.go(f"#place={KURSK}")
    assert told(seen).startswith("×\nKursk\nsettlement · Kursk Oblast")
    find(seen.page, "paris")
    seen.page.go_back()
    seen.page.wait_for_function("document.getElementById('gm-details-name')?.innerText === 'Kursk'")


def test_names_left_unplaced_and_what_is_not_on_the_page(
    page_file: Path, visit: Callable[..., Visit]
) -> None:
    page = visit(page_file).page
    page.click("#gm-tab-unplaced")
    rows = page.locator("#gm-panel-unplaced tbody tr").all_inner_texts()
    assert [row.split("\t") for row in rows] == [
        ["Nowhere", "10", "10", "no place of that name is known"]
    ]
    page.click("#gm-tab-about")
    about = page.locator("#gm-panel-about").inner_text()
    kept = page.evaluate("geomap.data.evidence.rows.length")
    total = sum(expected(lambda one, row: True).values())
    assert f"{total - kept} sentences: of each place at most 20 are kept" in about
    assert "beyond the" not in about


def test_tables_say_what_the_map_and_the_bars_show(
    page_file: Path, visit: Callable[..., Visit]
) -> None:
    page = visit(page_file).page
    page.get_by_text("As a table").click()
    row = page.locator("#gm-panel-places tbody tr").first
    row.wait_for()
    cells = row.locator("th, td").all_inner_texts()
    assert cells == ["Sumy", "settlement", "Sumy Oblast", "Ukraine", "60", "0", "confident (90 %)"]
    page.click("#gm-tab-dates")
    rows = [r.split("\t") for r in page.locator("#gm-panel-dates tbody tr").all_inner_texts()]
    days = Counter(one["published"] for one in articles())
    assert len(rows) == len(days)
    assert rows[-1][0] == "no date"
    assert sum(int(row[1]) for row in rows) == 60


# ---------------------------------------------------------------- taking it away


def test_downloads(page_file: Path, visit: Callable[..., Visit], tmp_path: Path) -> None:
    page = visit(page_file).page
    page.uncheck("#gm-associative")
    counts = expected(lambda one, row: row["role"] == "literal")

    def save(name: str) -> Path:
        page.click("#gm-menu summary")
        with page.expect_download() as waiting:
            page.get_by_role("button", name=name).click()
        path = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(path)
        return path

    with save("Table as CSV").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["place_id"]: int(row["n_mentions"]) for row in rows} == counts
    features = json.loads(save("Places as GeoJSON").read_text())["features"]
    by_id = {f["properties"]["place_id"]: f["geometry"]["coordinates"] for f in features}
    assert set(by_id) == set(counts)
    assert by_id[SUMY] == pytest.approx([place("Sumy").longitude, place("Sumy").latitude], abs=1e-3)
    picture = save("Picture as SVG").read_text()
    assert ">Nairobi</text>" in picture
    assert picture.count("<path") > 200
    assert save("Picture as PNG").read_bytes().startswith(b"\x89PNG")


def test_print_has_the_map_and_the_tables(page_file: Path, visit: Callable[..., Visit]) -> None:
    page = visit(page_file).page
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".gm-paper svg").is_visible()
    assert page.locator("#gm-panel-unplaced").is_visible()
    assert not page.locator("#gm-tools").is_visible()
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator(".gm-paper").count() == 0


# ---------------------------------------------------------------- everywhere, and safe


def test_on_a_phone_a_sheet_comes_up(page_file: Path, visit: Callable[..., Visit]) -> None:
    seen = visit(page_file, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    find(seen.page, "sumy")
    assert seen.page.locator("#gm-sheet").is_visible()
    assert seen.page.locator(".leaflet-popup").count() == 0
    seen.page.locator("#gm-sheet .gm-close").click()
    assert not seen.page.locator("#gm-sheet").is_visible()


def hostile() -> list[dict[str, Any]]:
    made = []
    for number in range(30):
        one = article(
            f"{HOSTILE}{number}",
            title=HOSTILE,
            source=HOSTILE if number % 2 else "<b>other</b>",
            url="javascript:window.hacked=4" if number % 2 else f"https://e.org/{HOSTILE}",
            published=date(2024, 1 + number % 3, 1),
        )
        where = Place(f"{HOSTILE}", HOSTILE, 50.0, 30.0, "settlement", admin1_name=HOSTILE)
        text = f"{HOSTILE} {'x' * 10_000}"
        sentence = f"{HOSTILE} {number} {text} {HOSTILE}"
        at = sentence.index(text)
        mention(
            one, where, text=text, sentence=sentence, start=at, end=at + len(text), sentence_start=0
        )
        mention(one, place("Sumy"), country_code="UA", admin1_name=HOSTILE)
        mention(one, None, text=f"{HOSTILE}{number}", reasons=[HOSTILE])
        made.append(one)
    return made


@pytest.mark.parametrize("policy", [True, False])
def test_hostile_text_stays_text(policy: bool, visit: Callable[..., Visit], tmp_path: Path) -> None:
    path = tmp_path / "map.html"
    atlas = geomap.Atlas.from_dataset(write(tmp_path / "out", [hostile()]))
    atlas.map(title=HOSTILE).save(path)
    seen = visit(path, bypass_csp=not policy)
    page = seen.page
    assert "</script><script>window.hacked=1</script>" in page.locator("#gm-title").inner_text()
    for tab in ("sources", "dates", "unplaced", "about", "places"):
        page.click(f"#gm-tab-{tab}")
    page.get_by_text("As a table").click()
    find(page, "script")
    assert "window.hacked=1" in told(seen)
    assert page.locator(".gm-mention").count() > 0
    assert page.locator(".gm-mention a").evaluate_all(
        "links => links.every(a => a.protocol === 'https:')"
    )
    page.keyboard.press("Escape")
    page.evaluate("geomap.picture.svg()")
    assert page.evaluate("window.hacked") is None
    assert page.locator("img, b b, [onerror]").count() == 0


def test_it_works_in_a_sandboxed_frame(
    page_file: Path, visit: Callable[..., Visit], tmp_path: Path
) -> None:
    import html

    text = html.escape(page_file.read_text(encoding="utf-8"))
    outer = tmp_path / "outer.html"
    outer.write_text(
        '<!DOCTYPE html><html lang="en" data-ready="yes"><meta charset="utf-8"><title>t</title>'
        f'<iframe sandbox="allow-scripts" style="width:1200px;height:700px" srcdoc="{text}">',
        encoding="utf-8",
    )
    frame = visit(outer).page.frames[1]
    frame.wait_for_function("document.documentElement.dataset.ready")
    frame.fill("#gm-query", "sumy")
    frame.press("#gm-query", "Enter")
    assert "Sumy Oblast" in frame.locator("[role=dialog]:visible").inner_text()


def test_tiles_are_named_and_allowed(dataset: Path, tmp_path: Path) -> None:
    path = tmp_path / "map.html"
    tiles = "https://tiles.example.org/{z}/{x}/{y}.png"
    assert main(["map", str(dataset), "-o", str(path), "--tiles", tiles]) == 0
    text = path.read_text(encoding="utf-8")
    assert "img-src data: blob: https://tiles.example.org;" in text


def open_tab(name: str) -> Callable[[Any], None]:
    def act(page: Any) -> None:
        tab = page.locator(f"#gm-tab-{name}")
        tab.click()
        closed = page.locator(f"#gm-panel-{name} details:not([open]) > summary")
        while closed.count():
            closed.first.click()

    return act


def one_month(page: Any) -> None:
    page.focus("#gm-from")
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    settle(page)


def open_boxes(page: Any) -> None:
    page.click("#gm-legend summary")
    page.click("#gm-menu summary")


def open_place(page: Any) -> None:
    find(page, "sumy")
    page.get_by_text("Named in the same articles").click()


STATES: dict[str, Callable[[Any], None]] = {
    "as it opens": lambda page: None,
    "a place": open_place,
    "places": open_tab("places"),
    "sources": open_tab("sources"),
    "dates": open_tab("dates"),
    "unplaced": open_tab("unplaced"),
    "about": open_tab("about"),
    "a search": lambda page: page.fill("#gm-query", "s"),
    "a month": one_month,
    "menu and legend": open_boxes,
}


@pytest.mark.parametrize("size", SIZES)
def test_no_barrier_is_found(size: str, page_file: Path, chromium: Any) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: run `npm install --prefix tests`")
    width, height = SIZES[size]
    context = chromium.new_context(
        viewport={"width": width, "height": height}, reduced_motion="reduce", bypass_csp=True
    )
    context.set_offline(True)
    page = context.new_page()
    found = {}
    for state, act in STATES.items():
        page.goto("about:blank")
        page.goto(page_file.as_uri())
        page.wait_for_function("document.documentElement.dataset.ready")
        act(page)
        page.evaluate(AXE.read_text(encoding="utf-8"))
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


# ---------------------------------------------------------------- what does not fit


def test_what_is_beyond_the_caps_is_counted_and_named(
    tmp_path: Path, visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PLACES": 3, "SOURCES": (1,), "SENTENCES": 2000, "UNPLACED": 0}.items():
        monkeypatch.setattr(corpus_payload, name, value)
    path = tmp_path / "map.html"
    made = articles()
    geomap.Atlas.from_dataset(write(tmp_path / "out", [made])).save(path)
    page = visit(path).page
    counts = expected(lambda one, row: True)
    top = dict(counts.most_common(3))
    assert counted(page) == top
    drawn = f"{sum(counts.values())} mentions · 3 places drawn of {len(counts)}"
    assert page.locator("#gm-summary").inner_text().startswith(drawn)
    # What is not drawn for itself is in its region all the same, whatever is shown.
    paris = "geomap.data.shaded.get('FR.11').inside"
    assert page.evaluate(paris) == counts[place("Paris").id]
    page.click("#gm-tab-sources")
    assert "1 other source" in page.locator(".gm-source").all_inner_texts()[1]
    page.get_by_label("The Herald").uncheck()
    others = expected(lambda one, row: one["source"] != "The Herald")
    assert page.evaluate(paris) == others[place("Paris").id]
    assert counted(page) == {key: others[key] for key in top}
    page.click("#gm-tab-about")
    about = page.locator("#gm-panel-about").inner_text()
    assert f"{len(counts) - 3} places beyond the 3 most mentioned" in about
    assert "1 source are counted together" not in about
    assert "1 source is counted as “other sources”" in about
    kept = page.evaluate("geomap.data.evidence.rows.length")
    assert 3 <= kept < 20
    assert f"{sum(counts.values()) - kept} sentences" in about
    assert "1 name that could not be placed" in about


def test_many_cells_are_made_coarser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = Dataset(write(tmp_path / "out", [invented(300, days=90)]))
    folder = aggregates(dataset)
    facts = json.loads((folder / "manifest.json").read_text())

    def data() -> dict[str, Any]:
        return corpus_payload.payload(folder, facts)

    fine = data()
    assert fine["unit"] == "day"
    assert len(fine["sources"]) == 3
    monkeypatch.setattr(corpus_payload, "DAYS", 30)
    by_month = data()
    assert by_month["unit"] == "month"
    assert by_month["periods"] == ["2024-03-01", "2024-04-01", "2024-05-01"]
    monkeypatch.setattr(corpus_payload, "CELLS", 40)
    monkeypatch.setattr(corpus_payload, "SOURCES", (30, 1))
    coarse = data()
    assert coarse["unit"] == "year"
    assert len(coarse["sources"]) == 1
    monkeypatch.setattr(corpus_payload, "SOURCES", (1,))
    monkeypatch.setattr(corpus_payload, "MONTHS", 1)
    # The same if it is counted as coarsely at once.
    assert data() == coarse


def test_numbers_are_read_as_they_were_written(
    page_file: Path, visit: Callable[..., Visit]
) -> None:
    page = visit(page_file).page
    chance = np.random.default_rng(1)
    values = np.r_[0, 1, 31, 32, 1023, 1024, 2**40, chance.integers(0, 2**45, 500), 0]
    text = numbers(values)
    assert page.evaluate("text => [...geomap.corpus.decode(text)]", text) == values.tolist()
    assert numbers(np.zeros(0, np.int64)) == ""
    assert page.evaluate("[...geomap.corpus.decode('')]") == []


def test_the_same_page_again(dataset: Path, page_file: Path, tmp_path: Path) -> None:
    geomap.Atlas.from_dataset(dataset).save(tmp_path / "map.html")
    ids = re.compile(r"corpus_map_[0-9a-f]{32}|sha256-[\w+/]{43}=")  # which folium draws by lot
    one, other = (ids.sub("", path.read_text()) for path in (page_file, tmp_path / "map.html"))
    assert one == other


def test_what_has_no_outline_is_no_pin(tmp_path: Path, visit: Callable[..., Visit]) -> None:
    one = article("a", published=date(2024, 5, 1))
    district = Place("admin2:UA.21.1", "Sumy Raion", 50.9, 34.8, "region", "ADM2", "UA", "21")
    for where in (district, place("Black Sea"), place("Sumy"), place("Sumy Oblast")):
        mention(one, where)
    path = tmp_path / "map.html"
    geomap.Atlas.from_dataset(write(tmp_path / "out", [[one]])).save(path)
    page = visit(path).page
    kinds = page.evaluate(
        "Object.fromEntries(geomap.data.places.filter(p => p.count > 0)"
        ".map(p => [p.name, [geomap.places.isArea(p), geomap.places.isSoft(p)]]))"
    )
    assert kinds == {
        "Sumy Raion": [False, True],
        "Black Sea": [False, True],
        "Sumy": [False, False],
        "Sumy Oblast": [True, False],
    }
    # The district's mention is one of what lies in the region, and so is the region's own.
    assert page.evaluate("geomap.data.shaded.get('UA.21').inside") == 3
    page.click("#gm-legend summary")
    assert "Area without an outline here" in page.locator("#gm-legend-list").inner_text()


def test_a_corpus_without_places_or_dates(tmp_path: Path, visit: Callable[..., Visit]) -> None:
    one = article("a", source="Wire")
    mention(one, None)
    path = tmp_path / "map.html"
    geomap.Atlas.from_dataset(write(tmp_path / "out", [[one]])).save(path)
    page = visit(path).page
    assert page.locator("#gm-summary").inner_text() == (
        "0 mentions of 0 places · 1 name not placed"
    )
    assert not page.locator("#gm-time").is_visible()
    empty = tmp_path / "empty.html"
    geomap.Atlas.from_dataset(write(tmp_path / "none", [[]])).save(empty)
    assert "Places in 0 articles" in visit(empty).page.title()
