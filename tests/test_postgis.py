"""The tables in a real PostGIS: a cluster of its own in a temporary folder, gone afterwards."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from sqlalchemy import Engine, create_engine, inspect, text

from geomap import export
from geomap.atlas import Atlas
from geomap.errors import OutputError, UsageError
from geomap.records import Alternative, Article, ParsedArticle, Place, Resolution, Toponym

KURSK = Place("geonames:1", "Kursk", 51.73, 36.19, "settlement", "PPLA", "RU", "41", "Kursk Oblast")
SUMY = Place("admin1:UA.21", "Sumy Oblast", 51.0, 34.0, "region", "ADM1", "UA", "21", "Sumy Oblast")
NAMES = ("places", "mentions", "regions", "articles")


def atlas_of(text: str = "Kursk, Sumy, Atlantis'); DROP TABLE x; --") -> Atlas:
    found = (
        Resolution(Toponym("Kursk", 0, 5), KURSK, 0.9, ("it's named",), (Alternative(SUMY, 0.1),)),
        Resolution(Toponym("Sumy", 7, 11), SUMY, 0.8, ("near",)),
        Resolution(Toponym("Atlantis", 13, 21), None, 0.0, ("unknown",)),
    )
    dated = Article("a", text, "Київ ' \" %s :x", published=date(2025, 3, 14))
    return Atlas([ParsedArticle(dated, found), ParsedArticle(Article("b", "Nothing."), ())])


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a fresh database server on a socket in a temporary folder."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found or not list(Path("/usr/share/postgresql").glob("*/extension/postgis.control")):
        pytest.skip("no PostGIS on this machine: install postgresql-15-postgis-3 to test it")
    programs = found[-1].parent
    as_user: dict[str, object] = {}
    if os.getuid() == 0:  # PostgreSQL does not run as root
        try:
            user = pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("PostgreSQL does not run as root and there is no user postgres")
        as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    folder = Path(tempfile.mkdtemp(prefix="geomap-pg-"))
    if as_user:
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"
    options = {"check": True, "capture_output": True, "cwd": folder, **as_user}

    def control(*arguments: str) -> None:
        command = [programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", *arguments]
        subprocess.run(command, **{**options, "capture_output": False}, stdout=subprocess.DEVNULL)

    try:
        initdb = [
            programs / "initdb",
            "-D",
            data,
            "-U",
            "tester",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "-N",
        ]
        subprocess.run(initdb, **options)
        control("-o", f"-k {folder} -c listen_addresses='' -c fsync=off", "start")
        try:
            yield f"postgresql+psycopg://tester@/{{}}?host={folder}"
        finally:
            control("-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def engine(server: str) -> Iterator[Engine]:
    """A database of its own with PostGIS."""
    admin = create_engine(server.format("postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS news WITH (FORCE)"))
        connection.execute(text("CREATE DATABASE news"))
    engine = create_engine(server.format("news"))
    with engine.begin() as connection:
        connection.execute(text("CREATE EXTENSION postgis"))
    yield engine
    engine.dispose()
    admin.dispose()


def test_nothing_is_lost(engine: Engine) -> None:
    atlas = atlas_of()
    export.to_postgis(atlas, engine)
    for name in ("places", "mentions", "regions"):
        expected: gpd.GeoDataFrame = getattr(atlas, name)
        order = f'SELECT * FROM {name} ORDER BY "{expected.index.name}"'
        read = gpd.read_postgis(order, engine, "geometry", index_col=expected.index.name)
        assert read.crs.to_epsg() == 4326
        expected = expected.sort_index()
        assert list(read.index) == list(expected.index)
        for column in expected.columns.drop("geometry"):
            for value, wanted in zip(read[column], expected[column], strict=True):
                if isinstance(wanted, list):
                    assert value == wanted, column
                else:
                    assert (pd.isna(value) and pd.isna(wanted)) or value == wanted, column
        for shape, wanted in zip(read.geometry, expected.geometry, strict=True):
            assert shape is wanted is None or shape.equals(wanted)
    articles = pd.read_sql("SELECT * FROM articles ORDER BY article_id", engine)
    assert list(articles["published"]) == [date(2025, 3, 14), None]
    assert list(articles["text"]) == list(atlas.articles["text"])


def test_the_database_can_reckon_with_it(engine: Engine) -> None:
    export.to_postgis(atlas_of(), engine)
    with engine.connect() as connection:

        def ask(query: str) -> object:
            return connection.scalar(text(query))

        inside = """SELECT p.name FROM places p JOIN regions r ON ST_Within(p.geometry, r.geometry)
            WHERE r.name = 'Kursk Oblast' AND p.kind = 'settlement'"""
        assert ask(inside) == "Kursk"
        assert ask("SELECT reasons->>0 FROM mentions WHERE mention_id = 0") == "it's named"
        assert ask("SELECT published + 1 FROM articles WHERE article_id = 'a'") == date(2025, 3, 15)
        assert ask("SELECT GeometryType(geometry) FROM regions LIMIT 1") == "MULTIPOLYGON"
    known = inspect(engine)
    for name in NAMES:
        assert known.get_pk_constraint(name)["constrained_columns"]
        assert name == "articles" or any(
            "geometry" in index["column_names"] for index in known.get_indexes(name)
        )


def test_a_schema_and_what_is_there_already(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text('CREATE SCHEMA "News 2"'))
        connection.execute(text("CREATE TABLE places (mine int)"))
    with pytest.raises(UsageError, match='places already; take another schema, or if_exists="rep'):
        export.to_postgis(atlas_of(), engine)
    export.to_postgis(atlas_of(), engine, "News 2")
    assert set(NAMES) <= set(inspect(engine).get_table_names(schema="News 2"))
    assert inspect(engine).get_columns("places")[0]["name"] == "mine"
    for _ in range(2):
        export.to_postgis(atlas_of(), engine, "News 2", if_exists="replace")
    with engine.connect() as connection:
        assert connection.scalar(text('SELECT count(*) FROM "News 2".mentions')) == 3


def test_an_atlas_without_a_place(engine: Engine) -> None:
    export.to_postgis(Atlas([ParsedArticle(Article("a", "Nothing here."), ())]), engine)
    assert set(NAMES) <= set(inspect(engine).get_table_names())


def test_all_or_nothing(engine: Engine) -> None:
    with pytest.raises(OutputError, match="nothing was changed"):
        export.to_postgis(atlas_of("Kursk, Sumy, \0"), engine)  # no text of PostgreSQL holds a NUL
    assert not set(NAMES) & set(inspect(engine).get_table_names())


def test_a_database_without_postgis_or_without_a_server(engine: Engine, server: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP EXTENSION postgis"))
    with pytest.raises(OutputError, match="run CREATE EXTENSION postgis"):
        export.to_postgis(atlas_of(), engine)
    nowhere = create_engine("postgresql+psycopg://me:secret@127.0.0.1:1/news")
    with pytest.raises(OutputError, match="cannot be written") as error:
        export.to_postgis(atlas_of(), nowhere)
    assert "secret" not in str(error.value)
    assert "\n" not in str(error.value)
