"""In which language a text is, and what is found where it is not English."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geomap.atlas import Atlas
from geomap.geoparser import geoparse
from geomap.recognition.language import detect, is_english
from geomap.records import Article

SENTENCES = {
    "en": "The mayor of the town said on Tuesday that the bridge was damaged by the flood.",
    "fr": "Le maire de la ville a déclaré mardi que le pont est fermé pour les habitants.",
    "es": "El alcalde de la ciudad dijo el martes que el puente fue cerrado por la crecida.",
    "pt": "O prefeito da cidade disse na terça-feira que a ponte não foi aberta por ora.",
    "it": "Il sindaco della città ha detto martedì che il ponte non è aperto per la piena.",
    "de": "Der Bürgermeister der Stadt sagte am Dienstag, dass die Brücke nicht auf ist.",
    "nl": "De burgemeester van de stad zei dinsdag dat de brug niet open is voor het verkeer.",
    "sv": "Borgmästaren sade på tisdagen att bron inte är öppen för trafik och det är inte bra.",
    "da": "Borgmesteren sagde tirsdag, at broen ikke er åben for trafik efter den store storm.",
    "fi": "Pormestari sanoi tiistaina, että silta ei ole auki, mutta se on kunnossa ja tie myös.",
    "pl": "Burmistrz miasta powiedział we wtorek, że most nie jest otwarty dla ruchu po powodzi.",
    "cs": "Starosta města v úterý řekl, že most není otevřen pro dopravu, ale silnice je.",
    "hu": "A polgármester kedden azt mondta, hogy a híd nem nyitott, de az út már jó és szabad.",
    "ro": "Primarul orașului a spus că podul nu este deschis pentru trafic și tramvai.",
    "hr": "Gradonačelnik je rekao u utorak da se most ne otvara za promet i da su ceste na suhom.",
    "tr": "Belediye başkanı salı günü köprü için bir karar olarak çok önemli bir yol var dedi.",
    "id": "Wali kota itu mengatakan pada hari Selasa bahwa jembatan tidak akan dibuka untuk umum.",
    "vi": "Thị trưởng của thành phố đã nói rằng cây cầu không được mở cho người dân.",
    "sw": "Meya wa mji alisema kuwa daraja la mto huo na barabara ya mashariki ni salama kwa watu.",
    "so": "Duqa magaalada ayaa sheegay in buundada ay xiran tahay oo waxa ka dhacay daad ku yimid.",
    "ru": "Мэр города заявил во вторник, что мост не открыт для движения из-за паводка на реке.",
    "uk": "Мер міста заявив у вівторок, що міст не відкрито для руху через повінь на річці та дощ.",
    "bg": "Кметът на града каза във вторник, че мостът не е отворен за движение и ще се чака.",
    "sr": "Градоначелник је рекао у уторак да се мост не отвара за саобраћај и да су путеви суви.",
    "ar": "قال رئيس البلدية إن الجسر في المدينة مغلق منذ يوم أمس بعد الفيضان من الشمال",
    "fa": "شهردار شهر گفت که پل برای خودروها باز نیست و این راه از سیل آسیب دیده است",
    "ur": "شہر کے میئر نے کہا ہے کہ پل کو ٹریفک کے لیے بند کر دیا گیا ہے اور یہ سڑک بھی",
    "ps": "د ښار مشر وویل چې پل د سیلاب له امله بند دی او هم په لاره کې خلک نه دي",
    "el": "Ο δήμαρχος της πόλης είπε την Τρίτη ότι η γέφυρα είναι κλειστή.",
    "he": "ראש העיר אמר ביום שלישי כי הגשר סגור לתנועה.",
    "hi": "शहर के महापौर ने मंगलवार को कहा कि पुल बंद है।",
    "th": "นายกเทศมนตรีกล่าวเมื่อวันอังคารว่าสะพานปิด",
    "ko": "시장은 화요일에 다리가 폐쇄되었다고 말했다.",
    "ja": "市長は火曜日に橋が閉鎖されていると述べた。",
    "zh": "市长星期二表示，这座桥梁已经关闭。",
    "ka": "მერმა სამშაბათს თქვა, რომ ხიდი დაკეტილია.",
    "hy": "Քաղաքապետը երեքշաբթի օրը ասաց, որ կամուրջը փակ է։",
    "am": "ከንቲባው ማክሰኞ ዕለት ድልድዩ ተዘግቷል አሉ።",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_a_sentence_says_its_language(language: str) -> None:
    assert detect(SENTENCES[language]) == language


def test_english_that_names_much_that_is_not() -> None:
    assert (
        detect("Le Monde, El País and Die Zeit said that La Paz and Los Angeles are cities.")
        == "en"
    )
    assert detect("De Niro in La La Land") == "en"
    assert detect("KYIV, Ukraine — Shelling") == "en"
    assert detect("Киев (Kyiv) is the capital of Ukraine, and the war in Ukraine goes on.") == "en"


def test_a_language_that_is_not_known_is_not_called_english() -> None:
    made_up = "Vesto " + "kralim dovetu sandru pilgo miretta zhovan tulem ribosk nadie " * 8
    assert detect(made_up) == "und"
    assert detect("ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ ᎠᏂᏣᎳᎩ") == "und"


def test_what_an_article_says_of_itself_counts() -> None:
    french = SENTENCES["fr"]
    assert not is_english(Article("a", french))
    assert is_english(Article("a", french, language="en-GB"))
    assert not is_english(Article("a", SENTENCES["en"], language="fr"))


@given(st.text(alphabet=st.characters(), max_size=300))
def test_any_text_has_a_language(text: str) -> None:
    assert re.fullmatch("[a-z]{2}|und", detect(text))


def test_it_costs_little() -> None:
    text = " ".join(SENTENCES.values()) * 2
    start = time.process_time()
    for _ in range(100):
        detect(text)
    assert time.process_time() - start < 100 * 0.003  # ten times what it should take


# ---------------------------------------------------------------- places


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Москва и Киев: переговоры прошли, сообщает агентство.", ["Москва", "Киев"]),
        ("Le maire de Paris est à N'Djamena, dit l'Iran à Marseille.",
         ["Paris", "N'Djamena", "Iran", "Marseille"]),
        ("El alcalde de Sevilla dijo en Ciudad de México que no.", ["Sevilla", "Ciudad de México"]),
        ("قال في القاهرة اليوم إن دمشق", ["القاهرة", "دمشق"]),
        ("ראש העיר תל אביב אמר כי ירושלים", ["תל אביב", "ירושלים"]),
        ("市长星期二在北京表示，上海也一样。", ["北京", "上海"]),
        ("市長は東京で述べた。", ["東京"]),
        ("서울에서 말했다.", ["서울"]),
        ("นายกเทศมนตรีกล่าวในกรุงเทพว่า", ["กรุงเทพ"]),
        ("दिल्ली में कहा कि मुंबई", ["दिल्ली", "मुंबई"]),
    ],
)  # fmt: skip
def test_well_known_names_are_found_in_any_script(text: str, names: list[str]) -> None:
    [parsed] = geoparse([Article("a", text)])
    assert parsed.article.language == detect(text) != "en"
    assert [r.toponym.text for r in parsed.resolutions] == names
    for resolution in parsed.resolutions:
        toponym = resolution.toponym
        assert text[toponym.start : toponym.end] == toponym.text
        assert toponym.score == 0.3
        assert resolution.confidence <= 0.3
        assert resolution.place is None or "not in English" in resolution.reasons[-1]


def test_a_word_that_is_also_written_small_is_no_name() -> None:
    text = "Nice sagte der Mann, und das ist nicht nice. Er ist in München mit dem Zug."
    [parsed] = geoparse([Article("a", text)])
    assert [r.toponym.text for r in parsed.resolutions] == ["München"]


def test_english_is_left_to_the_models() -> None:
    [parsed] = geoparse(["Five people were killed in the Ukrainian city of Sumy on Monday."])
    assert parsed.article.language == "en"
    assert [r.toponym.text for r in parsed.resolutions] == ["Ukrainian", "Sumy"]
    assert all(r.confidence > 0.5 for r in parsed.resolutions)


def test_the_page_says_what_language_it_has_not_learned(chromium: Any, tmp_path: Path) -> None:
    texts = {
        "a": Article("a", SENTENCES["en"]),
        "b": Article("b", SENTENCES["fr"] + " Il est à Paris."),
        "c": Article("c", "Paris", language="<b>not a tag</b>"),
    }
    path = tmp_path / "map.html"
    Atlas(geoparse(list(texts.values()))).save(path)
    context = chromium.new_context(offline=True)
    page = context.new_page()
    page.goto(path.as_uri())
    page.wait_for_function("document.documentElement.dataset.ready")
    said = page.locator("#gm-panel-article [data-language]").all_text_contents()
    context.close()
    assert [line.split(". ")[0] for line in said] == [
        "This text is in French",
        "This text is in <b>not a tag</b>",
    ]
    assert all("low confidence" in line for line in said)
