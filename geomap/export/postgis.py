"""The four tables in a PostGIS database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from geomap.errors import OutputError, UsageError

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Connection, Engine

    from geomap.export.tables import Tables

_SRID = 4326
_GEOMETRY = {"places": "POINT", "mentions": "POINT", "regions": "MULTIPOLYGON"}


def to_postgis(
    atlas: Tables,
    engine: Engine,
    schema: str | None = None,
    *,
    if_exists: Literal["fail", "replace"] = "fail",
) -> None:
    """Write the tables places, mentions, regions and articles, all or none of them.

    Each gets its index as primary key, lists as ``jsonb``, days as ``date``, and geometry in
    EPSG:4326 (points; regions multipolygons) with a spatial index.

    Parameters
    ----------
    atlas
        The atlas.
    engine
        Of the database, which must have the extension ``postgis``; by
        :func:`sqlalchemy.create_engine`.
    schema
        Where the tables go; it must exist. Default: the database's own (``public``).
    if_exists
        Whether tables of these names are an error or are replaced.

    Raises
    ------
    UsageError
        SQLAlchemy or GeoAlchemy2 is not installed, or a table is there already.
    OutputError
        The database cannot be reached or written to, or has no PostGIS.

    Examples
    --------
    >>> engine = sqlalchemy.create_engine("postgresql+psycopg://me@localhost/news")
    >>> geomap.export.to_postgis(atlas, engine)
    """
    try:
        import geoalchemy2  # noqa: F401
        import sqlalchemy
    except ImportError:
        mend = 'pip install "geomap[postgis]"'
        raise UsageError(f"writing to PostGIS needs GeoAlchemy2; install it: {mend}") from None

    from pandas.errors import DatabaseError

    tables = {
        "places": atlas.places,
        "mentions": atlas.mentions,
        "regions": atlas.regions,
        "articles": atlas.articles,
    }
    where = engine.url.render_as_string(hide_password=True)
    try:
        with engine.begin() as connection:
            known = sqlalchemy.inspect(connection)
            if if_exists == "fail":
                for name in tables:
                    if known.has_table(name, schema=schema):
                        mend = 'take another schema, or if_exists="replace"'
                        raise UsageError(f"{where}: there is a table {name} already; {mend}")
            extension = "SELECT 1 FROM pg_extension WHERE extname = 'postgis'"
            if connection.scalar(sqlalchemy.text(extension)) is None:
                raise OutputError(f"{where}: no PostGIS there; run CREATE EXTENSION postgis")
            for name, table in tables.items():
                _write(connection, name, table, schema)
    except (sqlalchemy.exc.SQLAlchemyError, DatabaseError) as error:
        cause = error.__cause__ if isinstance(error, DatabaseError) else error
        problem = str(getattr(cause, "orig", None) or error).strip().splitlines()[0]
        raise OutputError(f"{where}: cannot be written: {problem}; nothing was changed") from error


def _write(connection: Connection, name: str, table: pd.DataFrame, schema: str | None) -> None:
    import pandas as pd
    from geoalchemy2 import Geometry
    from geoalchemy2.shape import from_shape
    from sqlalchemy import Date, text
    from sqlalchemy.dialects.postgresql import JSONB

    plain = pd.DataFrame(table)
    types: dict[str, Any] = {}
    for column in plain.columns:
        if column == "geometry":
            shapes = list(table.geometry)
            if name == "regions":
                shapes = [_multiple(shape) for shape in shapes]
            plain[column] = pd.Series(
                [None if shape is None else from_shape(shape, _SRID, True) for shape in shapes],
                index=plain.index,
                dtype=object,
            )
            types[column] = Geometry(_GEOMETRY[name], srid=_SRID)
        elif column == "published":
            plain[column] = plain[column].astype(object).where(plain[column].notna(), None)
            types[column] = Date()
        elif plain[column].dtype == object:
            types[column] = JSONB()
        elif plain[column].dtype == "category":
            plain[column] = plain[column].astype("str")
    plain.to_sql(name, connection, schema=schema, if_exists="replace", dtype=types)
    quoted = connection.dialect.identifier_preparer.quote
    full = f"{quoted(schema)}.{quoted(name)}" if schema else quoted(name)
    connection.execute(text(f"ALTER TABLE {full} ADD PRIMARY KEY ({quoted(plain.index.name)})"))


def _multiple(shape: Any) -> Any:
    from shapely import MultiPolygon

    return MultiPolygon([shape]) if shape is not None and shape.geom_type == "Polygon" else shape
