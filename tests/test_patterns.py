"""No regular expression of geomap's takes more than linear time, whatever it is given."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import geomap

PACKAGE = Path(geomap.__file__).parent
_CALLS = ("compile", "match", "search", "fullmatch", "findall", "finditer", "split", "sub", "subn")
SIZE = 3_000

#: Those that are only ever given a short text, and how many characters that has at most.
BOUNDED = {
    "geomap.resolution.context": 80,  # what stands between two names, or beside one
    "geomap.webmap.assets": 400,  # the end of Leaflet's own script
}


#: As `Pattern` has it, and as geomap calls it.
Use = tuple[re.Pattern[Any], frozenset[str]]


def _patterns() -> Iterator[tuple[str, re.Pattern[Any], frozenset[str]]]:
    """Yield the module of each regular expression, that, and the methods it is used by."""
    seen = set()
    for module in pkgutil.walk_packages([str(PACKAGE)], "geomap."):
        if module.name == "geomap.__main__":
            continue
        source = (PACKAGE / Path(*module.name.split(".")[1:])).with_suffix(".py")
        if module.ispkg:
            source = source.with_suffix("") / "__init__.py"
        try:
            held = list(_held(vars(importlib.import_module(module.name)), source))
        except ImportError:  # an extra that is not installed
            held = []
        for pattern, methods in [*held, *_written(source)]:
            key = pattern.pattern, pattern.flags, methods
            if key not in seen:
                seen.add(key)
                yield module.name, pattern, methods


def _held(values: dict[str, Any], source: Path) -> Iterator[Use]:
    for name, value in values.items():
        if name.startswith("__"):
            continue
        used = re.findall(rf"\b{name}\.(\w+)", source.read_text(encoding="utf-8"))
        methods = frozenset(used) & set(_CALLS) or frozenset(_CALLS)
        items = value if isinstance(value, list | tuple) else [value]
        for item in items:
            parts = item if isinstance(item, tuple) else (item,)
            yield from ((part, methods) for part in parts if isinstance(part, re.Pattern))


def _written(source: Path) -> Iterator[Use]:
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        is_call = (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.func.attr in _CALLS[1:]
        )
        if is_call and isinstance(node.args[0], ast.Constant):
            flags = any("re.I" in ast.unparse(arg) for arg in [*node.args, *node.keywords])
            pattern = re.compile(node.args[0].value, re.IGNORECASE if flags else 0)
            yield pattern, frozenset([node.func.attr])


PATTERNS = list(_patterns())


def _pieces(pattern: str) -> list[str]:
    """Return what to repeat: characters of each kind, and the words of the pattern itself."""
    own = re.findall(r"[A-Za-z]{2,}|[^\w\s\\]", pattern)
    kinds = ["a", "A", "1", " ", "\n", ".", "A.", "a ", "a, ", "a'", "a-", "1.", "[1]", "é", "北"]
    kinds += ["of ", "and ", "the ", "in the ", " , ", "<meta ", "\ud800", "\0", "\u0301", "=+"]
    return list(dict.fromkeys([*kinds, *own, *(f"{word} " for word in own)]))


def _seconds(pattern: re.Pattern[Any], methods: frozenset[str], text: str) -> float:
    given: Any = text
    if isinstance(pattern.pattern, bytes):
        given = text.encode("utf-8", "surrogatepass")
    began = time.process_time()
    for method in methods - {"match", "fullmatch"} and ["finditer"]:
        for _ in getattr(pattern, method)(given):
            pass
    for method in methods & {"match", "fullmatch"}:
        getattr(pattern, method)(given)
    return time.process_time() - began


def test_they_are_found() -> None:
    modules = {module for module, _, _ in PATTERNS}
    assert {"geomap.sentences", "geomap.articles.fields", "geomap.cli", *BOUNDED} <= modules
    assert len(PATTERNS) > 40


@pytest.mark.parametrize(
    ("module", "pattern", "methods"),
    PATTERNS,
    ids=[f"{m}-{i}" for i, (m, *_) in enumerate(PATTERNS)],
)
def test_time_is_linear(module: str, pattern: re.Pattern[Any], methods: frozenset[str]) -> None:
    source = pattern.pattern
    source = source.decode("latin-1") if isinstance(source, bytes) else source
    size = BOUNDED.get(module, SIZE)
    for piece in _pieces(source):
        for end in ("", "!"):
            texts = [(piece * (k * size))[: k * size] + end for k in (1, 4)]
            small, large = (_seconds(pattern, methods, text) for text in texts)
            if module in BOUNDED:
                assert small < 0.01, (source, piece)
            elif large > 0.005:  # 12,000 characters that are linear take less
                small, large = (min(_seconds(pattern, methods, t) for _ in range(3)) for t in texts)
                assert large < 9 * small + 0.002, (source, piece)
