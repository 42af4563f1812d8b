"""Short passages of our own with the right answers, a trap of news each, parsed end to end.

What does not pass is not left out: floors.json holds the shares that pass. `pytest -s` prints
them, and the passages that fail with what is wrong in each.
"""

import json
import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from geomap.evaluation import distance_km
from geomap.geoparser import Geoparser
from geomap.records import KINDS, Article, Place, Resolution

HERE = Path(__file__).resolve().parent
PASSAGES = HERE / "passages.jsonl"
ROLES = HERE.parent / "training" / "roles.jsonl"
FLOORS = json.loads((HERE / "floors.json").read_text(encoding="utf-8"))["passages"]

#: How far from the gold point a settlement or a facility may be placed.
NEAR_KM = 50.0


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@dataclass
class Tally:
    """What came out of the passages."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def share(self, right: str, of: str) -> float:
        return round(100 * self.counts[right] / self.counts[of], 1)

    def figures(self) -> dict[str, float]:
        return {
            "passages_right": self.share("passages right", "passages"),
            "toponyms_found": self.share("found", "toponyms"),
            "roles_right": self.share("roles right", "found"),
            "places_right": self.share("places right", "found"),
            "never_left_alone": self.share("left alone", "never"),
        }


def is_right(place: Place | None, gold: dict[str, Any]) -> bool:
    """Whether `place` is the gold's.

    Countries and regions are compared by kind and codes, what has a radius by that, and the
    rest by distance.
    """
    if gold.get("unplaced") or place is None:
        return bool(gold.get("unplaced")) and place is None
    if "radius_km" not in gold and gold["kind"] in ("country", "region"):
        codes = (place.kind, place.country_code, place.admin1_code)
        wanted = (gold["kind"], gold["country_code"], gold["admin1_code"])
        county = place.admin2_code if place.kind == "region" else None
        return codes == wanted and county == gold.get("admin2_code")
    error = distance_km(place.latitude, place.longitude, gold["lat"], gold["lon"])
    return error <= gold.get("radius_km", NEAR_KM)


def judge(passage: dict[str, Any], resolutions: tuple[Resolution, ...], tally: Tally) -> None:
    by_span = {(r.toponym.start, r.toponym.end): r for r in resolutions}
    wrong = []
    for gold in passage["toponyms"]:
        tally.counts["toponyms"] += 1
        found = by_span.get((gold["start"], gold["end"]))
        if found is None:
            wrong.append(f"{gold['text']}: not found")
            continue
        tally.counts["found"] += 1
        if found.toponym.role == gold["role"]:
            tally.counts["roles right"] += 1
        else:
            wrong.append(f"{gold['text']}: {found.toponym.role}")
        if is_right(found.place, gold):
            tally.counts["places right"] += 1
        else:
            answer = found.place and f"{found.place.id} {found.place.name}"
            wrong.append(f"{gold['text']}: {answer}")
    for span in passage["never"]:
        tally.counts["never"] += 1
        over = [
            r.toponym.text
            for r in resolutions
            if r.place
            and r.toponym.start < span["end"]
            and span["start"] < r.toponym.end
            # a street said to lie in a town may stand for it, not for its namesake
            and (r.precision == "exact" or r.place.name in span["text"])
        ]
        if over:
            wrong.append(f"{span['text']}: placed")
        else:
            tally.counts["left alone"] += 1
    tally.counts["passages"] += 1
    if wrong:
        tally.failures.append(f"{passage['id']} {passage['trap']}: {'; '.join(wrong)}")
    else:
        tally.counts["passages right"] += 1


@pytest.fixture(scope="module")
def tally() -> Tally:
    result, geoparser = Tally(), Geoparser()
    for passage in lines(PASSAGES):
        parsed = geoparser.parse(Article(id=passage["id"], text=passage["text"]))
        judge(passage, parsed.resolutions, result)
    print("", *result.failures, result.figures(), sep="\n")
    return result


@pytest.mark.parametrize("figure", FLOORS)
def test_the_passages_come_out_no_worse_than_their_floors(tally: Tally, figure: str) -> None:
    assert tally.figures()[figure] >= FLOORS[figure]


@pytest.mark.parametrize("path", [PASSAGES, ROLES], ids=lambda path: path.name)
def test_spans_are_those_of_the_text(path: Path) -> None:
    documents = lines(path)
    assert len({document["id"] for document in documents}) == len(documents)
    assert len({document["text"] for document in documents}) == len(documents)
    for document in documents:
        spans = document["toponyms"] + document.get("never", [])
        assert spans, document["id"]
        end = 0
        for span in sorted(spans, key=lambda span: span["start"]):
            assert span["start"] >= end, f"{document['id']}: spans overlap"
            assert document["text"][span["start"] : span["end"]] == span["text"]
            assert span["text"] == span["text"].strip() != ""
            end = span["end"]


@pytest.mark.parametrize("path", [PASSAGES, ROLES], ids=lambda path: path.name)
def test_roles_and_forms_are_known_ones(path: Path) -> None:
    for document in lines(path):
        for toponym in document["toponyms"]:
            assert toponym["role"] in ("literal", "associative"), document["id"]
            assert toponym["form"] in ("name", "adjective"), document["id"]
            assert toponym.get("group", toponym["role"]) == toponym["role"], document["id"]


def test_a_passage_says_where_each_place_is_or_that_none_can_know() -> None:
    for passage in lines(PASSAGES):
        assert set(passage) == {"id", "trap", "text", "toponyms", "never"}
        for toponym in passage["toponyms"]:
            if toponym.get("unplaced"):
                fields = ("name", "kind", "country_code", "admin1_code", "lat", "lon")
                assert not any(toponym[name] for name in fields), passage["id"]
            else:
                assert toponym["name"], passage["id"]
                assert toponym["kind"] in KINDS, passage["id"]
                assert math.hypot(toponym["lat"], toponym["lon"]) > 0, passage["id"]
                assert abs(toponym["lat"]) <= 90, passage["id"]
                assert abs(toponym["lon"]) <= 180, passage["id"]


def test_no_sentence_for_training_is_a_passage() -> None:
    assert not {p["text"] for p in lines(PASSAGES)} & {s["text"] for s in lines(ROLES)}


def test_the_judge_can_tell_right_from_wrong() -> None:
    kursk = {"kind": "region", "country_code": "RU", "admin1_code": "41", "lat": 51.7, "lon": 36.1}
    city = Place("geonames:538560", "Kursk", 51.73, 36.18, "settlement", None, "RU", "41")
    oblast = Place("admin1:RU.41", "Kursk Oblast", 51.67, 36.07, "region", "ADM1", "RU", "41")
    assert is_right(oblast, kursk)
    assert not is_right(city, kursk)
    assert not is_right(None, kursk)
    assert is_right(None, {"unplaced": True})
    assert not is_right(city, {"unplaced": True})
    assert not is_right(city, {"kind": "settlement", "lat": 50.45, "lon": 30.52})
