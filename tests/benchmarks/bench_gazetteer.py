"""Prints what the gazetteers cost: ``python tests/benchmarks/bench_gazetteer.py [--from DIR]``.

That is, the embedded one alone and with GeoNames' beside it: Ukraine's, from the files in DIR, or
50,000 made rows.
"""

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
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


def print_lookups(whose, gazetteer, places):
    """Print what names cost that were not asked for before, and those of the news."""
    numbers = random.Random(whose).sample(range(len(places)), 20_000)
    names = list({places._decode(number)[0].name for number in numbers})
    for label, asked in (("each for the first time", names), ("names in the news", NEWS * 3000)):
        per_second, candidates = rate(gazetteer.lookup, asked)
        print(f"{whose}, {label:<24} {per_second:>9,.0f} lookups/s, {candidates:.2f} candidates")


def print_resident():
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"resident so far                 {most:.0f} MB")


def with_geonames(source):
    """Print lookups with GeoNames' beside ours."""
    from geomap.gazetteer import CombinedGazetteer, GeonamesGazetteer, embedded
    from geomap.gazetteer.geonames import installed

    with tempfile.TemporaryDirectory() as folder:
        made = "bench_geonames; bench_geonames.write_rows(Path('allCountries.zip'), 50_000)"
        if source is None:
            source = Path(folder)
            code = (
                f"import sys; sys.path.insert(0, {str(HERE)!r}); from pathlib import Path; import "
            )
            subprocess.run([sys.executable, "-c", code + made], cwd=folder, check=True)
        whole = (source / "allCountries.zip").exists()
        subprocess.run(
            [sys.executable, "-m", "geomap", "gazetteer", "build", "--from", source]
            + (["--all"] if whole else ["--countries", "UA"]),
            env={**os.environ, "GEOMAP_DATA": folder},
            capture_output=True,
            check=True,
        )
        theirs = GeonamesGazetteer(installed(Path(folder, "geonames")))
        both = CombinedGazetteer(embedded(), theirs)
        print_lookups("both, of theirs", both, theirs)
        print_lookups("both, of ours  ", both, embedded())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--from", dest="source", type=Path)
    source = parser.parse_args().source
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
    print_lookups("embedded alone ", gazetteer, gazetteer)
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
    print_resident()
    with_geonames(source)
    print_resident()


if __name__ == "__main__":
    main()
