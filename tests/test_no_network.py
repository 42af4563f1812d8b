"""The default pipeline asks nothing of the network, and runs where sockets are forbidden."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: Python tells an audit hook of every socket, whoever opens it; one that is told ends the process.
SCRIPT = """
import os, sys

def forbid(event, arguments):
    if event == "socket.__new__" or (event == "socket.bind" and arguments[1][0] == "::1"):
        return  # urllib3, which trafilatura brings, so finds out whether there is IPv6 at all
    if event.startswith(("socket.", "http.client.", "urllib.", "ftplib.", "smtplib.")):
        os.write(2, f"{event} {arguments}".encode())
        os._exit(99)

sys.addaudithook(forbid)
if sys.argv[1:] == ["--prove"]:
    import socket
    socket.getaddrinfo("localhost", 443)
from geomap.cli import main
sys.exit(main())
"""


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_a_socket_would_be_noticed() -> None:
    assert _run("--prove").returncode == 99


@pytest.mark.parametrize("output", ["map.html", "places.jsonl", "places.gpkg", "places.kml"])
def test_articles_are_mapped_and_written_without_a_socket(tmp_path: Path, output: str) -> None:
    page = tmp_path / "page.html"
    link = '<img src="https://example.org/a.png"><a href="https://example.org">b</a>'
    words = "<p>Troops left Kursk for Sumy on Thursday, the general staff said.</p>" * 4
    page.write_text(f"<html><head>{link}</head><body><article>{words}{link}</article>")
    command = "map" if output.endswith("html") else "parse"
    done = _run(command, ROOT / "seeds", page, "-o", tmp_path / output)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / output).stat().st_size > 1000


@pytest.mark.parametrize("arguments", [["lookup", "Kyiv"], ["parse", "https://localhost:1/a"]])
def test_other_commands_open_none_either(arguments: list[str]) -> None:
    assert _run(*arguments).returncode in (0, 2)
