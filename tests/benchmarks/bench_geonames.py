"""Builds a gazetteer from made rows in GeoNames' format, and prints what that costs.

``python tests/benchmarks/bench_geonames.py --rows 12000000`` is the size of the whole of GeoNames:
130 bytes and 2 names a row, as there. Memory is that of all processes together.
"""

import argparse
import random
import tempfile
import threading
import time
import zipfile
from pathlib import Path

from geomap.gazetteer_build import build_geonames

PARTS = [
    "ka",
    "no",
    "ven",
    "sta",
    "ro",
    "li",
    "mar",
    "san",
    "del",
    "bor",
    "gra",
    "vil",
    "ton",
    "ham",
    "berg",
    "ovo",
    "ske",
    "pol",
    "zi",
    "dre",
    "ula",
    "qar",
]
CLASSES = ["P.PPL"] * 42 + ["S.HTL", "S.SCH", "S.FRM"] * 7 + ["H.STM", "H.LK"] * 10 + ["T.MT"] * 14
COUNTRIES = ["US", "CN", "ID", "MX", "RU", "UA", "IN", "NO", "FR", "PK"]
CYRILLIC = str.maketrans("abdeghiklmnopqrstuvz", "абдегхиклмнопкрстувз")


def name(random_):
    words = random_.choices((1, 2, 3), (70, 25, 5))[0]
    return " ".join(
        "".join(random_.choices(PARTS, k=random_.randint(2, 4))).capitalize() for _ in range(words)
    )


def row(number, random_):
    own = name(random_)
    alternates = []
    if random_.random() < 0.4:
        alternates = [name(random_) for _ in range(random_.randint(1, 2))]
        if random_.random() < 0.3:
            alternates.append(own.lower().translate(CYRILLIC).capitalize())
    feature_class, code = random_.choice(CLASSES).split(".")
    population = random_.randint(1, 99_999) if random_.random() < 0.05 else 0
    return (
        f"{number}\t{own}\t{own}\t{','.join(alternates)}\t{random_.uniform(-60, 75):.5f}\t"
        f"{random_.uniform(-180, 180):.5f}\t{feature_class}\t{code}\t{random_.choice(COUNTRIES)}"
        f"\t\t{random_.randint(1, 80):02}\t{random_.randint(1, 999)}\t\t\t{population}\t\t"
        f"{random_.randint(0, 3000)}\tEurope/Kyiv\t2025-05-11\n"
    )


def write_rows(path, rows):
    random_ = random.Random(0)
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("allCountries.txt", "w", force_zip64=True) as file,
    ):
        for start in range(1, rows + 1, 10_000):
            numbers = range(start, min(start + 10_000, rows + 1))
            file.write("".join(row(number, random_) for number in numbers).encode())


def resident(pid):
    """Return the memory of a process and its children, in MB, shared pages divided (PSS)."""
    total = 0
    for path in Path("/proc").glob("[0-9]*"):
        try:
            status = (path / "stat").read_text().rpartition(")")[2].split()
            if pid in (int(path.name), int(status[1])):
                lines = (path / "smaps_rollup").read_text().splitlines()
                total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        except (OSError, ValueError):
            continue
    return total / 1024


def main():
    import os

    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "source")
        source.mkdir()
        write_rows(source / "allCountries.zip", rows)
        peak, stop = [0.0], threading.Event()

        def watch():
            while not stop.wait(0.2):
                peak.append(resident(os.getpid()))

        watcher = threading.Thread(target=watch)
        watcher.start()
        start, before = time.perf_counter(), os.times()
        manifest = build_geonames(None, Path(folder, "geonames"), source=source)
        seconds, after = time.perf_counter() - start, os.times()
        stop.set()
        watcher.join()
        processor = sum(after[:4]) - sum(before[:4])
        size = sum(manifest["files"].values())
        print(f"rows        {rows:,}; {manifest['counts']['names']:,} different names")
        print(f"wall        {seconds:.1f} s, {rows / seconds:,.0f} rows/s")
        print(f"processor   {processor:.1f} s, {rows / processor:,.0f} rows/s and core")
        print(f"memory      {max(peak):,.0f} MB at most, all processes")
        print(f"on disk     {size / 1e6:,.0f} MB")

        from geomap.gazetteer import embedded
        from geomap.gazetteer.combined import CombinedGazetteer
        from geomap.gazetteer.geonames import GeonamesGazetteer, installed

        start = time.perf_counter()
        theirs = GeonamesGazetteer(installed(Path(folder, "geonames")))
        print(f"open        {time.perf_counter() - start:.3f} s")
        both = CombinedGazetteer(embedded(), theirs)
        random_ = random.Random(1)
        numbers = random_.sample(range(len(theirs)), 20_000)
        names = [theirs._decode(number)[0].name for number in numbers]
        for label, asked in (("alone", theirs), ("with ours", both)):
            start = time.process_time()
            for one in names:
                asked.lookup(one)
            seconds = time.process_time() - start
            print(f"lookups     {len(names) / seconds:,.0f}/s {label}, random places")
        start = time.perf_counter()
        close = theirs.similar("Novenka Stamar", 5)
        print(f"similar     {time.perf_counter() - start:.2f} s, {len(close)} found")


if __name__ == "__main__":
    main()
