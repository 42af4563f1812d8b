"""What callers filter by, checked: the same for the tables of articles and for a corpus."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from geomap.errors import UsageError


def checked(
    given: str | Iterable[str] | None, known: Iterable[str], what: str
) -> frozenset[str] | None:
    """Return the values given, one or several, as a set; None stands for all.

    Raises
    ------
    UsageError
        A value is none of those that are known.
    """
    if given is None:
        return None
    values = frozenset([given] if isinstance(given, str) else given)
    for value in sorted(values - set(known)):
        mend = f"take one of {', '.join(known)}" if len(set(known)) < 9 else 'give one like "UA"'
        raise UsageError(f"{value!r} is no {what}: {mend}")
    return values


def day(given: date | str | None) -> date | None:
    """Return a day that may be given as ISO 8601 ("2024-08-06").

    Raises
    ------
    UsageError
        It is no day.
    """
    if not isinstance(given, str):
        return given
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise UsageError(f"{given!r} is no day: give one like 2024-08-06") from None
