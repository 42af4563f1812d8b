import importlib.util
import json
import random
from dataclasses import asdict
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geomap import evaluation
from geomap.errors import InputError
from geomap.evaluation import Documents, match, read_documents, score

EVAL = Path(__file__).resolve().parents[2] / "shared" / "eval"

TEXT = "Kursk and Sumy, Kyiv or Lviv; the University of Oxford and Paris, Texas."


def document(name: str, *toponyms: dict[str, object], **more: object) -> dict[str, object]:
    return {"id": name, "text": TEXT, "toponyms": list(toponyms), **more}


def top(start: int, end: int, lat: float | None = None, lon: float | None = None, **more: object):
    return {"start": start, "end": end, "lat": lat, "lon": lon, **more}


def corpus(*documents: dict[str, object]) -> Documents:
    return {str(one["id"]): one for one in documents}


# ---------------------------------------------------------------- the same as the field's scorer


@pytest.fixture(scope="module")
def scorer() -> ModuleType:
    path = EVAL / "score.py"
    if not path.exists():
        pytest.skip("the evaluation corpora and their scorer are not beside the checkout")
    spec = importlib.util.spec_from_file_location("scorer", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def random_toponyms(rng: random.Random) -> list[dict[str, object]]:
    toponyms = []
    for _ in range(rng.randrange(8)):
        start = rng.randrange(len(TEXT) - 8)
        located = rng.random() < 0.7
        near = rng.random() < 0.5
        lat = rng.choice([50.0, 50.1, 51.0]) if near else rng.uniform(-90, 90)
        lon = rng.choice([30.0, 30.1, 31.0]) if near else rng.uniform(-180, 180)
        toponyms.append(
            top(start, start + rng.randrange(1, 8), lat, lon)
            if located
            else top(start, start + rng.randrange(1, 8))
        )
    return toponyms


@pytest.mark.parametrize("seed", range(50))
def test_scores_agree_with_the_scorer_of_the_corpora(scorer: ModuleType, seed: int) -> None:
    rng = random.Random(seed)
    names = [str(number) for number in range(rng.randrange(1, 6))]
    gold = corpus(*(document(name, *random_toponyms(rng)) for name in names))
    predictions = {name: document(name, *random_toponyms(rng)) for name in names[1:]}
    for name in names[1:]:  # and some that are right
        for one in gold[name]["toponyms"]:
            if rng.random() < 0.5:
                predictions[name]["toponyms"].append(dict(one))
    theirs, _ = scorer.score(gold, predictions)
    ours = asdict(score(gold, predictions))

    assert ours["documents"] == theirs["documents"]
    assert ours["missing_documents"] == theirs["missing_documents"]
    assert ours["strict"] == pytest.approx(theirs["recognition_strict"])
    assert ours["lenient"] == pytest.approx(theirs["recognition_lenient"])
    assert ours["resolution"] == pytest.approx(theirs["resolution"])
    end_to_end = theirs["end_to_end"]
    for key in ("precision", "recall", "f1", "hits", "predicted", "set_aside"):
        assert ours["end_to_end"][key] == pytest.approx(end_to_end[key]), key
    assert ours["end_to_end"]["located"] == end_to_end["gold_with_coordinates"]


@pytest.mark.parametrize("peer", ["edinburgh", "emm-aligned", "google", "yahoo"])
def test_recorded_answers_of_other_systems_score_the_same(scorer: ModuleType, peer: str) -> None:
    gold_path = EVAL / "corpora" / "geowebnews.jsonl"
    path = EVAL / "peers" / f"{peer}.geowebnews.jsonl"
    theirs, _ = scorer.score(
        scorer.read_documents(gold_path),
        scorer.read_documents(path, scorer.read_documents(gold_path)),
    )
    ours = evaluation.evaluate(gold_path, predictions_path=path)
    assert ours.corpus == "geowebnews"
    assert ours.scores.strict.f1 == pytest.approx(theirs["recognition_strict"]["f1"])
    assert ours.scores.resolution.auc == pytest.approx(theirs["resolution"]["auc"])
    assert ours.scores.end_to_end.f1 == pytest.approx(theirs["end_to_end"]["f1"])


# ---------------------------------------------------------------- by hand


def test_the_gold_itself_is_perfect() -> None:
    gold = corpus(document("a", top(0, 5, 51.75, 36.0, role="literal"), top(10, 14)))
    scores = score(gold, gold)
    assert scores.strict.f1 == scores.lenient.f1 == scores.end_to_end.f1 == 100
    assert scores.resolution.acc_20km == scores.role == 100
    assert scores.resolution.auc == 0
    assert scores.end_to_end.set_aside == 1


def test_a_span_predicted_twice_is_a_hit_and_a_false_positive() -> None:
    gold = corpus(document("a", top(0, 5)))
    scores = score(gold, corpus(document("a", top(0, 5), top(0, 5))))
    assert (scores.strict.recall, scores.strict.precision) == (100, 50)


def test_an_unplaced_name_counts_as_the_greatest_error() -> None:
    gold = corpus(document("a", top(0, 5, 51.75, 36.0)))
    scores = score(gold, corpus(document("a", top(0, 5))))
    assert scores.resolution.mean_km == evaluation.GREATEST_ERROR_KM
    assert scores.resolution.auc == pytest.approx(1, abs=1e-5)
    assert scores.resolution.mean_resolved_km is None


def test_nothing_to_divide_by_is_none() -> None:
    scores = score(corpus(document("a")), {})
    assert scores.strict.f1 is None
    assert scores.resolution.auc is None
    assert scores.missing_documents == 1


def test_kind_country_region_and_role_are_judged_where_the_gold_says_them() -> None:
    said = {"kind": "region", "country_code": "RU", "admin1_code": "41"}
    gold = corpus(
        document("a", top(0, 5, role="literal", **said), top(10, 14, group="associative"))
    )
    guesses = corpus(
        document(
            "a",
            top(0, 5, role="literal", kind="region", country_code="RU", admin1_code="08"),
            top(10, 14, role="literal", kind="settlement", country_code="UA", admin1_code="21"),
        )
    )
    scores = score(gold, guesses)
    assert (scores.role, scores.kind, scores.country, scores.region) == (50, 100, 100, 0)
    without = score(gold, corpus(document("a", top(0, 5))))
    assert (without.role, without.kind) == (None, None)


def test_what_must_never_be_placed_is_counted() -> None:
    gold = corpus(document("a", never=[{"start": 34, "end": 54}]))
    guesses = corpus(document("a", top(48, 54, 51.75, -1.25), top(34, 44), top(59, 64, 48.8, 2.3)))
    assert score(gold, guesses).never_placed == 1


spans = st.builds(
    lambda start, length: top(start, start + length), st.integers(0, 30), st.integers(1, 10)
)


@given(st.lists(spans, max_size=8), st.lists(spans, max_size=8))
def test_matching_is_one_to_one_and_lenient_finds_no_less(gold, predicted) -> None:
    strict = match(gold, predicted, lenient=False)
    lenient = match(gold, predicted, lenient=True)
    assert strict.items() <= lenient.items()
    assert len(set(lenient.values())) == len(lenient)
    for i, j in lenient.items():
        assert gold[i]["start"] < predicted[j]["end"]
        assert predicted[j]["start"] < gold[i]["end"]


@pytest.mark.parametrize(
    ("points", "km"),
    [
        ((51.5, -0.12, 51.5, -0.12), 0),
        ((0, 0, 0, 180), 20015.1),
        ((50.45, 30.52, 49.84, 24.03), 467.4),
        ((0, 179.5, 0, -179.5), 111.2),
    ],
)
def test_distance(points: tuple[float, float, float, float], km: float) -> None:
    assert evaluation.distance_km(*points) == pytest.approx(km, abs=1.5)


# ---------------------------------------------------------------- files


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "Expecting"),
        ("[]", "object"),
        ('{"id": 1}', "string"),
        ('{"id": "b", "toponyms": []}', "not in the gold"),
        ('{"id": "a"}', "list"),
        ('{"id": "a", "toponyms": [1]}', "must be an object"),
        ('{"id": "a", "toponyms": [{"start": 0, "end": 500}]}', "no span"),
        ('{"id": "a", "toponyms": [{"start": 0, "end": 5, "text": "Sumy"}]}', "'Kursk'"),
        ('{"id": "a", "toponyms": [{"start": 0, "end": 5, "lat": 95, "lon": 1}]}', "coordinates"),
        ('{"id": "a", "toponyms": [{"start": 0, "end": 5, "lat": 9}]}', "coordinates"),
        ('{"id": "a", "toponyms": []}\n{"id": "a", "toponyms": []}', "twice"),
        ("", "no documents"),
    ],
)
def test_a_malformed_prediction_is_named(tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "predictions.jsonl"
    path.write_text(line)
    with pytest.raises(InputError, match=says) as raised:
        read_documents(path, corpus(document("a")))
    assert str(raised.value).startswith(f"{path}:")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_documents(tmp_path / "missing.jsonl")


def test_a_file_written_for_the_test_is_read_back(tmp_path: Path) -> None:
    gold = corpus(document("a", top(0, 5, 51.75, 36.0)), document("b"))
    path = tmp_path / "gold.jsonl"
    path.write_text("\n\n".join(json.dumps(one) for one in gold.values()), encoding="utf-8-sig")
    assert read_documents(path) == gold
