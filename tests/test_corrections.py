"""Corrections: what fits is applied, what does not is reported, what is malformed is refused."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geomap import corrections
from geomap.atlas import Atlas
from geomap.cli import main
from geomap.corrections import REASON, Correction, apply, read
from geomap.errors import InputError
from geomap.records import Alternative, Article, ParsedArticle, Place, Resolution, Toponym

MOSCOW = Place("geonames:524901", "Moscow", 55.75, 37.62, "settlement", "PPLC", "RU", "48")
IDAHO = Place("geonames:5601538", "Moscow", 46.73, -117.0, "settlement", "PPLA2", "US", "ID")
TEXT = "In Moscow it snowed. Paris slept."
PARSED = ParsedArticle(
    Article("a", TEXT),
    (
        Resolution(
            Toponym("Moscow", 3, 9), MOSCOW, 0.8, ("the capital",), (Alternative(IDAHO, 0.1),)
        ),
        Resolution(Toponym("Paris", 21, 26), None, 0.0, ("a person",)),
    ),
)


def row(**values: Any) -> dict[str, Any]:
    place = {
        "id": "geonames:5601538", "name": "Moscow", "kind": "settlement", "country_code": "US",
        "latitude": 46.7, "longitude": -117.0,
    }  # fmt: skip
    given = {"article": "a", "start": 3, "end": 9, "text": "Moscow", "was": MOSCOW.id}
    return {**given, "place": place, **values}


def here(**values: Any) -> dict[str, Any]:
    return {**row()["place"], "id": "coordinates:51.5,35", "latitude": 51.5, "longitude": 35,
            **values}  # fmt: skip


def written(tmp_path: Path, *rows: Any) -> Path:
    path = tmp_path / "corrections.json"
    path.write_text(json.dumps({"corrections": rows}), encoding="utf-8")
    return path


def applied(tmp_path: Path, *rows: Any, find: Any = None) -> tuple[Resolution, ...]:
    [one] = apply(read(written(tmp_path, *rows)), [PARSED], find)
    assert one.article is PARSED.article
    return one.resolutions


def test_a_runner_up_is_the_place_itself_whatever_the_file_says_of_it(tmp_path: Path) -> None:
    first, second = applied(tmp_path, row())
    assert first.place is IDAHO
    assert (first.confidence, first.reasons) == (1.0, (REASON,))
    assert first.alternatives == (Alternative(MOSCOW, 0.8),)
    assert second is PARSED.resolutions[1]


def test_a_place_that_only_the_gazetteer_knows(tmp_path: Path) -> None:
    tula = Place("geonames:480562", "Tula", 54.2, 37.6, "settlement", "PPLA", "RU", "76")
    place = here(id=tula.id, latitude=0, longitude=0)
    first, _ = applied(tmp_path, row(place=place), find={tula.id: tula}.get)
    assert first.place is tula


def test_not_a_place(tmp_path: Path) -> None:
    first, _ = applied(tmp_path, row(place=None))
    assert (first.place, first.confidence, first.reasons) == (None, 0.0, (REASON,))
    assert [a.place for a in first.alternatives] == [MOSCOW, IDAHO]


def test_coordinates_are_grouped_by_the_polygon_that_holds_them(tmp_path: Path) -> None:
    path = written(tmp_path, row(start=21, end=26, text="Paris", place=here(name="Paris")))
    atlas = Atlas([PARSED]).corrected(read(path))
    place = atlas.places.loc["coordinates:51.5,35.0"]
    assert (place["name"], place["source"], place["region_by"]) == (
        "Paris",
        "correction",
        "polygon",
    )
    assert place["region_id"] == "RU.41"
    assert (place["country_code"], place["admin1_code"]) == ("RU", "41")
    assert (place["country_name"], place["admin1_name"]) == ("Russia", "Kursk Oblast")
    assert atlas.mentions["confidence"].tolist() == [0.8, 1.0]


def test_of_two_for_one_mention_the_later_holds(tmp_path: Path) -> None:
    first, _ = applied(tmp_path, row(place=None), row())
    assert first.place is IDAHO


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"article": "b"}, "there is no such article"),
        ({"start": 4, "end": 10}, "the text there is 'oscow '"),
        ({"start": 900, "end": 906}, "the text there is ''"),
        ({"text": "moscow"}, "the text there is 'Moscow'"),
        ({"start": 13, "end": 19, "text": "snowed"}, "no name is found there"),
    ],
)
def test_what_no_longer_fits_is_reported_and_left_out(
    values: dict[str, Any], says: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "geomap"):
        assert applied(tmp_path, row(**values)) == PARSED.resolutions
    [message] = caplog.messages
    assert message.endswith(f"no longer fits: {says}; left out")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", 'no list "corrections"'),
        ('{"corrections": {}}', 'no list "corrections"'),
        ('{"corrections": [1]}', "correction 1: is no JSON object"),
    ],
)
def test_what_is_no_file_of_corrections(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "corrections.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=says) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "download corrections.json" in str(caught.value)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"article": None}, '"article" must be a text'),
        ({"text": ""}, '"text" must be a text'),
        ({"start": -1}, '"start" must be a whole number'),
        ({"start": True}, '"start" must be a whole number'),
        ({"end": 9.5}, '"end" must be a whole number'),
        ({"end": 10**40}, '"end" must be a whole number'),
        ({"end": 3}, "ends before it starts"),
        ({"place": "Moscow"}, "place: is no JSON object"),
        ({"place": here(kind="village")}, '"kind" is none of country'),
        ({"place": here(latitude="51")}, '"latitude" must be a number'),
        ({"place": here(latitude=float("nan"))}, "between -90 and 90"),
        ({"place": here(longitude=-180.1)}, "between -180 and 180"),
        ({"place": here(longitude=10**400)}, "between -180 and 180"),
    ],
)
def test_a_malformed_correction_is_named(values: dict[str, Any], says: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=says) as caught:
        read(written(tmp_path, row(), row(**values)))
    assert "correction 2" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_correction_that_says_nothing_of_the_place(tmp_path: Path) -> None:
    silent = row()
    del silent["place"]
    with pytest.raises(InputError, match='"place" is missing'):
        read(written(tmp_path, silent))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*row(), *row()["place"], "corrections"]), inner, max_size=6
        )
    ),
    max_leaves=20,
)


@given(JSON, st.sampled_from(list(row())), st.sampled_from(list(row()["place"])))
def test_any_json_is_read_or_refused_in_one_line(value: Any, field: str, inner: str) -> None:
    for rows in ([value], [row(**{field: value})], [row(place=here(**{inner: value}))]):
        with pytest.MonkeyPatch.context() as patch:
            text = json.dumps({"corrections": rows})
            patch.setattr(Path, "read_text", lambda *a, text=text, **k: text)
            said = ""
            try:
                made = read("corrections.json")
            except InputError as error:
                said, made = str(error), []
        assert len(said.splitlines()) <= 1
        for resolution in apply(made, [PARSED])[0].resolutions:
            json.dumps(resolution.place and resolution.place.name, ensure_ascii=False).encode()


@given(st.lists(st.builds(Correction, st.sampled_from("ab"), st.integers(0, 40),
       st.integers(0, 40), st.sampled_from(["Moscow", "Paris", ""]),
       st.none() | st.just(IDAHO))))  # fmt: skip
def test_only_what_fits_is_changed(made: list[Correction]) -> None:
    before = PARSED.resolutions
    for old, new in zip(before, apply(made, [PARSED])[0].resolutions, strict=True):
        toponym = old.toponym
        fits = [c for c in made if (c.article, c.start, c.end, c.text)
                == ("a", toponym.start, toponym.end, toponym.text)]  # fmt: skip
        assert new.toponym is toponym
        assert (new is old) == (not fits)
        if fits:
            assert new.reasons == (REASON,)


def test_the_command_applies_reports_and_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    article = tmp_path / "a.txt"
    article.write_text("The mayor of Moscow met officials in Warsaw.", encoding="utf-8")
    path = written(tmp_path, row(start=13, end=19), row(text="Mos\ncow"))
    page = tmp_path / "map.html"
    assert main(["map", str(article), "-o", str(page), "--corrections", str(path)]) == 0
    said = capsys.readouterr()
    [line] = said.err.splitlines()
    assert line.startswith("geomap: the correction of 'Mos\\ncow' at 3-9 of article 'a' no longer")
    [moscow] = [line for line in said.out.splitlines() if "Moscow" in line]
    assert "Idaho" in moscow
    assert "100%" in moscow
    assert corrections.REASON in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["missing.json", "bad.json"])
def test_the_command_refuses_a_bad_file_before_the_work(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.json").write_text("no")
    given = ["--corrections", str(tmp_path / name), "-o", str(tmp_path / "map.html")]
    assert main(["map", str(tmp_path / "not-even-read.txt"), *given]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert name in line
    assert "not-even-read" not in line
    assert not (tmp_path / "map.html").exists()
