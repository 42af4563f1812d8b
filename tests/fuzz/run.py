"""Coverage-guided fuzzing of geomap with atheris: ``python tests/fuzz/run.py --cases 1000000``.

Each target runs in a process of its own. The number of cases that were run is printed for each
and in all; a case that breaks something is written to ``tests/fuzz/found/``, where
``tests/test_fuzz.py`` runs it for ever after, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
FOUND = HERE / "found"
#: Of all cases, those of each target in thousandths: the slow ones get fewer.
SHARES = {
    "read_text": 150, "read_markdown": 50, "read_html": 5, "read_lines": 150, "read_csv": 150,
    "read_date": 20, "split": 150, "recognise": 15, "names": 150, "correct": 100,
    "gazetteer_rows": 50, "command_line": 10,
}  # fmt: skip
_DONE = re.compile(r"Done (\d+) ")
_AT = re.compile(r"^#(\d+)", re.MULTILINE)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--target", choices=SHARES, action="append")
    parser.add_argument("--seconds", type=int, default=0, help="at most, for each target")
    parser.add_argument("--length", type=int, default=300, help="bytes of a case, at most")
    asked = parser.parse_args()
    targets = asked.target or list(SHARES)
    whole = sum(SHARES[target] for target in targets)
    total, broken = 0, 0
    for target in targets:
        cases = asked.cases * SHARES[target] // whole
        count, sound = _fuzz(target, cases, asked.seconds, asked.length)
        total, broken = total + count, broken + (not sound)
        print(f"{target:15} {count:>9,} cases  {'sound' if sound else 'BROKEN'}", flush=True)
    print(f"{'all':15} {total:>9,} cases  {broken} targets broken")
    return 1 if broken else 0


def _fuzz(target: str, cases: int, seconds: int, length: int) -> tuple[int, bool]:
    from targets import SEEDS

    FOUND.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as corpus:
        for i, seed in enumerate(SEEDS[target]):
            (Path(corpus) / str(i)).write_bytes(seed)
        options = [f"-runs={cases}", f"-max_len={length}", "-timeout=20", "-rss_limit_mb=3000"]
        options += [f"-max_total_time={seconds}", f"-artifact_prefix={FOUND}/{target}-"]
        command = [sys.executable, __file__, "--child", target, *options, corpus]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode:
        print(done.stderr[-3000:], file=sys.stderr)
    at = _DONE.findall(done.stderr) or _AT.findall(done.stderr) or ["0"]
    return int(at[-1]), done.returncode == 0


def _child(target: str) -> None:
    import logging

    import atheris

    with atheris.instrument_imports(include=["geomap"]):
        from targets import TARGETS
    logging.disable()
    atheris.Setup([sys.argv[0], *sys.argv[3:]], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        _child(sys.argv[2])
    else:
        sys.exit(main())
