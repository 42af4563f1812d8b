import json
from pathlib import Path

import folium
import geopandas as gpd
import pytest

import geomap
from geomap import export, regions
from geomap.atlas import Atlas
from geomap.errors import OutputError, UsageError
from geomap.records import Article, ParsedArticle, Place, Resolution, Toponym

NOVENKE = Place("geonames:805767", "Noven'ke", 51.22021, 35.10538, "settlement", "PPL", "UA", "21")


def parsed(article_id: str = "a") -> ParsedArticle:
    text = "They took Noven'ke. Atlantis is lost."
    found = (
        Resolution(Toponym("Noven'ke", 10, 18), NOVENKE, 0.97, ("it is named",)),
        Resolution(Toponym("Atlantis", 20, 28), None, 0.0, ("no place of this name is known",)),
    )
    return ParsedArticle(Article(article_id, text, title="A title"), found)


@pytest.fixture
def atlas() -> Atlas:
    return Atlas([parsed()])


def test_tables(atlas: Atlas) -> None:
    assert atlas.parsed == (parsed(),)
    assert list(atlas.articles.index) == ["a"]
    assert len(atlas.mentions) == 2
    assert list(atlas.places.index) == ["geonames:805767"]
    assert list(atlas.regions.index) == ["UA.21"]
    for table in (atlas.mentions, atlas.places, atlas.regions):
        assert isinstance(table, gpd.GeoDataFrame)
        assert table.crs == "EPSG:4326"


def test_tables_are_made_once_and_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    real = regions.places_table
    monkeypatch.setattr(regions, "places_table", lambda *rows: made.append(1) or real(*rows))
    atlas = Atlas(iter([parsed()]))
    assert not made
    assert len(atlas.regions) == len(atlas.places) == 1
    assert atlas.places is atlas.places
    assert len(made) == 1


def test_articles_need_ids_of_their_own() -> None:
    with pytest.raises(UsageError, match="2 articles have the id 'a'"):
        Atlas([parsed(), parsed("b"), parsed()])


def test_no_articles() -> None:
    atlas = Atlas([])
    assert [len(t) for t in (atlas.articles, atlas.mentions, atlas.places, atlas.regions)] == [
        0
    ] * 4
    assert repr(atlas) == "<Atlas of 0 articles, 0 mentions>"


def test_map_is_folium_s_and_takes_options(atlas: Atlas) -> None:
    page = atlas.map(title="Where it is")
    assert isinstance(page, folium.Map)
    assert "Where it is" in page.get_root().render()
    assert "Noven" in atlas._repr_html_()


def test_save_page(atlas: Atlas, tmp_path: Path) -> None:
    for name in ("map.html", "MAP.HTM"):
        atlas.save(tmp_path / name)
        assert "Noven'ke" in (tmp_path / name).read_text(encoding="utf-8").replace("\\u0027", "'")
    atlas.save(str(tmp_path / "as_text.html"))


@pytest.mark.parametrize("suffix", export.SUFFIXES)
def test_save_tables(atlas: Atlas, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    atlas.save(path)
    assert path.stat().st_size > 0
    if suffix == ".jsonl":
        assert json.loads(path.read_text(encoding="utf-8"))["id"] == "a"


def test_save_names_the_suffixes_that_it_knows(atlas: Atlas, tmp_path: Path) -> None:
    for name in ("map.pdf", "map"):
        with pytest.raises(UsageError, match=r"\.html.*\.geojson"):
            atlas.save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_save_into_a_folder_that_is_not_there(atlas: Atlas, tmp_path: Path) -> None:
    for name in ("map.html", "out.geojson"):
        with pytest.raises(OutputError, match="does not exist"):
            atlas.save(tmp_path / "nowhere" / name)


def test_it_is_what_geomap_offers() -> None:
    assert geomap.Atlas is Atlas
