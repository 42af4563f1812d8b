"""Prints what the map of a large corpus costs: ``bench_corpus_page.py [ARTICLES] [FOLDER]``.

Makes a parsed corpus of so many articles (default: a million) as ``geomap parse -o FOLDER/`` would
lay it out, of invented mentions of real places: some eleven an article, over two years, of 800
sources, of 60,000 places, some far more often than others. Counts it, draws it, and opens the page
in Chromium. Time to interactive is from the start of the navigation until the page says that it is
ready and the browser has drawn a frame after that; the best of three. How long the page's thread
was at work until then depends less on what else the machine does. A step is the longest gap between
two frames while the time slider is moved.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely
from playwright.sync_api import sync_playwright

from geomap import Atlas
from geomap.corpus import Dataset, aggregates
from geomap.gazetteer import embedded

DAYS, SOURCES, PLACES, MENTIONS, PART = 730, 800, 60_000, 11, 10_000
FIRST = date(2023, 1, 1)
TEXT = """officials said on the day that people were hurt when a storm hit the old town and its
    market roads stayed closed for hours while trains waited outside and schools sent children home
    early the minister promised help to all who had lost their houses in what was the worst flood
    since records began but nobody could say when the power would return or who would pay"""
READY = """() => new Promise((done) => {
  const look = () => document.documentElement.dataset.ready
    ? requestAnimationFrame(() => setTimeout(() => done(performance.now())))
    : setTimeout(look, 5);
  look();
})"""
SLIDE = """() => new Promise((done) => {
  const slider = document.getElementById("gm-until");
  let [worst, last, step] = [0, performance.now(), 0];
  const tick = (now) => {
    worst = Math.max(worst, now - last);
    last = now;
    if (step++ === 12) return done(worst);
    slider.value = String(Number(slider.max) - step);
    slider.dispatchEvent(new Event("input"));
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
})"""


def of_places(chance: np.random.Generator) -> dict[str, pa.Array]:
    """Return places as columns, the likeliest first, with how likely each is to be named."""
    known = list(embedded().places())
    base = {"country": 3e7, "region": 1e6}
    size = np.array([max(base.get(p.kind, 300.0), float(p.population)) for p in known])
    weight = size**0.75 * chance.lognormal(0, 0.8, len(known))
    chosen = [known[i] for i in np.argsort(-weight)[:PLACES]]
    columns = {
        name: pa.array([getattr(p, name) for p in chosen], pa.string())
        for name in ("name", "kind", "feature_code", "country_code", "admin1_code", "admin1_name")
    }
    columns["place_id"] = pa.array([p.id for p in chosen], pa.string())
    columns["region_id"] = pa.array(
        [
            f"{p.country_code}.{p.admin1_code}"
            if p.country_code and p.admin1_code and p.kind != "country"
            else None
            for p in chosen
        ],
        pa.string(),
    )
    points = shapely.points([p.longitude for p in chosen], [p.latitude for p in chosen])
    columns["geometry"] = pa.array(shapely.to_wkb(points), pa.binary())
    weights = np.sort(weight)[::-1][:PLACES]
    return {**columns, "weight": pa.array(weights / weights.sum())}


def sentences(chance: np.random.Generator, names: pa.Array) -> pa.Array:
    """Return a sentence for each name, which stands at its 31st character."""
    count = len(names)
    words = np.array(TEXT.split(), dtype=object)
    starts = pa.array([f"{' '.join(chance.choice(words, 8)):<29.29} " for _ in range(500)])
    ends = pa.array([" ".join(chance.choice(words, 18)) for _ in range(20_000)])
    return pc.binary_join_element_wise(
        starts.take(pa.array(chance.integers(0, len(starts), count))),
        names,
        pa.array([" "] * count),
        ends.take(pa.array(chance.integers(0, len(ends), count))),
        ".",
        "",
    )


def write(folder: Path, articles: int) -> None:
    """Write a corpus."""
    chance = np.random.default_rng(7)
    places = of_places(chance)
    likely = np.cumsum(places["weight"].to_numpy())
    days = chance.lognormal(0, 0.3, DAYS) * np.where(np.arange(DAYS) % 7 < 5, 1.0, 0.5)
    papers = pa.array([f"The {name} Herald" for name in places["name"].to_pylist()[:SOURCES]])
    papers_likely = 1 / np.arange(1, SOURCES + 1)
    for table in ("articles", "mentions"):
        (folder / table).mkdir()
    for part, start in enumerate(range(0, articles, PART)):
        count = min(PART, articles - start)
        ids = pa.array([f"corpus.jsonl:{start + i}" for i in range(count)])
        day = chance.choice(DAYS, count, p=days / days.sum()) + FIRST.toordinal() - 719163
        published = pa.array(day.astype(np.int32)).cast(pa.date32())
        source = papers.take(
            pa.array(chance.choice(SOURCES, count, p=papers_likely / papers_likely.sum()))
        )
        titles = pa.array([f"What happened on day {d} ({start + i})" for i, d in enumerate(day)])
        urls = pc.binary_join_element_wise("https://news.example/", ids, "")
        own = chance.poisson(MENTIONS, count)
        of = np.repeat(np.arange(count), own)
        rows = pa.array(of)
        at = np.minimum(np.searchsorted(likely, chance.random(len(of))), PLACES - 1)
        unplaced = chance.random(len(of)) < 0.07
        place = pa.array(at, mask=unplaced)
        names = places["name"].take(pa.array(at))
        position = np.arange(len(of)) - np.repeat(np.cumsum(own) - own, own)
        begin = position * 300 + 30
        length = pc.utf8_length(names).to_numpy()
        columns = {
            "article_id": ids.take(rows),
            "mention": pa.array(position),
            "published": published.take(rows),
            "source": source.take(rows),
            "start": pa.array(begin),
            "end": pa.array(begin + length),
            "text": names,
            "role": pa.array(np.where(chance.random(len(of)) < 0.55, "literal", "associative")),
            "sentence": sentences(chance, names),
            "sentence_start": pa.array(position * 300),
            "precision": pa.array(["exact"] * len(of)),
            "confidence": pa.array(np.where(unplaced, 0.0, chance.beta(5, 1.5, len(of)))),
            "reasons": pa.array([["no place of that name is known"]] * len(of)),
            **{n: c.take(place) for n, c in places.items() if n != "weight"},
        }
        name = f"part-{part:06d}.parquet"
        pq.write_table(pa.table(columns), folder / "mentions" / name, compression="zstd")
        table = pa.table(
            {
                "article_id": ids,
                "title": titles,
                "source": source,
                "url": urls,
                "published": published,
            }
        )
        pq.write_table(table, folder / "articles" / name, compression="zstd")
    (folder / "manifest.json").write_text(json.dumps({"format": "geomap dataset 1"}))


def used() -> float:
    own, children = (resource.getrusage(who) for who in (0, -1))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def main(articles: int, kept: str | None) -> None:
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder = Path(kept or temporary)
        if not (folder / "manifest.json").exists():
            write(folder, articles)
        start, wall = used(), time.perf_counter()
        made = aggregates(Dataset(folder))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{articles:,} articles counted: {used() - start:.0f} s processor", end="")
        print(f" ({time.perf_counter() - wall:.0f} s), peak {peak:,.0f} MB", flush=True)
        for file in sorted(made.glob("*.parquet")):
            rows = pq.read_metadata(file).num_rows
            print(f"  {file.name:<26} {rows:>12,} rows {file.stat().st_size / 1e6:>8,.1f} MB")
        path = Path(temporary, "map.html")
        start = used()
        page_map = Atlas.from_dataset(folder).map()
        left_out = page_map.data["facts"]["left_out"]
        page_map.save(path)
        print(f"drawn: {used() - start:.0f} s processor; page {path.stat().st_size / 1e6:.1f} MB")
        print(f"  left out: {json.dumps(left_out)}", flush=True)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        times, work, steps = [], [], []
        for _ in range(3):
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            tools = page.context.new_cdp_session(page)
            tools.send("Performance.enable", {"timeDomain": "threadTicks"})
            page.goto(path.as_uri(), wait_until="commit")
            times.append(page.evaluate(READY) / 1000)
            found = tools.send("Performance.getMetrics")["metrics"]
            work += [each["value"] for each in found if each["name"] == "TaskDuration"]
            page.wait_for_timeout(500)
            steps.append(page.evaluate(SLIDE))
            page.close()
        browser.close()
        print(
            f"interactive {min(times):.2f} s, {min(work):.2f} s of it at work;"
            f" longest step of the time slider {min(steps):.0f} ms"
        )
        if kept:
            shutil.copy(path, folder / "map.html")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000, (sys.argv[2:] or [None])[0])
