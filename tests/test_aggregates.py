"""What is made of a parsed corpus: counts, evidence, near-duplicates, the atlas of a dataset."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from corpus_tables import article, invented, mention, place, write

import geomap
from geomap import duplicates
from geomap.batch import make_aggregates
from geomap.corpus import Dataset, aggregates, build, evidence
from geomap.errors import InputError, OutputError, UsageError

Articles = list[dict[str, Any]]


def parted(articles: Articles, *sizes: int) -> list[Articles]:
    parts, start = [], 0
    for size in (*sizes, len(articles)):
        parts.append(articles[start : start + size])
        start += size
    return parts


def read(folder: Path, name: str) -> pd.DataFrame:
    frame = pq.read_table(folder / f"{name}.parquet").to_pandas(ignore_metadata=True)
    return frame.astype(object).where(frame.notna(), None)


def digests(folder: Path) -> dict[str, str]:
    return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in sorted(folder.iterdir())}


def mentions_of(articles: Articles) -> Iterable[tuple[dict[str, Any], dict[str, Any]]]:
    for one in articles:
        for row in one["mentions"]:
            yield one, row


@pytest.fixture
def corpus(tmp_path: Path) -> tuple[Articles, Dataset]:
    articles = invented(200)
    return articles, Dataset(write(tmp_path / "out", parted(articles, 60, 0, 90)))


# ---------------------------------------------------------------- counts


def test_counts_are_those_of_a_plain_count(corpus: tuple[Articles, Dataset]) -> None:
    articles, dataset = corpus
    folder = aggregates(dataset)
    times: Counter[tuple[Any, ...]] = Counter()
    who: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    sums: Counter[tuple[Any, ...]] = Counter()
    for one, row in mentions_of(articles):
        if row["place_id"] is None:
            continue
        for key in (
            ("place", row["place_id"]),
            ("place", row["place_id"], one["published"], one["source"], row["role"]),
            ("region", row["region_id"]),
            ("region", row["region_id"], one["published"], one["source"], row["role"]),
        ):
            times[key] += 1
            who[key].add(one["article_id"])
            sums[key] += row["confidence"]
    for unit, table in (("place", "places"), ("region", "regions")):
        totals = read(folder, table)
        found = {(unit, r[f"{unit}_id"]): r for r in totals.to_dict("records")}
        assert set(found) == {key for key in times if key[0] == unit and len(key) == 2}
        for key, row in found.items():
            assert row["n_mentions"] == times[key]
            assert row["n_mentions"] == row["n_literal"] + row["n_associative"]
            assert row["n_articles"] == len(who[key])
            assert row["confidence_mean"] == pytest.approx(sums[key] / times[key], abs=1e-4)
        over = read(folder, f"{table}_over_time")
        names = [f"{unit}_id", "period", "source", "role"]
        cells = {(unit, *(r[n] for n in names)): r for r in over.to_dict("records")}
        assert set(cells) == {key for key in times if key[0] == unit and len(key) == 5}
        for key, row in cells.items():
            other = (*key[:-1], "literal" if key[-1] == "associative" else "associative")
            assert row["n_mentions"] == times[key]
            assert row["n_articles"] == len(who[key])
            assert row["n_both"] == len(who[key] & who[other])


def test_pairs_and_names_left_unplaced(corpus: tuple[Articles, Dataset]) -> None:
    articles, dataset = corpus
    folder = aggregates(dataset)
    together: Counter[tuple[Any, ...]] = Counter()
    nowhere = []
    for one in articles:
        ids = sorted({row["place_id"] for row in one["mentions"] if row["place_id"]})
        month = one["published"] and one["published"].replace(day=1)
        together.update((a, b, month) for a, b in combinations(ids, 2))
        nowhere += [one["article_id"] for row in one["mentions"] if not row["place_id"]]
    pairs = read(folder, "pairs")
    found = {(r.place_a, r.place_b, r.period): r.n_articles for r in pairs.itertuples()}
    assert found == dict(together)
    assert len(found) == len(pairs)
    names = {row["place_id"]: row["name"] for _, row in mentions_of(articles)}
    assert all(names[r.place_a] == r.name_a for r in pairs.itertuples())
    assert read(folder, "unplaced").to_dict("records") == [
        {
            "text": "Nowhere",
            "n_mentions": len(nowhere),
            "n_articles": len(set(nowhere)),
            "reason": "no place of that name is known",
        }
    ]


def test_the_timeline_counts_articles_without_a_mention(
    corpus: tuple[Articles, Dataset],
) -> None:
    articles, dataset = corpus
    timeline = read(aggregates(dataset), "timeline")
    counted = Counter((one["published"], one["source"]) for one in articles)
    named = Counter((one["published"], one["source"]) for one, _ in mentions_of(articles))
    found = {(r.period, r.source): (r.n_articles, r.n_mentions) for r in timeline.itertuples()}
    assert found == {key: (count, named[key]) for key, count in counted.items()}


def test_files_are_read_by_geopandas(corpus: tuple[Articles, Dataset]) -> None:
    folder = aggregates(corpus[1])
    places = gpd.read_parquet(folder / "places.parquet").set_index("place_id")
    kyiv = place("Kyiv")
    assert places.crs == "EPSG:4326"
    assert places.geometry[kyiv.id].coords[:] == [(kyiv.longitude, kyiv.latitude)]
    over_time = gpd.read_parquet(folder / "places_over_time.parquet")
    assert (over_time.geometry == over_time["place_id"].map(places.geometry)).all()
    regions = gpd.read_parquet(folder / "regions.parquet").set_index("region_id")
    assert regions.geometry["UA.21"].contains(places.geometry[place("Sumy").id])
    assert regions["name"]["UA.21"] == "Sumy Oblast"
    pairs = gpd.read_parquet(folder / "pairs.parquet")
    row = pairs.iloc[0]
    ends = [places.geometry[row[f"place_{end}"]].coords[0] for end in "ab"]
    assert row.geometry.coords[:] == ends


def test_months_where_there_are_many_days(tmp_path: Path) -> None:
    dataset = Dataset(write(tmp_path / "out", [invented(1500, days=600)]))
    over_time = read(aggregates(dataset), "places_over_time")
    assert {day.day for day in over_time["period"] if day} == {1}
    by_day = read(aggregates(dataset, freq="day"), "places_over_time")
    assert len({day.day for day in by_day["period"] if day}) > 20
    assert by_day["n_mentions"].sum() == over_time["n_mentions"].sum()


def test_an_article_of_many_places_has_the_pairs_of_twenty(tmp_path: Path) -> None:
    one = article("a", published=date(2024, 5, 5))
    for number in range(25):
        base = place("Kyiv")
        where = type(base)(f"geomap:p{number:02}", f"P{number}", 50.0, 30.0, "settlement")
        for _ in range(2 if number >= 10 else 1):
            mention(one, where)
    folder = aggregates(Dataset(write(tmp_path / "out", [[one]])))
    made = json.loads((folder / "manifest.json").read_text())
    pairs = read(folder, "pairs")
    assert len(pairs) == 190
    # The fifteen that are named twice are among them.
    assert {f"geomap:p{number}" for number in range(10, 25)} <= {*pairs.place_a, *pairs.place_b}
    assert made["left_out"]["articles_with_too_many_places"] == 1
    assert made["left_out"]["pairs"] == 300 - 190


def test_an_empty_corpus(tmp_path: Path) -> None:
    atlas = geomap.Atlas.from_dataset(write(tmp_path / "out", [[]]))
    assert len(atlas.places) == len(atlas.pairs) == len(atlas.evidence) == 0
    assert len(atlas.mentions) == len(atlas.articles) == 0


# ---------------------------------------------------------------- how they are made


def test_the_same_bytes_however_the_corpus_is_cut_into_jobs(
    corpus: tuple[Articles, Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = corpus[1]
    build(dataset, tmp_path / "one")
    monkeypatch.setattr(sys.modules[build.__module__], "JOB", 1)

    def backwards(function: Any, *lists: Iterable[Any]) -> list[Any]:
        calls = list(enumerate(zip(*lists, strict=True)))
        done = {number: function(*call) for number, call in reversed(calls)}
        return [done[number] for number, _ in calls]

    build(dataset, tmp_path / "many", run=backwards)
    assert digests(tmp_path / "one") == digests(tmp_path / "many")


def test_small_cuts_hold_the_same_rows(
    corpus: tuple[Articles, Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = corpus[1]
    build(dataset, tmp_path / "one")
    monkeypatch.setattr(sys.modules[build.__module__], "CUT", 100)
    build(dataset, tmp_path / "many")
    assert pq.read_metadata(tmp_path / "many/places.parquet").num_row_groups > 3
    for file in (tmp_path / "one").glob("*.parquet"):
        one, many = (read(tmp_path / folder, file.stem) for folder in ("one", "many"))
        assert sorted(map(repr, one.to_dict("records"))) == sorted(
            map(repr, many.to_dict("records"))
        ), file.stem


def test_a_cluster_makes_the_same_bytes(
    corpus: tuple[Articles, Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = corpus[1]
    serial = digests(make_aggregates(dataset.path))
    shutil.rmtree(dataset.path / "aggregates")
    monkeypatch.setattr(sys.modules[build.__module__], "JOB", 1)
    assert digests(make_aggregates(dataset.path, workers=2)) == serial


def test_they_are_made_again_when_the_dataset_has_changed(
    corpus: tuple[Articles, Dataset],
) -> None:
    articles, dataset = corpus
    folder = aggregates(dataset)
    before = (folder / "places.parquet").stat().st_mtime_ns
    assert aggregates(Dataset(dataset.path)) == folder
    assert (folder / "places.parquet").stat().st_mtime_ns == before
    write(dataset.path, [articles[:10]])
    for table in ("articles", "mentions"):
        for number in (1, 2, 3):
            (dataset.path / table / f"part-{number:06d}.parquet").unlink()
    aggregates(Dataset(dataset.path))
    assert read(folder, "timeline")["n_articles"].sum() == 10


def test_what_was_there_stays_if_they_cannot_be_made(
    corpus: tuple[Articles, Dataset],
) -> None:
    dataset = corpus[1]
    folder = aggregates(dataset)
    before = digests(folder)
    calls = []

    def run(function: Any, *lists: Iterable[Any]) -> list[Any]:
        calls.append(function)
        if len(calls) > 3:
            raise OSError(28, "No space left on device")
        return list(map(function, *lists))

    with pytest.raises(OutputError, match="No space left on device"):
        build(dataset, folder, run=run)
    assert digests(folder) == before
    assert not list(dataset.path.glob(".geomap-*"))


@pytest.mark.parametrize("text", [None, "{"])
def test_a_folder_that_is_no_dataset(tmp_path: Path, text: str | None) -> None:
    if text:
        (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(InputError, match=r"manifest\.json is missing or damaged"):
        geomap.Atlas.from_dataset(tmp_path)


def test_a_dataset_that_lacks_a_file(corpus: tuple[Articles, Dataset]) -> None:
    path = corpus[1].path
    (path / "mentions/part-000001.parquet").unlink()
    with pytest.raises(InputError, match="do not have the same files"):
        Dataset(path)


# ---------------------------------------------------------------- evidence


def spread_corpus() -> Articles:
    """Return 300 articles over ten months that name Kyiv, most of them surely and literally."""
    chance = random.Random(3)
    articles = []
    for number in range(300):
        month = 1 + number % 10
        one = article(f"a{number:03}", published=date(2024, month, 1 + number % 28), source="A")
        role = "associative" if number % 5 == 0 else "literal"
        confidence = 0.5 if chance.random() < 0.3 else 0.95
        mention(one, place("Kyiv"), role=role, confidence=confidence)
        articles.append(one)
    return articles


def test_evidence_is_literal_sure_and_spread(tmp_path: Path) -> None:
    articles = spread_corpus()
    kept = read(aggregates(Dataset(write(tmp_path / "out", parted(articles, 100)))), "evidence")
    assert kept["rank"].tolist() == list(range(evidence.MOST))
    literal = kept[kept["role"] == "literal"]
    assert len(literal) == evidence.LITERAL
    assert kept["role"].tolist()[: evidence.LITERAL] == ["literal"] * evidence.LITERAL
    assert (kept["confidence"] >= evidence.SURE).all()
    assert len({day.month for day in literal["published"]}) >= 8
    for row in kept.to_dict("records"):
        at = row["start"] - row["sentence_start"]
        assert row["sentence"][at : at + len(row["text"])] == row["text"]
        assert row["url"] == f"https://example.org/{row['article_id']}"


def test_the_same_evidence_however_the_corpus_is_cut(tmp_path: Path) -> None:
    articles = spread_corpus()
    one = aggregates(Dataset(write(tmp_path / "one", [articles])))
    shuffled = random.Random(5).sample(articles, len(articles))
    many = aggregates(Dataset(write(tmp_path / "many", parted(shuffled, 50, 3, 120))))
    assert read(one, "evidence").equals(read(many, "evidence"))


def test_a_sentence_of_many_papers_is_kept_once(tmp_path: Path) -> None:
    articles = []
    for number in range(30):
        one = article(f"a{number}", published=date(2024, 1 + number % 3, 1))
        mention(one, place("Kyiv"), sentence="It rained in Kyiv.", start=13, end=17, text="Kyiv")
        articles.append(one)
    other = article("b", published=date(2024, 3, 3))
    mention(other, place("Kyiv"))
    kept = read(
        aggregates(Dataset(write(tmp_path / "out", parted([*articles, other], 9)))), "evidence"
    )
    assert len(kept) == 2
    # Of those that are equal the first.
    assert kept[kept["article_id"] != "b"]["published"].tolist() == [date(2024, 1, 1)]


# ---------------------------------------------------------------- near-duplicates

STORY = """Officials in Sumy said on Monday that three people were injured when a drone hit a
warehouse on the edge of the city. The fire burned for four hours before it was put out. The head of
the regional administration, Oleh Hryhorov, wrote that windows in a school nearby were broken and
that classes would be held online for the rest of the week.

Residents told reporters that they had heard two explosions shortly after midnight. "We went down to
the cellar and stayed there until the morning," said Olena, a teacher who lives across the street.
It was the fourth attack on the district since the beginning of the month.

The warehouse belonged to a company that trades in building materials. Its owner put the damage at
two million hryvnias and said that he would rebuild. Police have opened an investigation, and the
prosecutor's office spoke of a possible violation of the laws of war.

In the neighbouring Kursk region the authorities said that a drone had been shot down over the town
of Sudzha without causing damage. Neither report could be verified independently."""

ANOTHER = """A new bridge over the river Psel was opened to traffic in Sumy on Monday. The mayor cut
a ribbon in front of some two hundred people and thanked the engineers, who had worked through the
winter. The old bridge, which was built in 1962, had been closed to lorries for three years.

The new one carries two lanes and a path for bicycles. It cost 180 million hryvnias, half of which
came from a loan of the European Investment Bank. Shopkeepers along the street hope that customers
will return, and the bus company said that its lines would run as before from next week on."""


def signed(tmp_path: Path, texts: dict[str, str], **values: Any) -> Path:
    articles = []
    for number, (key, text) in enumerate(texts.items()):
        one = article(
            key, published=date(2024, 5, 1 + number), signature=duplicates.signature(text)
        )
        mention(one, place("Sumy"))
        articles.append(one | values)
    return write(tmp_path / "out", parted(articles, 2))


def edited() -> dict[str, str]:
    paragraphs = STORY.split("\n\n")
    return {
        "d-late": STORY,
        "c-headline": f"Drone hits warehouse in Sumy, three hurt\n\n{STORY}",
        "b-cut": "\n\n".join(paragraphs[:3]),
        "a-edited": STORY.replace("Monday", "Tuesday").replace("three people", "four people"),
        "x-another": ANOTHER,
    }


def test_edited_copies_are_one_story_and_another_story_is_not(tmp_path: Path) -> None:
    path = signed(tmp_path, edited())
    assert duplicates.find(path) == {"articles": 5, "groups": 1, "repeats": 3}
    table = pq.read_table(path / "duplicates.parquet").to_pydict()
    assert table["article_id"] == ["d-late", "c-headline", "b-cut", "a-edited"]
    assert set(table["group"]) == {"a-edited"}
    # It was published first, though its id is the last.
    assert table["is_first"] == [True, False, False, False]


def test_repeats_are_counted_once_and_kept_in_the_data(tmp_path: Path) -> None:
    path = signed(tmp_path, edited())
    before = geomap.Atlas.from_dataset(path).places
    duplicates.find(path)
    atlas = geomap.Atlas.from_dataset(path)
    assert before.loc[place("Sumy").id, "n_articles"] == 5
    assert atlas.places.loc[place("Sumy").id, "n_articles"] == 2
    assert atlas.timeline["n_repeats"].sum() == 3
    assert set(atlas.evidence["article_id"]) == {"d-late", "x-another"}
    assert len(atlas.articles) == len(atlas.mentions) == 5
    assert "signature" not in atlas.articles


def test_signatures_tell_how_alike_texts_are() -> None:
    one, cut = (duplicates.signature(edited()[key]) for key in ("d-late", "b-cut"))
    assert len(one) == 4 * duplicates.NUMBERS
    assert one == duplicates.signature(STORY.upper())
    assert duplicates.similarity(one, one) == 1
    assert 0.6 < duplicates.similarity(one, cut) < 0.95
    assert duplicates.similarity(one, duplicates.signature(ANOTHER)) < 0.1
    assert duplicates.similarity(one, b"") == 0


@pytest.mark.parametrize("text", ["", "Photo: Reuters", "\ud800" * 5, "俄罗斯"])
def test_a_text_that_is_too_short_has_no_signature(text: str) -> None:
    assert duplicates.signature(text) == b""


def test_scripts_without_spaces_and_broken_text_have_signatures() -> None:
    assert (
        len(duplicates.signature("基辅市长周一表示，夜间袭击造成三人受伤，一座仓库着火。")) == 512
    )
    assert len(duplicates.signature("word \ud800 " * 3 + STORY)) == 512


def test_many_stories_with_one_beginning_are_told_apart() -> None:
    """Stories that share a value of a band do not hide each other's copies."""
    chance = random.Random(1)
    words = [f"w{number}" for number in range(5000)]
    shared = chance.choices(words, k=60)
    stories = [" ".join([*shared, *chance.choices(words, k=140)]) for _ in range(40)]
    texts = [*stories, *(f"{story} the end" for story in stories)]
    rows = np.stack([np.frombuffer(duplicates.signature(text), "<u4") for text in texts])
    labels = duplicates._label(rows)
    assert (labels[:40] == labels[40:]).all()
    assert len(set(labels.tolist())) == 40


def test_signatures_are_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "out", [invented(3)])
    with pytest.raises(InputError, match="parse the corpus with --dedupe"):
        duplicates.find(path)


# ---------------------------------------------------------------- the atlas of a dataset


def test_filters_are_those_of_a_plain_filter(corpus: tuple[Articles, Dataset]) -> None:
    articles, dataset = corpus
    atlas = geomap.Atlas.from_dataset(dataset.path)
    chosen = atlas.filter(
        since="2024-03-10", until=date(2024, 4, 10), source=["Wire", "The Herald"], role="literal"
    ).filter(country=["UA", "RU"])
    expected = [
        (one["article_id"], row["mention"])
        for one, row in mentions_of(articles)
        if one["published"]
        and date(2024, 3, 10) <= one["published"] <= date(2024, 4, 10)
        and one["source"] in ("Wire", "The Herald")
        and row["role"] == "literal"
        and row["country_code"] in ("UA", "RU")
    ]
    found = chosen.mentions
    assert list(zip(found["article_id"], found["mention"], strict=True)) == expected
    assert chosen.places["n_mentions"].sum() == len(expected)
    assert set(chosen.places["country_code"]) == {"UA", "RU"}
    assert set(chosen.articles["source"]) == {"Wire", "The Herald"}
    assert len(chosen.articles) == chosen.timeline["n_articles"].sum()
    # The dataset's own aggregates are not touched.
    assert not (dataset.path / "aggregates").exists()
    assert atlas.places["n_mentions"].sum() > len(expected)


def test_over_time_by_source_and_by_role(corpus: tuple[Articles, Dataset]) -> None:
    articles, dataset = corpus
    atlas = geomap.Atlas.from_dataset(dataset.path)
    kyiv = place("Kyiv").id
    for freq in ("day", "month"):
        for by in ((), "source", ("source", "role")):
            who: dict[tuple[Any, ...], set[str]] = defaultdict(set)
            for one, row in mentions_of(articles):
                day = one["published"]
                period = day.replace(day=1) if freq == "month" and day else day
                key = {"source": one["source"], "role": row["role"]}
                names = (by,) if isinstance(by, str) else by
                if row["place_id"] == kyiv:
                    who[(period, *(key[name] for name in sorted(names)))].add(one["article_id"])
            frame = atlas.places_over_time(freq, by)  # type: ignore[arg-type]
            mine = frame[frame["place_id"] == kyiv].astype(object)
            mine = mine.where(mine.notna(), None)
            columns = ["period", *sorted((by,) if isinstance(by, str) else by)]
            found = {tuple(r[c] for c in columns): r["n_articles"] for r in mine.to_dict("records")}
            assert found == {key: len(ids) for key, ids in who.items()}
    regions = atlas.regions_over_time("month")
    assert regions["n_mentions"].sum() == atlas.places["n_mentions"].sum()


@pytest.mark.parametrize(
    "asked",
    [{"role": "both"}, {"country": "Ukraine"}, {"since": "yesterday"}],
)
def test_filters_that_make_no_sense(corpus: tuple[Articles, Dataset], asked: Any) -> None:
    with pytest.raises(UsageError):
        geomap.Atlas.from_dataset(corpus[1].path).filter(**asked)


def test_tables_are_read_when_they_are_asked_for(
    corpus: tuple[Articles, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    atlas = geomap.Atlas.from_dataset(corpus[1].path).filter(country="FR")
    for part in (corpus[1].path / "articles").iterdir():
        part.write_bytes(b"")
    assert set(atlas.mentions["country_code"]) == {"FR"}
    with pytest.raises(Exception, match="Parquet"):
        _ = atlas.articles


def test_what_a_corpus_can_be_saved_as(corpus: tuple[Articles, Dataset], tmp_path: Path) -> None:
    atlas = geomap.Atlas.from_dataset(corpus[1].path)
    with pytest.raises(UsageError, match=r"saved as a page \(\.html\)"):
        atlas.save(tmp_path / "map.gpkg")
    with pytest.raises(OutputError, match="does not exist"):
        atlas.save(tmp_path / "none" / "map.html")
