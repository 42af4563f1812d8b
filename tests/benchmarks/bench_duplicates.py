"""Prints how well and how fast near-duplicates are found: ``bench_duplicates.py [ARTICLES]``.

The corpus is that of ``corpus.py``, where one article in twelve repeats another under another
headline, a day later, half of them with paragraphs cut from the end. A pair counts as found if both
are in one group. Of repeats that kept at least half of the phrases recall is printed as well: what
was cut further is another text by the definition of :mod:`geomap.duplicates`.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import corpus
import pyarrow as pa
import pyarrow.parquet as pq

from geomap import duplicates


def pairs(sizes: Counter) -> int:
    return sum(n * (n - 1) // 2 for n in sizes.values())


def main(count: int) -> None:
    articles = list(corpus.articles(count))
    # Names are drawn before each sentence: who shares the first paragraph shares the story.
    stories = [article["text"].partition("\n\n")[0] for article in articles]
    start = time.process_time()
    signed = [duplicates.signature(article["text"]) for article in articles]
    rate = count / (time.process_time() - start)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "articles").mkdir()
        table = pa.table(
            {
                "article_id": [str(number) for number in range(count)],
                "published": pa.nulls(count, pa.date32()),
                "signature": pa.array(signed, pa.binary()),
            }
        )
        pq.write_table(table, Path(folder, "articles", "part-000000.parquet"))
        start = time.process_time()
        summary = duplicates.find(folder)
        grouping = time.process_time() - start
        found = pq.read_table(Path(folder, "duplicates.parquet")).to_pydict()
    group = dict(zip(found["article_id"], found["group"], strict=True))
    groups = [group.get(str(number), str(number)) for number in range(count)]
    together = pairs(Counter(groups))
    right = pairs(Counter(zip(stories, groups, strict=True)))
    true = pairs(Counter(stories))
    print(f"{count:,} articles, {summary['groups']:,} groups, {summary['repeats']:,} repeats")
    print(f"precision {right / max(1, together):.4f}, recall {right / max(1, true):.4f}", end="")
    by_story: dict[str, list[int]] = {}
    for number, story in enumerate(stories):
        by_story.setdefault(story, []).append(number)
    near = hit = 0
    for numbers in by_story.values():
        for i, one in enumerate(numbers):
            for other in numbers[i + 1 :]:
                lengths = sorted(len(articles[n]["text"]) for n in (one, other))
                if lengths[0] >= 0.5 * lengths[1]:
                    near += 1
                    hit += groups[one] == groups[other]
    print(f" (of repeats that kept half: {hit / max(1, near):.4f})")
    print(f"{rate:,.0f} signatures/s, grouped in {grouping:.1f} s of a processor")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
