"""The tables of aggregates as they are written: names, means and geometries put to the counts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely

from geomap.corpus.tallies import WHOLE, hashes
from geomap.regions import admin1_boundaries, country_names

#: Columns of places that the names of regions are found by.
NAMING = ["region_id", "kind", "feature_code", "name", "admin1_name"]


@contextmanager
def writer(path: Path, geometry: str | None = None) -> Iterator[Callable[[pa.Table], None]]:
    """Give a function that appends a table to a new file, as a row group of its own.

    Parameters
    ----------
    path
        The file.
    geometry
        The type of the column ``geometry``, which makes it GeoParquet; None: it has none.
    """
    opened: list[pq.ParquetWriter] = []

    def write(table: pa.Table) -> None:
        if not opened:
            metadata = {b"geo": _geo(geometry)} if geometry else {}
            schema = table.schema.with_metadata(metadata)
            opened.append(pq.ParquetWriter(path, schema, compression="zstd"))
        opened[0].write_table(table.replace_schema_metadata(opened[0].schema.metadata))

    try:
        yield write
    finally:
        for each in opened:
            each.close()


def places(table: pa.Table) -> pa.Table:
    """Return the table of places."""
    literal = table["n_literal"]
    columns = {name: table[name] for name in ("place_id", "name", "kind", "feature_code")}
    columns |= {"country_code": table["country_code"]}
    columns |= {"country_name": _countries(table["country_code"])}
    columns |= {name: table[name] for name in ("admin1_code", "admin1_name", "region_id")}
    columns |= {"n_mentions": table["n_mentions"], "n_literal": literal}
    columns |= {"n_associative": pc.subtract(table["n_mentions"], literal)}
    columns |= {"n_articles": table["n_articles"], **_confidences(table)}
    columns |= {"first": table["first"], "last": table["last"], "geometry": _points(table)}
    return pa.table(columns)


def places_over_time(table: pa.Table, known: pa.Table) -> pa.Table:
    """Return the table of places over time; `known` has the same places, each once."""
    at = pc.index_in(table["place_id"], value_set=known["place_id"].combine_chunks())
    columns = {"place_id": table["place_id"]}
    for name in ("name", "kind", "country_code", "region_id"):
        columns[name] = known[name].take(at)
    return pa.table({**columns, **_over_time(table), "geometry": _points(known).take(at)})


def region_names(places: pa.Table) -> dict[str, str]:
    """Return the names of regions by their ids: as the region itself is called, or an outline."""
    drawn = admin1_boundaries()
    names = dict(zip(drawn["region_id"], map(str, drawn["name"]), strict=True))
    rows = places.to_pylist()
    said = {r["region_id"]: r["admin1_name"] for r in rows if r["region_id"] and r["admin1_name"]}
    own = {
        r["region_id"]: r["name"]
        for r in rows
        if r["region_id"] and (r["kind"], r["feature_code"]) == ("region", "ADM1")
    }
    return {**names, **dict(sorted(said.items())), **own}


def regions(table: pa.Table, names: dict[str, str], inside: pa.ChunkedArray) -> pa.Table:
    """Return the table of regions; `inside` has the region of each place."""
    ids = table["region_id"].to_pylist()
    outlines = admin1_boundaries(region_ids=ids).set_index("region_id").geometry
    counted = pc.value_counts(inside.drop_null())
    n_places = {each["values"]: each["counts"] for each in counted.to_pylist()}
    literal = table["n_literal"]
    country = pa.array([each.partition(".")[0] for each in ids], pa.string())
    columns = {
        "region_id": table["region_id"],
        "name": pa.array([names.get(each, each) for each in ids], pa.string()),
        "country_code": country,
        "country_name": _countries(country),
        "n_places": pa.array([n_places[each] for each in ids], pa.int64()),
        "n_mentions": table["n_mentions"],
        "n_literal": literal,
        "n_associative": pc.subtract(table["n_mentions"], literal),
        "n_articles": table["n_articles"],
        **_confidences(table),
        "first": table["first"],
        "last": table["last"],
        "geometry": _wkb(np.array([outlines.get(each) for each in ids], dtype=object)),
    }
    return pa.table(columns)


def regions_over_time(table: pa.Table, names: dict[str, str]) -> pa.Table:
    """Return the table of regions over time."""
    encoded = table["region_id"].combine_chunks().dictionary_encode()
    ids = encoded.dictionary.to_pylist()
    called = pa.array([names.get(each, each) for each in ids], pa.string())
    country = pa.array([each.partition(".")[0] for each in ids], pa.string())
    columns = {
        "region_id": table["region_id"],
        "name": called.take(encoded.indices),
        "country_code": country.take(encoded.indices),
    }
    return pa.table({**columns, **_over_time(table)})


def pairs(table: pa.Table, places: pa.Table) -> pa.Table:
    """Return the table of pairs; `places` has all of them, each once, in the order of their ids."""
    known = hashes(places["place_id"])
    order = np.argsort(known)
    found = [
        order[np.searchsorted(known, table[name].to_numpy(), sorter=order)]
        for name in ("place_a", "place_b")
    ]
    columns = {}
    ends = []
    for end, at in zip(("a", "b"), np.sort(found, axis=0), strict=True):
        rows = pa.array(at)
        columns[f"place_{end}"] = places["place_id"].take(rows)
        columns[f"name_{end}"] = places["name"].take(rows)
        ends += [places[name].to_numpy()[at] for name in ("longitude", "latitude")]
    columns |= {"period": table["period"], "n_articles": table["n_articles"]}
    return pa.table({**columns, "geometry": _simple(np.stack(ends, axis=1))})


def _over_time(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    names = ("period", "source", "role", "n_mentions", "n_articles", "n_both")
    return {**{name: table[name] for name in names}, **_confidences(table)}


def _confidences(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    mean = table["total"].to_numpy() / np.maximum(table["n_mentions"].to_numpy(), 1) / WHOLE
    return {
        "confidence": pc.divide(table["best"].cast(pa.float64()), float(WHOLE)),
        "confidence_mean": pa.array(np.round(mean, 6)),
    }


def _countries(codes: pa.Array | pa.ChunkedArray) -> pa.Array:
    names = country_names()
    return pa.array([names.get(code) for code in codes.to_pylist()], pa.string())


def _points(table: pa.Table) -> pa.Array:
    ends = [table[name].to_numpy() for name in ("longitude", "latitude")]
    return _simple(np.stack(ends, axis=1))


def _simple(coordinates: npt.NDArray[np.float64]) -> pa.Array:
    """Return points, or with four coordinates lines of two points, as WKB."""
    count = coordinates.shape[1] // 2
    layout: list[tuple[str, Any]] = [("order", "u1"), ("kind", "<u4")]
    layout += [("count", "<u4")] if count > 1 else []
    rows = np.zeros(len(coordinates), np.dtype([*layout, ("at", f"({2 * count},)<f8")]))
    rows["order"], rows["kind"], rows["at"] = 1, count, coordinates
    if count > 1:
        rows["count"] = count
    offsets = np.arange(len(rows) + 1, dtype=np.int32) * rows.itemsize
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(rows.tobytes())]
    return pa.Array.from_buffers(pa.binary(), len(rows), buffers)


def _wkb(geometries: npt.NDArray[np.object_]) -> pa.Array:
    return pa.array(shapely.to_wkb(geometries), pa.binary())


def _geo(geometry: str) -> bytes:
    """Return GeoParquet's metadata of a file with one column of geometries, in EPSG:4326."""
    crs = gpd.GeoSeries([], crs="EPSG:4326").crs.to_json_dict()
    types = ["Polygon", "MultiPolygon"] if geometry == "MultiPolygon" else [geometry]
    column = {"encoding": "WKB", "geometry_types": types, "crs": crs}
    about = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    return json.dumps(about, sort_keys=True).encode()
