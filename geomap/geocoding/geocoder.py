"""One of geopy's geocoders, asked politely."""

from __future__ import annotations

import inspect
import logging
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from time import sleep
from typing import Any

from geopy.exc import GeopyError
from geopy.extra.rate_limiter import RateLimiter
from geopy.geocoders import SERVICE_TO_GEOCODER

from geomap.errors import GeocodingError, UsageError
from geomap.geocoding.cache import AnswerCache, Key
from geomap.geocoding.reading import candidate_of, checked_name
from geomap.geocoding.wire import Adapter, trouble_of
from geomap.records import Candidate, Place
from geomap.settings import TIMEOUT_S, USER_AGENT

#: Options of a geocoder are read from here: GEOMAP_GEOCODER_API_KEY, GEOMAP_GEOCODER_DOMAIN.
ENVIRONMENT = "GEOMAP_GEOCODER_"

#: Seconds from one request to the next: Nominatim's usage policy, and GeoNames' 1,000 an hour.
_PAUSE_S = {"geonames": 3.6}
_DEFAULT_PAUSE_S = 1.0
_RETRIES = 2
_MAX_WAIT_S = 60.0  # a service that asks to wait longer is not asked again in this run
_MAX_FAILURES = 5  # nor is one that failed so often in a row
_MAX_ANSWERS = 40

_NOT_OPTIONS = {"self", "timeout", "proxies", "user_agent", "ssl_context", "adapter_factory"}

_log = logging.getLogger(__name__)


class Geocoder:
    """An online gazetteer: one of geopy's geocoders, asked politely.

    Parameters
    ----------
    service
        Its short name in geopy.
    options
        Arguments of its class in geopy (``api_key``, ``domain``); by default the environment's
        ``GEOMAP_GEOCODER_*``.
    cache
        The file of answers; by default in the user's cache folder.

    Raises
    ------
    UsageError
        geopy has no such service, or an option is missing or unknown to it.
    """

    def __init__(
        self, service: str, *, options: Mapping[str, str] | None = None, cache: Path | None = None
    ) -> None:
        self.service = service.lower()
        options = _environment() if options is None else dict(options)
        geocoder = _open(self.service, options)
        self._takes = inspect.signature(geocoder.geocode).parameters.keys()
        pause = _PAUSE_S.get(self.service, _DEFAULT_PAUSE_S)
        self._pause = pause
        self._geocode = RateLimiter(
            geocoder.geocode,
            min_delay_seconds=pause,
            max_retries=0,  # geopy's own know nothing of Retry-After
            error_wait_seconds=pause,
            swallow_exceptions=False,
        )
        self._origin = "@".join(filter(None, (self.service, options.get("domain"))))
        self._cache = AnswerCache(cache)
        self._failed: dict[Key, str] = {}
        self._stopped = ""
        self._failures = 0

    def lookup(
        self,
        name: str,
        *,
        country_code: str | None = None,
        near: Place | None = None,
        limit: int = 10,
    ) -> list[Candidate]:
        """Return the places that the service knows by `name`, as it ranks them.

        Parameters
        ----------
        name
            The name.
        country_code
            Only places of this country, where the service can be told.
        near
            Rather places about this one, where the service can be told.
        limit
            At most so many.

        Raises
        ------
        GeocodingError
            The service could not be asked, or its answer not be read; the message names it.
        """
        try:
            name = checked_name(name)
        except ValueError:  # no place bears it
            return []
        bias = near.country_code if near and near.country_code else ""
        key: Key = (self._origin, name, f"{country_code or ''}/{bias}")
        found = self._cache.get(key)
        if found is None:
            if failed := self._failed.get(key) or self._stopped:
                raise GeocodingError(failed)
            try:
                found = self._read(name, self._ask(name, country_code, near))
            except GeocodingError as error:
                self._failed[key] = str(error)
                raise
            self._cache.put(key, found)
        return found[:limit]

    def _ask(self, name: str, country_code: str | None, near: Place | None) -> list[Any]:
        arguments = _arguments(country_code, near)
        arguments = {key: value for key, value in arguments.items() if key in self._takes}
        for attempt in range(_RETRIES + 1):
            try:
                with warnings.catch_warnings():  # geopy's, of coordinates that are none
                    warnings.simplefilter("ignore")
                    answers = self._geocode(name, exactly_one=False, **arguments)
            except Exception as error:  # geopy's readers raise anything on a foreign answer
                self._failures += 1
                trouble = trouble_of(error)
                wait = trouble.wait if trouble.wait is not None else self._pause * 2**attempt
                hopeless = wait > _MAX_WAIT_S or self._failures >= _MAX_FAILURES
                if trouble.retry and attempt < _RETRIES and not hopeless:
                    sleep(wait)
                    continue
                what = f"{self.service} {trouble.what}"
                if trouble.final or hopeless:
                    self._stopped = what
                    _log.warning("%s; it is not asked for any more names in this run", what)
                raise GeocodingError(what) from error
            self._failures = 0
            return list(answers or [])
        raise AssertionError("the last attempt returns or raises")

    def _read(self, name: str, answers: list[Any]) -> list[Candidate]:
        found: dict[str, Candidate] = {}
        refused = ""
        for answer in filter(None, answers[:_MAX_ANSWERS]):
            try:
                candidate = candidate_of(self.service, name, answer)
            except (ValueError, TypeError, OverflowError) as error:
                refused = str(error)
                continue
            if candidate:
                found.setdefault(candidate.place.id, candidate)
        if refused and not found:
            raise GeocodingError(f"{self.service}'s answer was refused: {refused}")
        return list(found.values())


def _environment() -> dict[str, str]:
    return {
        name.removeprefix(ENVIRONMENT).lower(): value
        for name, value in os.environ.items()
        if name.startswith(ENVIRONMENT) and value
    }


def _open(service: str, options: dict[str, str]) -> Any:
    """Return geopy's geocoder, made with `options`."""
    if service not in SERVICE_TO_GEOCODER:
        services = ", ".join(sorted(SERVICE_TO_GEOCODER))
        raise UsageError(f"geopy has no geocoder {service!r}; it has {services}")
    geocoder = SERVICE_TO_GEOCODER[service]
    parameters = inspect.signature(geocoder.__init__).parameters
    known = [
        name
        for name, parameter in parameters.items()
        if name not in _NOT_OPTIONS and not isinstance(parameter.default, int)
    ]
    for name in options:
        if name not in known:
            raise UsageError(
                f"{ENVIRONMENT}{name.upper()}: {service} has no such option; unset it, or use "
                + " ".join(ENVIRONMENT + option.upper() for option in known)
            )
    for name in known:
        if parameters[name].default is inspect.Parameter.empty and name not in options:
            raise UsageError(f"{service} needs {ENVIRONMENT}{name.upper()} in the environment")
    try:
        return geocoder(
            **options, user_agent=USER_AGENT, timeout=TIMEOUT_S, adapter_factory=Adapter
        )
    except (GeopyError, ValueError, TypeError) as error:
        raise UsageError(f"{service}: {error}; see the options {ENVIRONMENT}*") from error


def _arguments(country_code: str | None, near: Place | None) -> dict[str, Any]:
    """Return the country and what is near under the names they have in geopy's geocoders."""
    found: dict[str, Any] = {"limit": _MAX_ANSWERS, "addressdetails": True, "namedetails": True}
    if country_code:
        found |= {"country_codes": country_code.lower(), "country": country_code}
    if near:
        latitude, longitude = near.latitude, near.longitude
        reach = max(near.radius_km, 100.0) / 111.0
        south_west = max(latitude - reach, -90.0), max(longitude - reach, -180.0)
        north_east = min(latitude + reach, 90.0), min(longitude + reach, 180.0)
        found["viewbox"] = (south_west, north_east)
        found["location_bias"] = found["proximity"] = (latitude, longitude)
    return found
