"""What geomap needs to run: its licences are known, and its data are data."""

from __future__ import annotations

import ast
import importlib.util
import pickle
from pathlib import Path

import numpy as np
import pytest

import geomap
from geomap.errors import GazetteerError
from geomap.recognition.crf import open_models
from geomap.settings import DATA

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path(geomap.__file__).parent

#: Where what one process pickles is read by another of the same run, on a Dask cluster.
WITHIN_A_RUN = {"batch/cluster.py"}


def test_every_licence_is_listed() -> None:
    spec = importlib.util.spec_from_file_location("licences", ROOT / "docs" / "licences.py")
    assert spec is not None
    assert spec.loader is not None
    licences = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(licences)
    packages = licences.runtime()
    assert len(packages) > 20
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    for package in packages:
        assert licences.licence(package), package
    # Other versions may need other packages, and say their licence otherwise; the direct ones stay.
    direct = [name for name in packages if f'"{name}' in (ROOT / "pyproject.toml").read_text()]
    assert direct
    assert [name for name in direct if f"| {name} |" not in page] == []


def test_no_module_reads_pickles() -> None:
    for path in PACKAGE.rglob("*.py"):
        if path.relative_to(PACKAGE).as_posix() in WITHIN_A_RUN:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name for alias in node.names} | {getattr(node, "module", None)}
                assert not names & {"pickle", "marshal", "shelve", "dill", "joblib"}, path
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                assert isinstance(node.value, ast.Constant)
                assert node.value.value is False, path
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"eval", "exec"}, path


def test_the_models_are_plain_arrays() -> None:
    with np.load(DATA / "recognizer.npz", allow_pickle=False) as arrays:
        assert all(not arrays[name].dtype.hasobject for name in arrays.files)


def test_a_model_that_is_a_pickle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "recognizer.npz"
    path.write_bytes(pickle.dumps(np.zeros(3)))
    with pytest.raises(GazetteerError, match="cannot be opened"):
        open_models(path)
