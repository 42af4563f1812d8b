"""Prints what the embedded gazetteer costs: ``python tests/benchmarks/bench_gazetteer.py``."""

import random
import resource
import subprocess
import sys
import time

COLD = """
import resource, time
start = time.perf_counter()
from geomap.gazetteer import embedded
embedded().lookup("Noven'ke")
seconds = time.perf_counter() - start
print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
NEWS = [
    "Paris",
    "London",
    "Moscow",
    "Kyiv",
    "Russian",
    "Ukraine",
    "Washington",
    "Kursk",
    "Sumy",
    "U.S.",
    "Springfield",
    "Boston",
    "Texas",
    "Nowhereville",
    "Wednesday",
    "Gaza",
]


def rate(function, names):
    """Return calls a second of processor time and the mean length of their answers."""
    start = time.process_time()
    found = sum(len(function(name)) for name in names)
    return len(names) / (time.process_time() - start), found / len(names)


def main():
    wall, inside, rss = [], [], []
    for _ in range(7):
        start = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", COLD], capture_output=True, check=True)
        wall.append(time.perf_counter() - start)
        seconds, megabytes = map(float, done.stdout.split())
        inside.append(seconds)
        rss.append(megabytes)
    print(f"process, open and first lookup  {min(wall):.3f} s, resident {max(rss):.0f} MB")
    print(f"  of which import, open, lookup {min(inside):.3f} s")

    from geomap.gazetteer import embedded

    gazetteer = embedded()
    print(f"on disk                         {gazetteer.info()['bytes'] / 1e6:.1f} MB")
    print(f"counts                          {gazetteer.info()['counts']}")
    numbers = random.Random(0).sample(range(len(gazetteer)), 50_000)
    names = [gazetteer._decode(number)[0].name for number in numbers]
    for label, asked in (("names of random places", names), ("names in the news", NEWS * 3000)):
        per_second, candidates = rate(gazetteer.lookup, asked)
        print(f"{label:<31} {per_second:,.0f} lookups/s, {candidates:.2f} candidates each")
    sentence = "new york city hall said on wednesday that the mayor of kyiv"
    tokens = [" ".join(sentence.split()[i:]) for i in range(len(sentence.split()))]
    print(f"prefixes                        {rate(gazetteer.prefixes, tokens * 3000)[0]:,.0f}/s")
    misspelled = ["Novenka", "Kharkow", "Zaporizhia", "Мариупол", "Washingtom", "San Fransisco"]
    slowest = 0.0
    for name in misspelled:
        start = time.perf_counter()
        gazetteer.similar(name)
        slowest = max(slowest, time.perf_counter() - start)
    print(f"close spellings, the slowest    {slowest:.3f} s")
    print(f"resident after all              "
          f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")  # fmt: skip


if __name__ == "__main__":
    main()
