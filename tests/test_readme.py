"""The README's code runs, and its commands are commands."""

import re
import shlex
import shutil
from pathlib import Path

import click
import pytest

from geomap.cli import cli

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", TEXT, flags=re.DOTALL)
PYTHON = [code for language, code in BLOCKS if language == "python"]
COMMANDS = [
    line
    for language, code in BLOCKS
    if not language
    for line in code.splitlines()
    if line.startswith("geomap ")
]


def test_there_is_code_to_run() -> None:
    assert len(PYTHON) >= 2
    assert len(COMMANDS) >= 4


@pytest.mark.parametrize("code", PYTHON)
def test_python_runs(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_is_understood(line: str) -> None:
    _, name, *arguments = shlex.split(line, comments=True)
    command = cli.commands[name]
    assert isinstance(command, click.Command)
    command.make_context(name, arguments)


def test_a_linked_file_is_there() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", TEXT) + re.findall(
        r"`([\w/]+\.\w+)`", TEXT
    ):
        if "/" in target:
            assert (ROOT / target).exists(), target
