"""What an article is mainly about, and where its places lie together.

**focus** (index ``article_id``; no geometry)
    country_code, country_name, country_score
        The country that has the most of the article's weight, and its share of it, 0 to 1.
    region_id, region_name, region_score
        Within that country, the first-order region; the share is that of the whole article.
    place_id, place_name, place_score
        Within that region (within the country where it has none), the place.

A mention weighs its confidence, and half of it where it is associative: "Kyiv said" tells less
of where something happened than "in Kyiv". What weighs most is the focus, as in [1]_; the share
says how much of the article it is. All are missing where nothing is placed.

**clusters** (index ``cluster_id``, 0, 1, ...: a row a cluster of an article's places)
    article_id
        The article.
    name
        The most mentioned place of the cluster.
    places, n_places, n_mentions
        Ids of its places; how many; their literal mentions in the article.
    radius_km
        From the middle to the farthest place.
    geometry
        The middle, a Point.

Only literal mentions count, and only places that reach no farther than the step that joins two
places to a cluster: the middle of Russia says nothing of where something happened.

References
----------
.. [1] D'Ignazio, C., Bhargava, R., Zuckerman, E. and Beck, L. (2014): CLIFF-CLAVIN: determining
   geographic focus for news articles. NewsKDD.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from geomap.errors import UsageError
from geomap.regions.measures import clusters, distances_km, middle
from geomap.regions.outlines import country_names
from geomap.regions.tables import Row, geotable, table_of

#: What an associative mention weighs against a literal one.
ASSOCIATIVE = 0.5

_FOCUS = {
    "country_code": "str",
    "country_name": "str",
    "country_score": "float64",
    "region_id": "str",
    "region_name": "str",
    "region_score": "float64",
    "place_id": "str",
    "place_name": "str",
    "place_score": "float64",
}
_CLUSTERS = {
    "article_id": "str",
    "name": "str",
    "places": "object",
    "n_places": "int64",
    "n_mentions": "int64",
    "radius_km": "float64",
}


def focus_table(
    articles: pd.DataFrame, mentions: gpd.GeoDataFrame, regions: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return what each article is mainly about.

    Parameters
    ----------
    articles, mentions, regions
        The tables of articles, mentions and first-order regions.
    """
    placed = mentions[mentions["place_id"].notna()]
    halved = (placed["role"] == "associative").map({True: ASSOCIATIVE, False: 1.0})
    weighed = pd.DataFrame(placed.drop(columns="geometry")).assign(
        weight=placed["confidence"] * halved.astype(float),
        country=placed["country_code"],
    )
    region_itself = "admin1:" + weighed["region_id"]
    weighed["itself"] = (weighed["kind"] == "country") | (weighed["place_id"] == region_itself)
    by_article = dict(list(weighed.groupby("article_id")))
    nothing = weighed.iloc[:0]
    called = regions["name"].to_dict()
    rows = [
        {"article_id": article_id, **_focus(by_article.get(article_id, nothing), called)}
        for article_id in articles.index
    ]
    return table_of(rows, _FOCUS, "article_id")


def clusters_table(
    mentions: gpd.GeoDataFrame, places: gpd.GeoDataFrame, reach_km: float
) -> gpd.GeoDataFrame:
    """Return the clusters of each article's places.

    Parameters
    ----------
    mentions, places
        The tables of mentions and places.
    reach_km
        The longest step between two places of a cluster, in km.

    Raises
    ------
    UsageError
        `reach_km` is not positive.
    """
    if not reach_km > 0:
        raise UsageError(f"a reach of {reach_km} km joins nothing: give more than 0")
    near = places[(places["kind"] != "country") & (places["radius_km"] <= reach_km)]
    literal = mentions[(mentions["role"] == "literal") & mentions["place_id"].isin(near.index)]
    rows: list[Row] = []
    points = []
    for article_id, inside in literal.groupby("article_id", sort=False):
        counts = inside["place_id"].value_counts()
        found = near.loc[list(dict.fromkeys(inside["place_id"]))]
        latitudes, longitudes = found.geometry.y.to_numpy(), found.geometry.x.to_numpy()
        for _, members in found.groupby(clusters(latitudes, longitudes, reach_km), sort=False):
            own = members.geometry.y.to_numpy(), members.geometry.x.to_numpy()
            latitude, longitude = middle(*own)
            of_members = counts.reindex(members.index)
            points.append(shapely.Point(longitude, latitude))
            rows.append(
                {
                    "cluster_id": len(rows),
                    "article_id": article_id,
                    "name": members.loc[of_members.idxmax(), "name"],
                    "places": list(members.index),
                    "n_places": len(members),
                    "n_mentions": of_members.sum(),
                    "radius_km": distances_km(latitude, longitude, *own).max(),
                }
            )
    return geotable(rows, _CLUSTERS, "cluster_id", points)


def _focus(weighed: pd.DataFrame, called: dict[str, str]) -> dict[str, Any]:
    total = weighed["weight"].sum()
    country, country_score = _heaviest(weighed, "country", total)
    inside = weighed[weighed["country"] == country]
    region, region_score = _heaviest(inside, "region_id", total)
    if region is not None:
        inside = inside[inside["region_id"] == region]
    inside = inside[~inside["itself"].astype(bool)]
    place, place_score = _heaviest(inside, "place_id", total)
    names = dict(zip(inside["place_id"], inside["name"], strict=True))
    return {
        "country_code": country,
        "country_name": country_names().get(country or ""),
        "country_score": country_score,
        "region_id": region,
        "region_name": called.get(region or ""),
        "region_score": region_score,
        "place_id": place,
        "place_name": names.get(place),
        "place_score": place_score,
    }


def _heaviest(weighed: pd.DataFrame, column: str, total: float) -> tuple[str | None, float]:
    sums = weighed.groupby(column, sort=False)["weight"].sum()
    if sums.empty or not total:
        return None, float("nan")
    return str(sums.idxmax()), float(sums.max() / total)
