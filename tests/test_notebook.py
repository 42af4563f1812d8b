"""The notebook runs from a clean kernel, and what is committed is what it says."""

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
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    NotebookClient(
        fresh, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    assert said(fresh) == said(committed), (
        f"commit it anew: jupyter execute --inplace notebooks/{path.name}"
    )
    assert [output for cell in fresh.cells for output in cell.get("outputs", [])]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_small_enough_to_be_shown(path: Path) -> None:
    assert path.stat().st_size < 500_000


def test_there_is_a_walkthrough() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["walkthrough"]
