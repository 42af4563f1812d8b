"""Builds the lexicon: how common words are in lower case, and which are names of people."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from geomap.names import fold
from geomap.recognition.lexicon import FIRST_NAME, SURNAME


def build_lexicon(scowl: Path, out: Path) -> int:
    """Write ``lexicon.marisa`` from SCOWL's word lists, Faker's and the US Census' names.

    Parameters
    ----------
    scowl
        Folder of the lists ``english-words.10`` and so on (Debian's package ``scowl``).
    out
        The file to write.

    Returns
    -------
    int
        How many words it holds.
    """
    import marisa_trie

    flags: Counter[str] = Counter()
    for level, sizes in ((3, (10, 20)), (2, (35,)), (1, (40, 50))):
        for size in sizes:
            for variety in ("english", "american", "british"):
                path = scowl / f"{variety}-words.{size}"
                for word in path.read_text("latin-1").splitlines() if path.exists() else ():
                    key = fold(word)
                    if not word.endswith("'s") and key and not flags[key] & 3:
                        flags[key] += level
    first, last = _people()
    for names, flag in ((first, FIRST_NAME), (last, SURNAME)):
        for name in names:
            key = fold(name)
            if " " not in key and len(key) > 1 and not flags[key] & flag:
                flags[key] += flag
    items = sorted((word, (value,)) for word, value in flags.items() if value)
    marisa_trie.RecordTrie("<B", items).save(str(out))
    return len(items)


def _people() -> tuple[set[str], set[str]]:
    import importlib
    import pkgutil

    import faker.providers.person as persons
    import names as census

    first: set[str] = set()
    last: set[str] = set()
    for module in pkgutil.iter_modules(persons.__path__):
        provider = importlib.import_module(f"{persons.__name__}.{module.name}").Provider
        for attribute in dir(provider):
            kind = first if attribute.startswith("first_name") else last
            values = getattr(provider, attribute)
            named = attribute.startswith(("first_name", "last_name"))
            if named and isinstance(values, list | tuple | dict):
                kind.update(value for value in values if isinstance(value, str))
    folder = Path(census.__file__).parent
    for file, kind, limit in (
        ("dist.male.first", first, 1200),
        ("dist.female.first", first, 4200),
        ("dist.all.last", last, 8000),
    ):
        lines = (folder / file).read_text().splitlines()[:limit]
        kind.update(line.split()[0] for line in lines)
    return first, last
