"""Fixtures that several test modules share."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest

# How long an example takes depends on what else the machine is doing; no test is timed.
hypothesis.settings.register_profile("geomap", deadline=None)
hypothesis.settings.load_profile("geomap")

# Whatever gazetteer the developer has built has no part in the tests.
os.environ["GEOMAP_DATA"] = tempfile.mkdtemp(prefix="geomap-tests-")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A real Chromium; without one the test is skipped, or fails where one is required."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        reason = "no Chromium on this machine: install the package chromium to test the page"
        if os.environ.get("GEOMAP_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()
