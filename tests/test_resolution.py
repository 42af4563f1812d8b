"""What the text around a name says of it."""

import pytest

from geomap import Geoparser
from geomap.records import Article, Toponym
from geomap.resolution.context import surroundings


def around(text, *names):
    toponyms = [Toponym(name, at := text.index(name), at + len(name)) for name in names]
    return surroundings(text, toponyms)


@pytest.mark.parametrize(
    ("text", "name", "cue", "word"),
    [
        ("He left the Kursk region.", "Kursk", "region", "region"),
        ("Murmansk's governor resigned.", "Murmansk", "office", "governor"),
        ("New York Gov. Mario Cuomo spoke.", "New York", "office", "Gov."),
        ("The Georgia General Assembly met.", "Georgia", "office", "General Assembly"),
        ("The governor of Bryansk spoke.", "Bryansk", "office", "governor of"),
        ("The village of Basivka burns.", "Basivka", "settlement", "village of"),
        ("They live in Sumy.", "Sumy", None, ""),
        ("Georgia government offices closed.", "Georgia", None, ""),
    ],
)
def test_the_word_beside_a_name(text, name, cue, word):
    (own,) = around(text, name)
    assert (own.cue, own.cue_word) == (cue, word)


def test_a_plural_is_said_of_the_whole_list():
    found = around("Harvey, Harper and Kingman counties.", "Harvey", "Harper", "Kingman")
    assert [own.cue for own in found] == ["county"] * 3
    found = around("From Odesa and Kharkiv region.", "Odesa", "Kharkiv")
    assert [own.cue for own in found] == [None, "region"]


@pytest.mark.parametrize(
    ("text", "name", "place_id"),
    [
        ("A girl from Buffalo, New York, died on Monday.", "New York", "admin1:US.NY"),
        ("Murmansk Governor Yury Yevdokimov resigned.", "Murmansk", "admin1:RU.49"),
        ("The trains between Boston and New York stood still.", "New York", "geonames:5128581"),
    ],
)
def test_what_the_words_beside_a_name_decide(text, name, place_id):
    parsed = Geoparser().parse(Article("a", text))
    places = {r.toponym.text: r.place and r.place.id for r in parsed.resolutions}
    assert places[name] == place_id
