"""Answers of online services, kept on disk: one SQLite file in the user's cache folder."""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from geomap.records import Candidate, Place
from geomap.settings import CACHE

_FORMAT = 2
_WAIT_S = 30.0  # for other processes that write, of which the disk may be slow
_TABLE = """
CREATE TABLE IF NOT EXISTS answers (
    service TEXT, name TEXT, context TEXT, date TEXT NOT NULL, candidates TEXT NOT NULL,
    checksum TEXT NOT NULL,     PRIMARY KEY (service, name, context)
) WITHOUT ROWID
"""

_log = logging.getLogger(__name__)

#: Service, name, and the countries that it was asked for.
Key = tuple[str, str, str]


class AnswerCache:
    """What services answered, with the date.

    A damaged file is begun anew; where none can be written, answers are kept in memory. Either
    is said in a warning.

    Parameters
    ----------
    path
        The file; by default in the user's cache folder.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or CACHE / "geocoding.sqlite"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = _connect(str(self.path))
        except (OSError, sqlite3.Error) as error:
            self._connection = self._recover(error)

    def get(self, key: Key) -> list[Candidate] | None:
        """Return the candidates answered, may be none; None where the service was not asked."""
        where = "WHERE service = ? AND name = ? AND context = ?"
        rows = self._execute(f"SELECT candidates, checksum FROM answers {where}", key)
        if not rows or rows[0][1] != _checksum(key, rows[0][0]):
            return None
        try:
            return [_candidate(one) for one in json.loads(rows[0][0])]
        except (ValueError, TypeError, KeyError):  # damaged, or another version's
            return None

    def put(self, key: Key, candidates: list[Candidate]) -> None:
        """Keep an answer under today's date."""
        found = json.dumps([asdict(one) for one in candidates])
        today = datetime.now(UTC).date().isoformat()
        row = (*key, today, found, _checksum(key, found))
        self._execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)", row)

    def info(self) -> dict[str, Any]:
        """Return what is kept: the file, answers by service, how many are empty, the dates."""
        counts = self._execute("SELECT service, count(*) FROM answers GROUP BY service ORDER BY 1")
        facts = "total(candidates = '[]'), min(date), max(date)"
        [[empty, oldest, newest]] = self._execute(f"SELECT {facts} FROM answers")
        dates = {"oldest": oldest, "newest": newest} if oldest else {}
        return {
            "file": str(self.path),
            "answers": sum(count for _, count in counts),
            "services": dict(counts),
            "nothing found": int(empty),
            **dates,
        }

    def clear(self) -> int:
        """Forget all answers; return how many there were."""
        [[count]] = self._execute("SELECT count(*) FROM answers")
        self._execute("DELETE FROM answers")
        self._execute("VACUUM")
        return int(count)

    def _execute(self, statement: str, values: tuple[str, ...] = ()) -> list[Any]:
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            self._connection = self._recover(error)
            return self._connection.execute(statement, values).fetchall()

    def _recover(self, error: Exception) -> sqlite3.Connection:
        # Damage is a plain DatabaseError; what cannot be opened, locked or written another.
        if type(error) is sqlite3.DatabaseError:
            _log.warning("%s: the cache of geocoders' answers was damaged; begun anew", self.path)
            try:
                for suffix in ("", "-journal"):
                    Path(f"{self.path}{suffix}").unlink(missing_ok=True)
                return _connect(str(self.path))
            except (OSError, sqlite3.Error) as second:
                error = second
        _log.warning("%s: cannot be used (%s); geocoders' answers are not kept", self.path, error)
        return _connect(":memory:")


def _connect(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)
    if connection.execute("PRAGMA quick_check").fetchone() != ("ok",):
        raise sqlite3.DatabaseError("damaged")
    if connection.execute("PRAGMA user_version").fetchone() != (_FORMAT,):
        with connection:  # another run may be making it at the same time
            connection.execute("BEGIN IMMEDIATE")
            if connection.execute("PRAGMA user_version").fetchone() != (_FORMAT,):
                connection.execute("DROP TABLE IF EXISTS answers")
                connection.execute(_TABLE)
                connection.execute(f"PRAGMA user_version = {_FORMAT}")
    return connection


def _checksum(key: Key, candidates: object) -> str:
    """SQLite notices damage to its own structure, not to what is kept in it."""
    return hashlib.sha256(json.dumps([*key, str(candidates)]).encode()).hexdigest()


def _candidate(fields: dict[str, Any]) -> Candidate:
    return Candidate(**{**fields, "place": Place(**fields["place"])})
