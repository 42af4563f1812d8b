"""The notebooks run from a clean kernel, and what is committed is what they say."""

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def said(notebook: nbformat.NotebookNode) -> list[str]:
    """The text of each code cell's outputs, figures and addresses left aside."""
    texts = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            outputs = [
                output.get("text") or output.get("data", {}).get("text/plain", "")
                for output in cell.outputs
            ]
            texts.append(re.sub(r"0x[0-9a-f]+|\d+(\.\d+)?", "#", "".join(outputs)))
    return texts


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_says_what_is_committed(path: Path, tmp_path: Path) -> None:
    committed = nbformat.read(path, as_version=4)
    fresh = nbformat.read(path, as_version=4)
    for cell in fresh.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for name in ("seeds", "data/examples"):
        shutil.copytree(ROOT / name, tmp_path / name)
    NotebookClient(
        fresh, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    assert said(fresh) == said(committed), (
        f"commit it anew: jupyter execute --inplace notebooks/{path.name}"
    )
    assert [output for cell in fresh.cells for output in cell.get("outputs", [])]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_can_be_shown_where_it_is_not_run(path: Path) -> None:
    assert path.stat().st_size < 2_000_000
    pictures = [
        output
        for cell in nbformat.read(path, as_version=4).cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    assert len(pictures) >= 3


def test_the_notebooks_are_there() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["front", "walkthrough"]
