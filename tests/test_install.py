"""The wheel carries its data and works away from the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and unpack it into a folder of its own."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    [wheel] = folder.glob("*.whl")
    target = folder / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


def test_the_wheel_finds_its_own_data(installed: Path, tmp_path: Path) -> None:
    code = (
        "import geomap, geomap.settings, geomap.gazetteer as g;"
        "print(geomap.__file__, geomap.settings.DATA, g.embedded().lookup('Sumy')[0].place.name)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    module, data, name = done.stdout.split()
    assert Path(module) == installed / "geomap" / "__init__.py"
    assert Path(data) == installed / "geomap" / "data"
    assert name == "Sumy"


def test_the_wheel_draws_the_map(installed: Path, tmp_path: Path) -> None:
    article = tmp_path / "article.txt"
    article.write_text("Talks were held in Kyiv.")
    done = subprocess.run(
        [sys.executable, "-m", "geomap", "map", str(article), "-o", "map.html"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "Kyiv" in done.stdout
    assert (tmp_path / "map.html").exists()


def test_the_wheel_is_small_enough_to_fetch(installed: Path) -> None:
    size = sum(path.stat().st_size for path in installed.rglob("*") if path.is_file())
    assert size < 60_000_000
