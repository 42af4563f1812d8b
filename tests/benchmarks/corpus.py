"""Makes a corpus of news that means nothing: ``python tests/benchmarks/corpus.py 2000 > c.jsonl``.

The same number of articles is the same corpus: names of real places, drawn from the embedded
gazetteer by their population, in sentences written for this; some 2,500 characters an article, as
many place names as news has, dates of two years, forty papers. One article in twelve is another's
story once more, under another headline, by another paper, a day later or with a paragraph less.
"""

from __future__ import annotations

import itertools
import json
import random
import sys
from collections import deque
from collections.abc import Iterator
from datetime import date, timedelta

from geomap.gazetteer import embedded

CHARACTERS = 2_500
COPIES = 1 / 12
DAYS = 730

LEADS = [
    "{town} ({agency}) — {Official} said on {day} that {count} people were {harmed} when {event}"
    " in {town}, {region}.",
    "{Official} in {town}, {country}, announced on {day} that {plan}.",
    "{count} people were {harmed} near {town} on {day}, {official} said, after {event}.",
    "{Thing} between {country} and {country2} ended in {town} on {day} without a result.",
    "A court in {town} sentenced {person}, {age}, to {years} years in prison on {day}.",
]
PLACED = [
    "The road from {town} to {town2} was closed for several hours, and traffic was led through"
    " {town3}.",
    "Residents of {town} spoke of {event}, the second this year in {region}.",
    "{person}, who grew up in {town}, {country}, and now lives in {town2}, said {opinion}.",
    "Similar cases were reported from {town}, {town2} and {town3}.",
    "{Official} in {country} had warned of {event} in {month}.",
    "The company, which has its seat in {town}, employs {number} people in {country} and"
    " {country2}.",
    "A spokesman for the {town} police said that {plan}.",
    "{country}'s foreign minister, {person}, will travel to {town} next week.",
    "According to the University of {town}, the region has lost {number} jobs since {year}.",
    "In {region}, where {number} people live, {plan}.",
    "The {country} government did not comment, but {official} said that {opinion}.",
    "{person} of the {town} hospital said that {count} of the injured had been flown to {town2}.",
    "Trains between {town} and {town2} will not run until {day}.",
    "The police arrested a {age}-year-old man from {town} in {region}.",
]
PLAIN = [
    "{Official} said that {opinion}.",
    "It was the worst {thing} since {year}, and {number} people are still without power.",
    "Nobody could say on {day} how long the work would take or who would have to pay for it.",
    "“We did what we could with what we had,” {person} said, “and {opinion}.”",
    "The report, which runs to {number} pages, says that {plan}.",
    "Prices have risen by {count} percent in a year, and wages by less than half as much.",
    "Experts had called for this for years, among them {person}, who wrote that {opinion}.",
    "A decision is not expected before {month}, when the budget is due to be passed.",
    "There was no sign of a quick agreement, and both sides spoke of further talks.",
    "Two of the witnesses gave another account of what had happened that night.",
    "The weather service expects more rain from {day} on, with wind from the west.",
    "Schools stayed closed, and many shops opened late or not at all.",
    "“Nothing about this is simple,” {person} told reporters.",
    "The opposition asked why the warnings had not been heeded, and by whom they had been read.",
    "By the evening most of those who had been brought to safety were back in their houses.",
    "Investigators were looking at pictures from several cameras along the road.",
    "The club lost its last four matches and stands second from the bottom of the table.",
    "He denied all charges, and his lawyer said that he would appeal.",
]  # fmt: skip
WORDS = {
    "agency": ["AP", "Reuters", "AFP", "dpa", "Staff"],
    "official": [
        "officials", "the mayor", "the police", "the governor", "a spokeswoman", "the ministry",
        "rescue workers", "the prosecutor", "doctors", "the opposition", "union leaders",
    ],
    "harmed": ["killed", "injured", "rescued", "arrested", "displaced", "taken to hospital"],
    "event": [
        "a bus left the road", "a flood carried away a bridge", "a fire broke out in a warehouse",
        "shells hit a market", "a train was derailed", "a storm tore off roofs",
        "a landslide buried a row of houses", "protesters met the police", "a mine collapsed",
    ],
    "plan": [
        "the airport will be closed until further notice", "a new hospital is to be built by 2030",
        "the border crossing will open again", "taxes on fuel will be raised in the spring",
        "three schools are to be merged", "more money is needed for the repair of the dam",
        "the vote will be held again", "the mine may not be reopened", "the talks will go on",
    ],
    "opinion": [
        "the help came too late", "the city had done its part", "there was no other way",
        "the figures were worse than they looked", "nobody should be sent back",
        "the agreement was a first step", "the law had to be changed", "the danger was not over",
    ],
    "thing": ["talks", "negotiations", "flood", "season", "drought", "accident", "crisis"],
    "day": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    "month": ["January", "March", "May", "June", "September", "October", "November"],
    "first": [
        "Anna", "John", "Mary", "Ahmed", "Olena", "Jorge", "Fatima", "Peter", "Li", "Grace",
        "Amina", "Paul", "Ivan", "Lucia", "Samuel", "Nadia", "Tom", "Ruth", "Omar", "Elena",
    ],
    "last": [
        "Smith", "Kovalenko", "Hassan", "Jones", "Garcia", "Okafor", "Petrov", "Brown", "Chen",
        "Martin", "Novak", "Singh", "Haddad", "Miller", "Rossi", "Mensah", "Larsen", "Diaz",
    ],
    "paper": [
        f"The {place} {kind}"
        for place in ("Northern", "Daily", "Evening", "Capital", "Harbour", "Valley", "National",
                      "River")
        for kind in ("Herald", "Post", "Courier", "Observer", "Gazette")
    ],
}  # fmt: skip


class _Names:
    """Draws names of places, the populous ones more often, and near ones together."""

    def __init__(self) -> None:
        gazetteer = embedded()
        places = list(gazetteer.places())
        towns = [p for p in places if p.kind == "settlement" and p.admin1_name and p.population]
        self.countries = sorted(p.name for p in places if p.kind == "country" and p.country_code)
        by_country: dict[str, list[tuple[int, str, str]]] = {}
        for town in towns:
            about = (town.population, town.name, str(town.admin1_name))
            by_country.setdefault(str(town.country_code), []).append(about)
        self._towns = {
            code: sorted(found, reverse=True)[:3000] for code, found in sorted(by_country.items())
        }
        self._weights = {
            code: list(itertools.accumulate(town[0] ** 0.5 for town in found))
            for code, found in self._towns.items()
        }
        self._codes = list(self._towns)
        self._code_weights = list(
            itertools.accumulate(weights[-1] for weights in self._weights.values())
        )
        self._called = {code: str(gazetteer.country_name(code)) for code in self._codes}

    def of_one_country(self, rng: random.Random) -> dict[str, str]:
        [code] = rng.choices(self._codes, cum_weights=self._code_weights)
        drawn = rng.choices(self._towns[code], cum_weights=self._weights[code], k=3)
        return {
            "town": drawn[0][1],
            "town2": drawn[1][1],
            "town3": drawn[2][1],
            "region": drawn[0][2],
            "country": self._called[code],
            "country2": rng.choice(self.countries),
        }


def articles(count: int, seed: int = 0) -> Iterator[dict[str, str]]:
    """Yield articles as the lines of JSON Lines have them."""
    rng = random.Random(seed)
    names = _Names()
    recent: deque[tuple[int, list[str]]] = deque(maxlen=200)
    for number in range(count):
        day = number * DAYS // count
        if recent and rng.random() < COPIES:
            first_day, paragraphs = rng.choice(recent)
            day = max(day, first_day + 1)
            if len(paragraphs) > 3 and rng.random() < 0.5:
                paragraphs = paragraphs[: rng.randint(3, len(paragraphs))]
        else:
            paragraphs = _story(rng, names)
            recent.append((day, paragraphs))
        source = rng.choice(WORDS["paper"])
        yield {
            "id": f"{seed}-{number}",
            "title": paragraphs[0].partition(" — ")[2][:60] or paragraphs[0][:60],
            "source": source,
            "url": f"https://{source.lower().replace(' ', '-')}.example/{number}",
            "date": (date(2024, 1, 1) + timedelta(days=day)).isoformat(),
            "text": "\n\n".join(paragraphs),
        }


def _story(rng: random.Random, names: _Names) -> list[str]:
    length = rng.gauss(CHARACTERS, CHARACTERS / 4)
    paragraphs = [_sentence(rng, LEADS, names.of_one_country(rng))]
    size = len(paragraphs[0])
    while size < length:
        places = names.of_one_country(rng)
        sentences = [
            _sentence(rng, PLACED if rng.random() < 0.17 else PLAIN, places)
            for _ in range(rng.randint(2, 4))
        ]
        paragraphs.append(" ".join(sentences))
        size += len(paragraphs[-1])
    return paragraphs


def _sentence(rng: random.Random, templates: list[str], places: dict[str, str]) -> str:
    words = {kind: rng.choice(known) for kind, known in WORDS.items()}
    return rng.choice(templates).format(
        **places,
        **words,
        Official=words["official"].capitalize(),
        Thing=words["thing"].capitalize(),
        person=f"{words['first']} {words['last']}",
        count=rng.randint(2, 60),
        number=f"{rng.randint(1_000, 90_000):,}",
        age=rng.randint(18, 80),
        years=rng.randint(2, 20),
        year=rng.randint(1950, 2020),
    )


def main() -> None:
    """Write as many articles as the argument says."""
    for article in articles(int(sys.argv[1])):
        print(json.dumps(article, ensure_ascii=False))


if __name__ == "__main__":
    main()
