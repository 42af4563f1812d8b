import importlib.util
import json
import random
from dataclasses import asdict
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geomap import cli, evaluation
from geomap.errors import InputError
from geomap.evaluation import Documents, match, read_documents, score
from geomap.gazetteer import embedded

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


# ---------------------------------------------------------------- the gazetteer, other systems


def gold_file(folder: Path, text: str, *toponyms: tuple[str, float | None, float | None, str]):
    """Write a gold file of one document; each toponym is its text, point and feature."""
    found = []
    for name, lat, lon, feature in toponyms:
        start = text.index(name, found[-1]["end"] if found else 0)
        found.append(top(start, start + len(name), lat, lon, feature=feature or None))
    path = folder / "news.jsonl"
    path.write_text(json.dumps({"id": "a", "text": text, "toponyms": found}), encoding="utf-8")
    return path


@pytest.fixture
def news(tmp_path: Path) -> Path:
    return gold_file(
        tmp_path,
        "From Kyiv to Qwxyzzy, Qwxyzzy, Paris and Zzyqx Hill; in Springfield, Ill., and EUQ.",
        ("Kyiv", 50.45, 30.52, "P.PPLC"),
        ("Qwxyzzy", 50.0, 30.0, "P.PPL"),
        ("Qwxyzzy", 50.0, 30.0, "P.PPL"),
        ("Paris", -60.0, 100.0, "P.PPL"),  # where no Paris is
        ("Zzyqx Hill", 1.0, 1.0, ""),
        ("Springfield", 39.8, -89.64, "P.PPLA"),
        ("Ill.", None, None, "A.ADM1"),
        ("EUQ", 1.0, 1.0, ""),
    )


def test_coverage_says_what_is_missed_and_how(news: Path) -> None:
    found = evaluation.coverage(read_documents(news), embedded())
    assert found.located == 7
    assert found.share == pytest.approx(100 * 2 / 7)
    missed = [(one.kind, one.name, one.mentions) for one in found.missed]
    assert missed == [
        ("P.PPL", "Qwxyzzy", 2),
        ("P.PPL", "Paris", 1),
        ("abbreviation", "EUQ", 1),
        ("several words", "Zzyqx Hill", 1),
    ]
    qwxyzzy, paris, *_ = found.missed
    assert (qwxyzzy.candidates, qwxyzzy.nearest_km) == (0, None)
    assert paris.candidates > 5
    assert paris.nearest_km > 161
    counts = [len(embedded().lookup(name, limit=50)) for name in ("Kyiv", "Paris", "Springfield")]
    assert found.mean_candidates == pytest.approx(sum(counts) / 7)
    assert found.median_candidates == 0


def test_the_most_populous_candidate_is_the_baseline(tmp_path: Path) -> None:
    text = "Police in London, Ont., said so on Friday."
    gold = gold_file(tmp_path, text, ("London", 42.98, -81.25, ""), ("Ont.", None, None, ""))
    found = evaluation.coverage(read_documents(gold), embedded())
    assert (found.share, found.most_populous) == (100, 0)
    result = evaluation.evaluate(gold, gold_spans=True)
    assert result.scores.resolution.acc_161km == 100
    assert result.beside["most populous"].resolution.acc_161km == 0
    assert result.beside["most populous"].strict == result.scores.strict
    assert (result.coverage, result.baseline) == (100, 0)


def test_nothing_located_has_no_coverage(tmp_path: Path) -> None:
    found = evaluation.coverage(
        read_documents(gold_file(tmp_path, "In Kyiv.", ("Kyiv", None, None, ""))), embedded()
    )
    assert (found.located, found.share, found.mean_candidates) == (0, None, None)
    assert found.missed == ()


def test_coverage_is_printed_as_table_and_json(
    news: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["evaluate", str(news), "--coverage"]) == 0
    text = capsys.readouterr().out
    assert "Qwxyzzy x2, Paris (" in text
    assert cli.main(["evaluate", str(news), "--coverage", "--json"]) == 0
    [result] = json.loads(capsys.readouterr().out)
    assert (result["corpus"], result["located"]) == ("news", 7)
    assert result["missed"][0]["name"] == "Qwxyzzy"
    assert cli.main(["evaluate", str(news), "--coverage", "--spans", "gold"]) == 2


def test_peers_are_judged_beside(news: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = news.parent / "recorded"
    folder.mkdir()
    only_spans = [{"start": 5, "end": 9}]
    placed = [{"start": 5, "end": 9, "lat": 50.45, "lon": 30.52}]
    for system, toponyms in (("finder", only_spans), ("placer", placed)):
        line = json.dumps({"id": "a", "toponyms": toponyms})
        (folder / f"{system}.news.jsonl").write_text(line)
    (folder / "placer.other.jsonl").write_text("not of this corpus")
    assert cli.main(["evaluate", str(news), "--peers", str(folder), "--json"]) == 0
    [result] = json.loads(capsys.readouterr().out)
    assert result["system"] == "geomap"
    assert list(result["beside"]) == ["most populous", "finder", "placer"]
    assert result["beside"]["placer"]["end_to_end"]["hits"] == 1
    peer = folder / "placer.news.jsonl"
    other = folder / "placer.other.jsonl"
    arguments = ["evaluate", str(news), "--predictions", str(peer), "--peers", str(folder)]
    assert cli.main([*arguments, "--peers", str(other)]) == 0
    table = capsys.readouterr().out
    rows = {line[:35].strip(): line[35:].split() for line in table.splitlines()}
    assert rows["recognition F1, strict"] == ["22.2", "22.2", "22.2"]
    assert rows["end-to-end F1"] == ["25.0", "-", "25.0"]
    assert cli.main(["evaluate", str(news), "--peers", str(folder / "none.jsonl")]) == 2
    assert "SYSTEM.CORPUS.jsonl" in capsys.readouterr().err


def test_the_curve_is_printed(news: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["evaluate", str(news), "--spans", "gold"]) == 0
    table = capsys.readouterr().out
    assert "right of these" in table
    curve = evaluation.evaluate(news, gold_spans=True).scores.placement.curve
    shares = [share for _, share, _ in curve]
    assert shares == sorted(shares, reverse=True)
    rows = [line.split() for line in table.splitlines() if line.strip().startswith("0.")]
    assert [float(row[0]) for row in rows] == [threshold for threshold, _, _ in curve]
    assert rows[0][1] == f"{shares[0]:.1f}"
