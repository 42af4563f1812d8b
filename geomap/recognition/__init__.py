"""Articles to toponyms: which words name places, and in what role."""

from geomap.recognition.recognizer import GivenRecognizer, LearnedRecognizer

__all__ = ["GivenRecognizer", "LearnedRecognizer"]
