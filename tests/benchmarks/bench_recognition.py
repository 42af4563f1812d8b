"""Prints what recognition costs on one core: ``python tests/benchmarks/bench_recognition.py``.

So it does of recognition and resolution together. Beside geomap stand two dictionaries, geotext
and flashgeotext (the extra ``benchmark``), and a transformer of RoBERTa-base's size with random
weights (torch 2.13.0, where it is installed): what its weights are makes it no slower or faster.
Each runs in a process of its own, bound to one core, on the same articles of some 2,500
characters, made here.
"""

import importlib.util
import itertools
import os
import random
import statistics
import subprocess
import sys
from pathlib import Path

import marisa_trie

from geomap.settings import DATA

ARTICLES, CHARACTERS = 400, 2_500
TRANSFORMER_ARTICLES = 8
ROUNDS = 3

TOWNS = [
    "Kharkiv", "Omdurman", "Marseille", "Leeds", "Tucson", "Nairobi", "Lahore", "Santiago", "Osaka",
    "Hanover", "Galway", "Sumy", "Springfield", "Brisbane", "Accra", "Leipzig", "Winnipeg", "Mosul",
]  # fmt: skip
COUNTRIES = [
    "Ukraine", "Sudan", "France", "Britain", "Kenya", "Pakistan", "Chile", "Japan", "Germany",
    "Ireland", "Australia", "Ghana", "Canada", "Iraq", "Syria", "India", "Portugal", "Poland",
]  # fmt: skip
PEOPLES = ["Ukrainian", "Sudanese", "French", "British", "Kenyan", "Chilean", "Japanese", "Irish"]
PERSONS = ["John Smith", "Mary Jones", "Ahmed Hassan", "Olena Kovalenko", "Paris Hilton"]
SUBJECTS = [
    "The mayor of {town}", "{people} officials", "Residents", "{person}", "The government",
    "A spokesman for the {town} Police Department", "Researchers", "{country}'s foreign minister",
]  # fmt: skip
PREDICATES = [
    "said on Tuesday that the bridge near {town} had been closed after the flood",
    "told reporters that talks with {country} would continue next week",
    "denied that {people} troops had crossed the border",
    "met {person}, who lives in {town}, {country}",
    "expects prices to rise by {number} percent this year, the highest rate since {year}",
    "was not immediately available for comment",
]


def articles(count):
    """Make articles that have as many names and different words as news, and mean as little."""
    rng = random.Random(0)
    trie = marisa_trie.RecordTrie("<B").mmap(str(DATA / "lexicon.marisa"))
    words = [word for word, (flags,) in trie.items() if flags & 3 and word.isalpha()]
    rng.shuffle(words)
    zipf = list(itertools.accumulate(1 / (rank + 3) for rank in range(len(words))))
    made = []
    for _ in range(count):
        text = f"{rng.choice(TOWNS).upper()}, {rng.choice(COUNTRIES)} (AP) — "
        while len(text) < CHARACTERS:
            if rng.random() < 0.45:
                text += f"{rng.choice(SUBJECTS)} {rng.choice(PREDICATES)}. ".format(
                    town=rng.choice(TOWNS),
                    country=rng.choice(COUNTRIES),
                    people=rng.choice(PEOPLES),
                    person=rng.choice(PERSONS),
                    number=rng.randint(2, 90),
                    year=rng.randint(1950, 2020),
                )
            else:
                drawn = rng.choices(words, cum_weights=zipf, k=rng.randint(8, 24))
                small = rng.choices(["the", "of", "and", "in", "to", "a"], k=len(drawn))
                pairs = (f"{little} {word}" for little, word in zip(small, drawn, strict=True))
                text += " ".join(pairs).capitalize() + ".\n"
        made.append(text)
    return made


TIMED = """
import os, resource, sys, time
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {{min(os.sched_getaffinity(0))}})
sys.path.insert(0, {folder!r})
from bench_recognition import articles
texts = articles({count})
start = time.perf_counter()
{load}
recognize(texts[0])
loaded = time.perf_counter() - start
for text in texts[: {count} // 4]:
    recognize(text)
rates = []
for _ in range({rounds}):
    start = time.process_time()
    found = sum(recognize(text) for text in texts)
    rates.append(len(texts) / (time.process_time() - start))
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(max(rates), loaded, memory / 1024, found / len(texts))
"""

GEOMAP = """
from geomap.gazetteer import embedded
from geomap.recognition import OwnRecognizer
from geomap.records import Article
recognizer = OwnRecognizer(embedded())
def recognize(text):
    return len(recognizer.recognize(Article("a", text)))
"""
GEOPARSER = """
from geomap import Article, Geoparser
geoparser = Geoparser()
def recognize(text):
    return len(geoparser.parse(Article("a", text)).resolutions)
"""
GEOTEXT = """
from geotext import GeoText
def recognize(text):
    found = GeoText(text)
    return len(found.cities) + len(found.countries) + len(found.nationalities)
"""
FLASHGEOTEXT = """
from flashgeotext.geotext import GeoText
geotext = GeoText()
def recognize(text):
    return sum(len(hits) for hits in geotext.extract(input_text=text).values())
"""
# 12 layers of 768, 12 heads, 50,265 word pieces: 1 piece for some 4.5 characters of English news.
TRANSFORMER = """
import torch
torch.set_num_threads(1)
torch.manual_seed(0)
layer = torch.nn.TransformerEncoderLayer(768, 12, 3072, activation="gelu", batch_first=True)
model = torch.nn.Sequential(
    torch.nn.Embedding(50265, 768), torch.nn.TransformerEncoder(layer, 12), torch.nn.Linear(768, 9)
).eval()
def recognize(text):
    pieces = torch.randint(50265, (round(len(text) / 4.5),))
    with torch.inference_mode():
        return sum(model(part[None]).shape[0] * 0 for part in pieces.split(512))
"""

SYSTEMS = {
    "geomap": ("geomap", GEOMAP, ARTICLES),
    "geomap, resolved too": ("geomap", GEOPARSER, ARTICLES),
    "geotext": ("geotext", GEOTEXT, ARTICLES),
    "flashgeotext": ("flashgeotext", FLASHGEOTEXT, ARTICLES),
    "transformer (random)": ("torch", TRANSFORMER, TRANSFORMER_ARTICLES),
}


def measure(load, count):
    """Return articles a second of processor time, seconds to load, MB resident, names found."""
    code = TIMED.format(
        folder=str(Path(__file__).resolve().parent), load=load, count=count, rounds=ROUNDS
    )
    one = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **one},
    )
    return [float(value) for value in done.stdout.split()[-4:]]


def main():
    texts = articles(ARTICLES)
    size = statistics.mean(len(text) for text in texts)
    print(f"{ARTICLES} articles of {size:,.0f} characters, one core, best of {ROUNDS} rounds")
    print(f"{'':<22}{'articles/s':>11}{'load s':>9}{'MB':>7}{'names':>8}{'geomap is':>14}")
    if hasattr(os, "getloadavg"):
        print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", file=sys.stderr)
    base = None
    for name, (library, load, count) in SYSTEMS.items():
        if importlib.util.find_spec(library) is None:
            print(f"{name:<22} left out: {library} is not installed")
            continue
        rate, loaded, memory, found = measure(load, count)
        base = base or rate
        names = f"{found:.1f}" if found else "-"
        times = base / rate
        ratio = f"{times:,.{0 if times >= 10 else 3}f} x as fast" if times != 1 else ""
        print(f"{name:<22}{rate:>11,.1f}{loaded:>9.2f}{memory:>7.0f}{names:>8}{ratio:>18}")


if __name__ == "__main__":
    main()
