"""In which language a text is, and what is found where it is not English."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geomap.geoparser import geoparse
from geomap.recognition.language import detect, is_english
from geomap.records import Article

SENTENCES = {
    "en": "The mayor of the town said on Tuesday that the bridge was damaged by the flood.",
    "fr": "Le maire de la ville a déclaré mardi que le pont est fermé pour les habitants.",
    "es": "El alcalde de la ciudad dijo el martes que el puente fue cerrado por la crecida.",
    "pt": "O prefeito da cidade disse na terça-feira que a ponte não foi aberta por causa da cheia.",
    "it": "Il sindaco della città ha detto martedì che il ponte non è aperto per la piena del fiume.",
    "de": "Der Bürgermeister der Stadt sagte am Dienstag, dass die Brücke nicht mit dem Hochwasser gerechnet hat.",
    "nl": "De burgemeester van de stad zei dinsdag dat de brug niet open is voor het verkeer.",
    "sv": "Borgmästaren sade på tisdagen att bron inte är öppen för trafik och det är inte bra.",
    "da": "Borgmesteren sagde tirsdag, at broen ikke er åben for trafik efter den store storm.",
    "fi": "Pormestari sanoi tiistaina, että silta ei ole auki, mutta se on kunnossa ja tie myös.",
    "pl": "Burmistrz miasta powiedział we wtorek, że most nie jest otwarty dla ruchu po powodzi.",
    "cs": "Starosta města v úterý řekl, že most není otevřen pro dopravu, ale silnice je po dešti na řadě.",
    "hu": "A polgármester kedden azt mondta, hogy a híd nem nyitott, de az út már jó és szabad.",
    "ro": "Primarul orașului a spus că podul nu este deschis pentru trafic din cauza apei și a ploii.",
    "hr": "Gradonačelnik je rekao u utorak da se most ne otvara za promet i da su ceste na suhom.",
    "tr": "Belediye başkanı salı günü köprü için bir karar olarak çok önemli ve daha iyi bir yol var dedi.",
    "id": "Wali kota itu mengatakan pada hari Selasa bahwa jembatan tidak akan dibuka untuk umum dan mobil.",
    "vi": "Thị trưởng của thành phố đã nói rằng cây cầu không được mở cho người dân trong những ngày này.",
    "sw": "Meya wa mji alisema kuwa daraja la mto huo na barabara ya mashariki ni salama kwa watu.",
    "so": "Duqa magaalada ayaa sheegay in buundada ay xiran tahay oo waxa ka dhacay daad ku yimid.",
    "ru": "Мэр города заявил во вторник, что мост не открыт для движения из-за паводка на реке.",
    "uk": "Мер міста заявив у вівторок, що міст не відкрито для руху через повінь на річці та дощ.",
    "bg": "Кметът на града каза във вторник, че мостът не е отворен за движение и ще се чака.",
    "sr": "Градоначелник је рекао у уторак да се мост не отвара за саобраћај и да су путеви суви.",
    "ar": "قال رئيس البلدية إن الجسر في المدينة مغلق منذ يوم أمس بعد الفيضان الذي ضرب على النهر من الشمال",
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
