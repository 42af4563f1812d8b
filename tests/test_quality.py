"""Floors under geomap's quality, kept in floors.json and lowered only on purpose.

The models are trained on the corpora, so that these figures guard against falling back; they do
not say how good geomap is on news that it has not seen.
"""

import json
from pathlib import Path

import pytest

from geomap import articles, export
from geomap.evaluation import Scores, evaluate, score
from geomap.geoparser import Geoparser

HERE = Path(__file__).resolve().parent
SEEDS = HERE.parent / "seeds"
CORPORA = HERE.parents[1] / "shared" / "eval" / "corpora"
FLOORS = json.loads((HERE / "floors.json").read_text(encoding="utf-8"))
GOLD = json.loads((HERE / "seed_gold.json").read_text(encoding="utf-8"))


def figures(scores: Scores) -> dict[str, float]:
    return {
        "acc_161km": scores.resolution.acc_161km or 0.0,
        "end_to_end_f1": scores.end_to_end.f1 or 0.0,
    }


@pytest.fixture(scope="module")
def seed() -> tuple[dict, Scores]:
    [article] = articles.read(SEEDS)
    record = export.to_record(Geoparser().parse(article))
    gold = {article.id: {"id": article.id, "text": article.text, **GOLD}}
    return record, score(gold, {article.id: record})


def test_every_place_of_the_seed_is_found_and_rightly_placed(seed: tuple[dict, Scores]) -> None:
    _, scores = seed
    assert scores.strict.recall == 100
    assert (scores.kind, scores.country, scores.region) == (100, 100, 100)
    assert scores.resolution.acc_161km == 100
    assert scores.resolution.unresolved == 0


def test_what_is_no_place_in_the_seed_is_not_placed(seed: tuple[dict, Scores]) -> None:
    record, scores = seed
    assert scores.never_placed == 0
    spans = {(top["start"], top["end"]) for top in GOLD["toponyms"]}
    extra = [t for t in record["toponyms"] if (t["start"], t["end"]) not in spans and t["place_id"]]
    assert len(extra) <= FLOORS["seed"]["at_most_extra_places"], extra


def test_the_roles_of_the_seed(seed: tuple[dict, Scores]) -> None:
    _, scores = seed
    assert scores.role is not None
    assert round(scores.role * len(GOLD["toponyms"]) / 100) >= FLOORS["seed"]["right_roles"]


def test_the_village_is_the_one_in_the_region_that_the_text_names(
    seed: tuple[dict, Scores],
) -> None:
    record, _ = seed
    [village] = [top for top in record["toponyms"] if top["text"] == "Noven'ke"]
    assert (village["country_code"], village["admin1_code"]) == ("UA", "21")
    assert (village["lat"], village["lon"]) == pytest.approx((51.22021, 35.10538), abs=0.01)


@pytest.mark.parametrize("corpus", FLOORS["corpora"])
@pytest.mark.parametrize("spans", ["own", "gold"])
def test_a_corpus_scores_no_worse_than_its_floors(corpus: str, spans: str) -> None:
    path = CORPORA / f"{corpus}.jsonl"
    if not path.exists():
        pytest.skip("the annotated corpora are not beside the checkout")
    settings = FLOORS["corpora"][corpus]
    found = evaluate(path, gold_spans=spans == "gold", **settings["convention"]).scores
    reached = figures(found)
    below = {
        name: reached[name] for name, floor in settings[spans].items() if reached[name] < floor
    }
    assert below == {}
