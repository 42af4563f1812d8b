"""Articles to toponyms: which words name places, and in what role."""

from geomap.recognition.choice import OwnRecognizer, choose
from geomap.recognition.language import detect, is_english
from geomap.recognition.matching import MatchingRecognizer
from geomap.recognition.recognizer import GivenRecognizer, LearnedRecognizer

__all__ = [
    "GivenRecognizer",
    "LearnedRecognizer",
    "MatchingRecognizer",
    "OwnRecognizer",
    "choose",
    "detect",
    "is_english",
]
