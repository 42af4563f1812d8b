"""Where geomap's own data lies. Constants; nothing changes them at run time."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path, user_data_path

from geomap import __version__

_PACKAGE = Path(__file__).resolve().parent

#: The folder of the embedded data: inside the package when installed, beside it in a checkout.
DATA = _PACKAGE / "data" if (_PACKAGE / "data").is_dir() else _PACKAGE.parent / "data"

#: Where the gazetteer that the user builds lies; the environment variable may say where else.
USER_DATA = Path(os.environ.get("GEOMAP_DATA") or user_data_path("geomap", appauthor=False))

#: Where answers of online services are kept between runs, and may be deleted at any time.
CACHE = user_cache_path("geomap", appauthor=False)

#: How geomap introduces itself to online services, and how long it waits for an answer, seconds.
USER_AGENT = f"geomap/{__version__}"
TIMEOUT_S = 10.0
