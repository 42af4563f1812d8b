"""Which language a text is in: by its script and by its commonest small words.

News is long enough for that, and a language that is not told from its neighbours (Norwegian from
Danish) is at least told from English, which is what matters here.
"""

from __future__ import annotations

import unicodedata
from collections import Counter

from geomap.records import Article

UNDETERMINED = "und"

#: So many characters of a text are looked at.
_SAMPLE = 2_000
#: A language but English is believed from so many different words on, so many times English's.
_MIN_WORDS, _LEAD = 3, 1.5
#: A text of so many words is not English if fewer of them than this share are English's.
_LONG, _LEAST_SHARE = 50, 0.03

#: Languages that have their script, near enough, to themselves: the first word of its letters'
#: names in Unicode.
_SCRIPTS = {
    "GREEK": "el", "HEBREW": "he", "ARMENIAN": "hy", "GEORGIAN": "ka", "THAI": "th", "LAO": "lo",
    "KHMER": "km", "MYANMAR": "my", "HANGUL": "ko", "HIRAGANA": "ja", "KATAKANA": "ja",
    "CJK": "zh", "DEVANAGARI": "hi", "BENGALI": "bn", "GURMUKHI": "pa", "GUJARATI": "gu",
    "TAMIL": "ta", "TELUGU": "te", "KANNADA": "kn", "MALAYALAM": "ml", "SINHALA": "si",
    "ETHIOPIC": "am",
}  # fmt: skip

_SMALL_WORDS = {
    "en": "the of and to in a is was that for on with at by from he it said i are be has not do my",
    "fr": "le la les de des du et en un une est dans pour que qui au aux sur par il pas avec plus",
    "es": "el la los las de del y en un una es por para que con se su al lo como más fue ha",
    "pt": "o a os as de do da dos das e em um uma é por para que com não no na ao foi mais se",
    "it": "il lo la i gli le di del della e in un una è per che con non nel alla dei si da sono",
    "de": "der die das und in den von zu mit ist im für auf des nicht ein eine dem sich auch hat",
    "nl": "de het een en van in is op te dat voor met zijn aan niet door er ook die bij naar was",
    "sv": "och i att det som en på är av för den med till inte har om ett från de var vid kan",
    "da": "og i at det er en på af for den med til ikke har om et fra de var som blev efter",
    "fi": "ja on ei että oli se hän mutta myös ovat kun sen mukaan joka ole sekä tai vuonna",
    "pl": "i w na z do się nie że jest o to przez po od jak za dla co oraz są był jego ale",
    "cs": "a v na se je že s z do o i to ve pro za by jako po podle ale však jeho který od",
    "hu": "a az és hogy nem is egy volt ez meg csak már mint de szerint még el vagy ki lesz",
    "ro": "și în de la a cu pe să nu din că o un pentru este care au mai fost sunt după prin al",
    "hr": "i u je na da se su za od s o a koji kao će bi iz ne što nije bio prema po ali sa",
    "tr": "ve bir bu da de için ile olarak olan daha çok gibi sonra kadar ise ne en dedi var",
    "id": "yang dan di dari untuk dengan pada ini itu dalam tidak akan ke oleh juga telah ada",
    "vi": "của và là có được cho không các trong đã với người này một những khi từ đến tại",
    "sw": "ya na wa kwa ni katika la za cha kuwa hiyo huo baada alisema hilo yake wake kama",
    "so": "ka oo iyo ku waa in uu ee la ay soo ayaa ah waxa waxaa isku wuxuu lagu kala inuu",
    "ru": "и в на не что с по он как из за от это к у о для до после был но также его его было",
    "uk": "і в на не що з у та за як від до про це його для під але він який був було року щодо",
    "bg": "и на в да е се за от че с по не са до при като това ще беше след или му бе има",
    "sr": "и у је на да се су за од са о а који као ће би из не што није био према али",
    "ar": "في من على إلى أن عن التي الذي مع هذا كان بعد هذه ما بين لا قد وقال كما أو خلال",
    "fa": "در از که این را است به با برای آن خود می های شده بود یک تا کرد هم گفت نیز بر",
    "ur": "کے کی میں ہے اور سے کا کو نے پر کہ ہیں اس یہ تھا بھی جو ایک نہیں گیا تو ہو",
    "ps": "د په او چې کې له ته دی هم یې سره کړي نه دا څخه شوي ده کړی وو باندې",
}  # fmt: skip
_LANGUAGES: dict[str, list[str]] = {}
for _language, _words in _SMALL_WORDS.items():
    for _word in dict.fromkeys(_words.split()):
        _LANGUAGES.setdefault(_word, []).append(_language)


def detect(text: str) -> str:
    """Return the language of `text`, English where nothing speaks against it.

    Returns
    -------
    str
        A BCP 47 tag; ``und`` where it is some other language that is not known here.
    """
    sample = text[:_SAMPLE]
    if len(sample.encode("ascii", "ignore")) < 0.7 * len(sample):
        scripts = Counter(
            unicodedata.name(letter, "").partition(" ")[0]
            for letter in sample[:: len(sample) // 400 + 1]
            if letter.isalpha()
        )
        if scripts["HIRAGANA"] or scripts["KATAKANA"]:  # Chinese has none, Japanese much of both
            return "ja"
        script = max(scripts, key=scripts.__getitem__, default="")
        if script in _SCRIPTS:
            return _SCRIPTS[script]
        if script not in ("LATIN", "CYRILLIC", "ARABIC", ""):
            return UNDETERMINED
    else:
        script = "LATIN"
    return _by_small_words(Counter(sample.lower().split()), script)


def _by_small_words(words: Counter[str], script: str) -> str:
    total: Counter[str] = Counter()
    different: Counter[str] = Counter()
    for word, count in words.items():
        for language in _LANGUAGES.get(word, ()):
            total[language] += count
            different[language] += 1
    english = total.pop("en", 0)
    best = max(total, key=total.__getitem__, default="")
    if total[best] > _LEAD * english and different[best] >= _MIN_WORDS:
        return best
    foreign = script in ("CYRILLIC", "ARABIC")
    if foreign or (words.total() >= _LONG and english < _LEAST_SHARE * words.total()):
        return UNDETERMINED
    return "en"


def is_english(article: Article) -> bool:
    """Say whether an article is in English, by what it says of itself or by its text."""
    return (article.language or detect(article.text)).lower().startswith("en")
