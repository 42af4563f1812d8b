"""Online geocoders, on a server of our own that speaks Nominatim's JSON."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geomap import Article, Geoparser, UsageError
from geomap.errors import GeocodingError
from geomap.geocoding import AnswerCache, Geocoder, geocoder, reading, wire
from geomap.online import _in_regions
from geomap.records import KINDS, Candidate, Place, Resolution

ROOT = Path(__file__).resolve().parent.parent
Reply = tuple[int, dict[str, str], bytes]


class Service(ThreadingHTTPServer):
    """Answers by name; what is in `script` comes first, a reply a request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, Any] = {}
        self.script: list[Reply | Callable[[Any], None]] = []
        self.always: Reply | Callable[[Any], None] | None = None
        self.requests: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []

    @property
    def options(self) -> dict[str, str]:
        return {"domain": f"127.0.0.1:{self.server_port}", "scheme": "http"}

    @property
    def asked(self) -> list[str]:
        return [request["q"] for request in self.requests]


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_GET(self) -> None:
        query = {key: values[0] for key, values in parse_qs(urlparse(self.path).query).items()}
        self.server.requests.append(query)
        self.server.headers.append(dict(self.headers))
        reply = self.server.script.pop(0) if self.server.script else self.server.always
        if reply is None:
            found = self.server.answers.get(query.get("q", ""), [])
            reply = (200, {}, json.dumps(found).encode())
        if callable(reply):
            reply(self)
            return
        status, headers, body = reply
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None: ...

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:  # the client had enough
            self.close_connection = True


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith("GEOMAP_"):
            monkeypatch.delenv(name)
    server = Service()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("geopy.extra.rate_limiter.sleep", clock.sleep)
    monkeypatch.setattr("geopy.extra.rate_limiter.default_timer", lambda: clock.now)
    monkeypatch.setattr(geocoder, "sleep", clock.sleep)
    return clock


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "geocoding.sqlite"


@pytest.fixture
def nominatim(service: Service, cache: Path) -> Geocoder:
    return Geocoder("nominatim", options=service.options, cache=cache)


def village(name: str, latitude: Any, longitude: Any, country: str = "ua", **more: Any) -> Any:
    """Make one answer as Nominatim gives it."""
    return {
        "place_id": 1,
        "osm_type": "node",
        "osm_id": sum(map(ord, f"{name}{latitude}{longitude}")),
        "lat": str(latitude),
        "lon": str(longitude),
        "class": "place",
        "type": "village",
        "addresstype": "village",
        "importance": 0.2,
        "name": name,
        "display_name": f"{name}, Somewhere",
        "boundingbox": ["51.0", "51.1", "34.0", "34.1"],
        "address": {"village": name, "country_code": country},
        "namedetails": {"name": name},
        **more,
    }


# ---------------------------------------------------------------- asking


def test_an_answer_is_a_candidate(service: Service, nominatim: Geocoder) -> None:
    service.answers["Zhuravkivka"] = [village("Zhuravkivka", 51.3, 34.9, osm_id=77)]
    near = Place("admin1:UA.21", "Sumy Oblast", 51.0, 34.0, "region", radius_km=111.0)
    [found] = nominatim.lookup("Zhuravkivka", country_code="UA", near=near)
    place = found.place
    assert (place.id, place.name, place.kind) == ("osm:n77", "Zhuravkivka", "settlement")
    assert (place.latitude, place.longitude, place.country_code) == (51.3, 34.9, "UA")
    assert (place.source, found.name_type) == ("nominatim", "canonical")
    [request], [headers] = service.requests, service.headers
    assert request["countrycodes"] == "ua"
    west, south, east, north = map(float, request["viewbox"].split(","))
    assert (west, south, east, north) == pytest.approx((33, 50, 35, 52))
    assert "bounded" not in request
    assert headers["User-Agent"].startswith("geomap/")
    assert headers["Accept-Language"] == "en"


@pytest.mark.parametrize(
    ("asked", "names", "name_type"),
    [
        ("Novenke", ["Noven'ke"], "canonical"),
        ("Noven'ke", ["Новеньке"], "canonical"),
        ("Artemivsk", ["Bakhmut", "Artemivsk"], "variant"),
        ("Novenkoe", ["Novenkoye"], "variant"),
        ("Bryansk Airport", ["Bryansk International Airport"], "variant"),
        ("Bryansk", ["Bryansk International Airport"], None),
        ("Xyz", ["Ukraine"], None),
    ],
)
def test_an_answer_must_bear_the_name(
    service: Service, nominatim: Geocoder, asked: str, names: list[str], name_type: str | None
) -> None:
    details = {f"name:{number}": name for number, name in enumerate(names)}
    service.answers[asked] = [village(names[0], 51, 34, namedetails=details)]
    found = nominatim.lookup(asked)
    assert [one.name_type for one in found] == ([name_type] if name_type else [])


@pytest.mark.parametrize(
    ("fields", "kind", "feature_code"),
    [
        ({"class": "place", "addresstype": "hamlet"}, "settlement", "PPL"),
        ({"class": "boundary", "addresstype": "city"}, "settlement", "PPL"),
        ({"class": "boundary", "addresstype": "county"}, "region", "ADM2"),
        ({"class": "boundary", "addresstype": "state"}, "region", "ADM1"),
        ({"class": "boundary", "type": "national_park", "addresstype": "x"}, "natural", None),
        ({"class": "waterway", "type": "river", "addresstype": "river"}, "natural", None),
        ({"class": "aeroway", "type": "aerodrome", "addresstype": "aeroway"}, "facility", None),
        ({"class": "shop", "type": "bakery", "addresstype": "shop"}, None, None),
    ],
)  # fmt: skip
def test_kinds(
    service: Service, nominatim: Geocoder, fields: Any, kind: str | None, feature_code: str | None
) -> None:
    service.answers["X-town"] = [village("X-town", 51, 34, **fields)]
    found = [one.place for one in nominatim.lookup("X-town")]
    assert [(p.kind, p.feature_code) for p in found] == ([(kind, feature_code)] if kind else [])
    assert all((p.radius_km > 0) == (p.kind in ("region", "natural")) for p in found)


def test_photon_and_geonames_are_read_alike(service: Service, tmp_path: Path) -> None:
    properties = {"osm_type": "N", "osm_id": 5, "osm_key": "place", "osm_value": "village"}
    properties |= {"type": "city", "name": "Zhur", "countrycode": "UA"}
    point = {"type": "Point", "coordinates": [34.9, 51.3]}
    feature = {"type": "Feature", "geometry": point, "properties": properties}
    service.answers["Zhur"] = {"features": [feature]}
    photon = Geocoder("photon", options=service.options, cache=tmp_path / "a")
    near = Place("x", "Sumy", 51.0, 34.0, "settlement")
    [found] = photon.lookup("Zhur", near=near)
    assert (found.place.id, found.place.country_code) == ("osm:n5", "UA")
    assert (found.place.latitude, found.place.kind) == (51.3, "settlement")
    assert (service.requests[-1]["lat"], service.requests[-1]["lon"]) == ("51.0", "34.0")

    row = {"geonameId": 9, "name": "Zhur", "lat": "51.3", "lng": "34.9", "countryCode": "UA"}
    row |= {"fcl": "P", "fcode": "PPLA3", "population": 700}
    service.answers["Zhur"] = {"geonames": [row]}
    options = {**service.options, "username": "me"}
    geonames = Geocoder("geonames", options=options, cache=tmp_path / "b")
    [found] = geonames.lookup("Zhur", country_code="UA")
    assert (found.place.id, found.place.feature_code) == ("geonames:9", "PPLA3")
    assert (found.place.population, found.place.source) == (700, "geonames")
    assert service.requests[-1]["country"] == "UA"
    assert b"username" not in (tmp_path / "b").read_bytes()


def test_requests_are_a_second_apart(service: Service, nominatim: Geocoder, clock: Clock) -> None:
    for name in ("Aaa", "Bbb", "Ccc"):
        nominatim.lookup(name)
    assert service.asked == ["Aaa", "Bbb", "Ccc"]
    assert clock.now >= 2.0
    assert clock.slept == [1.0, 1.0]


@pytest.mark.parametrize("name", ["", "!?", "<b>x</b>", "a\0b", "x" * 300, "\ud800x"])
def test_what_is_no_name_is_not_asked(service: Service, nominatim: Geocoder, name: str) -> None:
    assert nominatim.lookup(name) == []
    assert service.requests == []


# ---------------------------------------------------------------- options


def test_options_come_from_the_environment(
    service: Service, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in service.options.items():
        monkeypatch.setenv(f"GEOMAP_GEOCODER_{name.upper()}", value)
    assert Geocoder("Nominatim", cache=cache).lookup("Xyz") == []
    assert service.asked == ["Xyz"]


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("nominatum", {}, "nominatim"),
        ("geonames", {}, "GEOMAP_GEOCODER_USERNAME"),
        ("opencage", {}, "GEOMAP_GEOCODER_API_KEY"),
        ("nominatim", {"api_key": "secret"}, "GEOMAP_GEOCODER_API_KEY"),
        ("nominatim", {"timeout": "9"}, "GEOMAP_GEOCODER_TIMEOUT"),
        ("nominatim", {"scheme": "ftp"}, "http"),
    ],
)
def test_wrong_options_are_named(
    cache: Path, name: str, options: dict[str, str], says: str
) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        Geocoder(name, options=options, cache=cache)
    assert "secret" not in str(caught.value)


# ---------------------------------------------------------------- what goes wrong


def drip(handler: Any) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def hang(handler: Any) -> None:
    time.sleep(1.5)


def break_off(handler: Any) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"[{")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, service: Service, cache: Path) -> Geocoder:
    monkeypatch.setattr(geocoder, "TIMEOUT_S", 0.2)
    monkeypatch.setattr(wire, "TIMEOUT_S", 0.2)
    return Geocoder("nominatim", options=service.options, cache=cache)


GARBAGE = {
    "not JSON": b"<html>Welcome to the hotel's network</html>",
    "not UTF-8": b'[{"name": "\xff"}]',
    "nested": b"[" * 100_000,
    "another type": b'"yes"',
    "a list of lists": b"[[1]]",
    "latitude": json.dumps([village("Xyz", 91, 34)]).encode(),
    "no number": json.dumps([village("Xyz", "nan", 34)]).encode(),
    "latitude of another type": json.dumps([village("Xyz", [1], 34)]).encode(),
    "too long": b"[" + b" " * (wire._MAX_BYTES + 1),
}


@pytest.mark.parametrize(
    ("reply", "requests", "says"),
    [
        ((403, {}, b"<h1>blocked</h1>"), 1, "nominatim refused the request (403)"),
        ((401, {}, b""), 1, "nominatim refused the request (401)"),
        ((429, {}, b""), 3, "nominatim asks to be asked less (429)"),
        ((429, {"Retry-After": "7200"}, b""), 1, "nominatim asks to wait 7200 s (429)"),
        ((429, {"Retry-After": "9" * 400}, b""), 1, "nominatim asks to wait 1000000 s (429)"),
        ((500, {}, b"oops"), 3, "nominatim failed (500)"),
        ((503, {}, b""), 3, "nominatim failed (503)"),
        ((400, {}, b""), 1, "nominatim rejected the request (400)"),
        ((302, {"Location": "http://a.b/"}, b""), 1, "nominatim rejected the request (302)"),
        ((200, {}, b'{"error": "key=secret"}'), 1, "nominatim rejected the request"),
        (break_off, 3, "nominatim gave no answer"),
        (hang, 3, "nominatim did not answer within 0.2 s"),
        (drip, 3, "nominatim did not answer within 0.2 s"),
        *(
            ((200, {}, body), 1, "nominatim gave an answer that cannot be read")
            for body in GARBAGE.values()
        ),
    ],
)  # fmt: skip
def test_failures_are_named_and_retries_bounded(
    service: Service, impatient: Geocoder, cache: Path, reply: Any, requests: int, says: str
) -> None:
    service.always = reply
    for _ in range(2):  # a name is asked for once a run, also where that failed
        with pytest.raises(GeocodingError) as caught:
            impatient.lookup("Xyz")
        assert str(caught.value) == says
    assert len(service.requests) == requests
    assert AnswerCache(cache).info()["answers"] == 0


def test_retry_after_is_waited_for(service: Service, nominatim: Geocoder, clock: Clock) -> None:
    service.answers["Xyz"] = [village("Xyz", 51, 34)]
    service.script = [(429, {"Retry-After": "30"}, b""), (503, {"Retry-After": "12"}, b"")]
    assert len(nominatim.lookup("Xyz")) == 1
    assert clock.slept == [30.0, 12.0]


@pytest.mark.parametrize("status", [401, 403, 429])
def test_who_refuses_is_asked_no_more(
    service: Service,
    nominatim: Geocoder,
    status: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    service.always = (status, {}, b"")
    for name in ("Aaa", "Bbb", "Ccc"):
        with pytest.raises(GeocodingError, match=str(status)):
            nominatim.lookup(name)
    assert set(service.asked) == {"Aaa"}
    [record] = caplog.records
    assert "not asked for any more names" in record.getMessage()


def test_who_fails_again_and_again_is_asked_no_more(service: Service, nominatim: Geocoder) -> None:
    service.always = (500, {}, b"")
    for name in ("Aaa", "Bbb", "Ccc", "Ddd"):
        with pytest.raises(GeocodingError, match="500"):
            nominatim.lookup(name)
    assert service.asked == ["Aaa"] * 3 + ["Bbb"] * 2


def test_one_failure_does_not_end_the_asking(service: Service, nominatim: Geocoder) -> None:
    service.answers["Bbb"] = [village("Bbb", 51, 34)]
    service.script = [(500, {}, b"")] * 3
    with pytest.raises(GeocodingError):
        nominatim.lookup("Aaa")
    assert len(nominatim.lookup("Bbb")) == 1


def test_hostile_answers_are_refused(service: Service, nominatim: Geocoder) -> None:
    hostile = [
        village("Xyz", 51, 181),
        village("Xyz", 51, True, lon=True),
        village("<img src=x onerror=alert(1)>", 51, 34),
        village("Xyz\u0007", 51, 34),
        village("X" * 100_000, 51, 34),
        {**village("Xyz", 51, 34), "name": ["Xyz"]},
        village("Xyz", 51, 34, importance="big"),
        village("Xyz", 51, 34, address={"country_code": "<u>"}),
        village("Xyz", 51, 34, boundingbox=["a", "b", "c", "d"], type="state", addresstype="state"),
    ]
    for one in hostile:
        service.answers["Xyz"] = [one]
        with pytest.raises(GeocodingError, match="nominatim's answer was refused"):
            nominatim.lookup("Xyz", country_code=f"{len(service.requests):02}")
    service.answers["Xyz"] = [*hostile, village("Xyz", 51, 34)]
    assert len(nominatim.lookup("Xyz")) == 1


ODD: list[Any] = [None, True, -1, 10**400, "", "x" * 300, "<b>", "\ud800", "\0", "ua", "P", [], {}]
ODD += [[[]], [None] * 4, [1, 2, 3, 4], [1e9, -1e9], {"name": 3}, {"coordinates": [1, "x"]}]
JSON = st.sampled_from(ODD) | st.floats() | st.lists(st.sampled_from(ODD), max_size=4)
FIELDS = """
    name lat lon lng class type addresstype osm_key osm_value osm_id osm_type fcl fcode geonameId
    population importance boundingbox extent address properties components namedetails geometry
    country_code display_name
"""


@given(st.dictionaries(st.sampled_from(FIELDS.split()), JSON))
def test_whatever_is_answered_is_a_good_candidate_or_refused(changed: dict[str, Any]) -> None:
    raw = {**village("Xyz", 51, 34), **changed}

    class Answer:
        address, latitude, longitude = "Xyz, Somewhere", 51.0, 34.0

    answer = Answer()
    answer.raw = raw  # type: ignore[attr-defined]
    try:
        found = reading.candidate_of("nominatim", "Xyz", answer)
    except (ValueError, TypeError, OverflowError):
        return
    if found is not None:
        place = found.place
        assert abs(place.latitude) <= 90
        assert abs(place.longitude) <= 180
        assert place.kind in KINDS
        assert 0 <= found.score <= 1
        assert 0 <= place.radius_km <= 3000
        assert place.country_code is None or len(place.country_code) == 2
        assert not set(place.name) & set("<>\n\0")


# ---------------------------------------------------------------- the cache


def test_a_cached_answer_needs_no_network(
    service: Service, nominatim: Geocoder, cache: Path
) -> None:
    service.answers["Xyz"] = [village("Xyz", 51, 34)]
    first = nominatim.lookup("Xyz"), nominatim.lookup("Nowhere")
    again = Geocoder("nominatim", options=service.options, cache=cache)
    service.always = (403, {}, b"")
    assert (again.lookup("Xyz"), again.lookup("Nowhere")) == first
    assert first[1] == []
    assert service.asked == ["Xyz", "Nowhere"]
    with pytest.raises(GeocodingError):
        again.lookup("Other")
    assert again.lookup("Xyz") == first[0]  # also once the service is given up


def test_another_country_or_service_is_another_question(
    service: Service, nominatim: Geocoder, cache: Path
) -> None:
    nominatim.lookup("Xyz")
    nominatim.lookup("Xyz", country_code="UA")
    service.answers["Xyz"] = {"features": []}
    Geocoder("photon", options=service.options, cache=cache).lookup("Xyz")
    assert len(service.requests) == 3


def test_the_cache_is_shown_and_cleared(service: Service, nominatim: Geocoder, cache: Path) -> None:
    service.answers["Xyz"] = [village("Xyz", 51, 34)]
    nominatim.lookup("Xyz")
    nominatim.lookup("Nowhere")
    answers = AnswerCache(cache)
    info = answers.info()
    [origin] = info["services"]
    assert origin.startswith("nominatim@127.0.0.1")
    assert (info["answers"], info["nothing found"]) == (2, 1)
    assert info["oldest"] == info["newest"]
    assert answers.clear() == 2
    assert answers.info()["answers"] == 0


@pytest.mark.parametrize("damage", ["text", "middle", "other version", "row"])
def test_a_damaged_cache_is_noticed_and_begun_anew(
    service: Service,
    nominatim: Geocoder,
    cache: Path,
    damage: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    service.answers["Xyz"] = [village("Xyz", 51, 34)]
    first = nominatim.lookup("Xyz")
    if damage == "text":
        cache.write_bytes(b"this is no database" * 100)
    elif damage == "middle":
        data = cache.read_bytes()
        cache.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
    else:
        with sqlite3.connect(cache) as connection:
            if damage == "row":
                connection.execute("UPDATE answers SET candidates = '[{}]'")
            else:
                connection.execute("PRAGMA user_version = 999")
                connection.execute("ALTER TABLE answers RENAME COLUMN date TO day")
    again = Geocoder("nominatim", options=service.options, cache=cache)
    assert again.lookup("Xyz") == first
    assert AnswerCache(cache).info()["answers"] == 1
    assert len(service.requests) == 2
    warned = any("damaged; begun anew" in record.getMessage() for record in caplog.records)
    assert warned == (damage in ("text", "middle"))


def test_without_a_place_for_the_cache_answers_are_kept_for_the_run(
    service: Service, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    found = Geocoder("nominatim", options=service.options, cache=tmp_path / "file" / "cache")
    assert found.lookup("Xyz") == found.lookup("Xyz") == []
    assert len(service.requests) == 1
    [record] = caplog.records
    assert "are not kept" in record.getMessage()


# ---------------------------------------------------------------- with the context

TEXT = (
    "Russian forces shelled the village of Zhuravkivka in Ukraine's Sumy region on Friday. "
    "The village of Obukhivske in Ukraine was also hit, and people fled to Kyiv."
)


def resolved(parsed: Any, name: str) -> Resolution:
    return next(r for r in parsed.resolutions if r.toponym.text == name)


def test_only_what_is_unplaced_is_asked_with_its_context(
    service: Service, nominatim: Geocoder
) -> None:
    service.answers["Zhuravkivka"] = [
        village("Zhuravkivka", 48.5, 36.0),
        village("Zhuravkivka", 51.3, 34.9),
        village("Zhuravkivka", 52.0, 20.0, "pl"),
    ]
    offline = Geoparser().parse(Article("a", TEXT))
    online = Geoparser(online=nominatim).parse(Article("a", TEXT))
    assert service.asked == ["Zhuravkivka", "Obukhivske"]
    assert {request["countrycodes"] for request in service.requests} == {"ua"}
    found = resolved(online, "Zhuravkivka")
    assert found.place is not None
    assert (found.place.latitude, found.place.admin1_name) == (51.3, "Sumy Oblast")
    assert (found.place.source, found.precision) == ("nominatim", "exact")
    assert found.reasons[0] == "found online by nominatim"
    nothing = resolved(online, "Obukhivske")
    assert nothing.place is None
    assert nothing.reasons[-1] == "nominatim knows no place of this name in Ukraine"
    for name in ("Russian", "Ukraine", "Sumy", "Kyiv"):
        assert resolved(online, name) == resolved(offline, name)


def test_what_contradicts_the_text_stays_unplaced(service: Service, nominatim: Geocoder) -> None:
    service.answers["Obukhivske"] = [village("Obukhivske", 50.0, 20.0, "pl")]
    service.answers["Zhuravkivka"] = [village("Zhuravkivka", 48.5, 36.0)]
    parsed = Geoparser(online=nominatim).parse(Article("a", TEXT))
    country, region = resolved(parsed, "Obukhivske"), resolved(parsed, "Zhuravkivka")
    assert country.place is None
    assert "Poland, and the text puts it in Ukraine" in country.reasons[-1]
    assert region.precision == "region"
    assert region.reasons[-1].startswith("nominatim knows it only in ")
    assert region.reasons[-1].endswith("and the text puts it in Sumy Oblast")


@pytest.mark.parametrize("status", [403, 500])
def test_failures_stand_in_the_reasons(service: Service, nominatim: Geocoder, status: int) -> None:
    service.always = (status, {}, b"")
    parsed = Geoparser(online=nominatim).parse(Article("a", TEXT))
    for name in ("Zhuravkivka", "Obukhivske"):
        assert f"({status})" in resolved(parsed, name).reasons[-1]
    assert resolved(parsed, "Kyiv").place is not None


def test_crimea_is_ukraines_and_a_country_is_found_where_none_is_said() -> None:
    def candidate(latitude: float, longitude: float, code: str | None) -> Candidate:
        place = Place(f"x:{latitude}", "X", latitude, longitude, "settlement", country_code=code)
        return Candidate(place, "X")

    found = _in_regions(
        [candidate(45.3, 34.4, "RU"), candidate(48.1, 11.6, None), candidate(51.73, 36.19, "RU")]
    )
    codes = [(one.place.country_code, one.place.admin1_name) for one in found]
    assert codes == [("UA", "Crimea"), ("DE", "Bavaria"), ("RU", "Kursk Oblast")]


# ---------------------------------------------------------------- the command


def geomap(tmp_path: Path, *arguments: str, **environment: str) -> Any:
    return subprocess.run(
        [sys.executable, "-m", "geomap", *arguments],
        input=TEXT,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path), **environment},
    )


def test_the_command_asks_on_request_and_keeps_the_answers(
    service: Service, tmp_path: Path
) -> None:
    service.answers["Zhuravkivka"] = [village("Zhuravkivka", 51.3, 34.9)]
    options = {f"GEOMAP_GEOCODER_{key.upper()}": value for key, value in service.options.items()}
    assert geomap(tmp_path, "parse", "-", **options).returncode == 0
    assert service.requests == []
    done = geomap(tmp_path, "parse", "-", "--online", "nominatim", **options)
    assert (done.returncode, done.stderr) == (0, "")
    rows = {row["text"]: row for row in json.loads(done.stdout)["toponyms"]}
    assert rows["Zhuravkivka"]["lat"] == 51.3
    shown = geomap(tmp_path, "gazetteer", "cache").stdout
    assert "nominatim@127.0.0.1" in shown
    assert geomap(tmp_path, "gazetteer", "cache", "--clear").stdout == "2 answers forgotten\n"


def test_a_dead_network_costs_one_warning_and_not_the_run(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound and never listening: connections are refused
        options = {
            "GEOMAP_GEOCODER_DOMAIN": f"127.0.0.1:{unused.getsockname()[1]}",
            "GEOMAP_GEOCODER_SCHEME": "http",
        }
        done = geomap(tmp_path, "parse", "-", "--online", "nominatim", **options)
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        "geomap: nominatim cannot be reached; it is not asked for any more names in this run"
    ]
    rows = {row["text"]: row for row in json.loads(done.stdout)["toponyms"]}
    for name in ("Zhuravkivka", "Obukhivske"):
        assert rows[name]["reasons"][-1] == "nominatim cannot be reached"
    assert rows["Kyiv"]["lat"] is not None


def test_without_online_no_socket_is_opened(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a socket was opened")

    from geomap.cli import main

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    article = tmp_path / "article.txt"
    article.write_text(TEXT)
    for output in ("map.html", "places.jsonl", "places.gpkg"):
        command = "map" if output.endswith("html") else "parse"
        assert main([command, str(article), "-o", str(tmp_path / output)]) == 0
    assert "Kyiv" in capsys.readouterr().out
