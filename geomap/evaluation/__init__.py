"""How good geomap, or any other geoparser, is on annotated news.

Gold and predictions are JSON Lines, one document a line, with ``id`` and ``toponyms``; each
toponym has ``start``, ``end`` (characters, end exclusive), ``lat`` and ``lon`` (both null or
absent: not located). Gold lines also have ``text``. ``geomap parse -o out.jsonl`` writes such
predictions.

How things count
    *Matching* is one to one: strict, the same span; lenient, strict pairs first and then the
    spans that overlap, the widest overlap first.
    *Recognition* is precision, recall and F1 over all gold toponyms.
    *Resolution* is over the located gold toponyms that were found (strictly). One without
    coordinates counts as the greatest error there is, half the Earth's circumference. The AUC is
    the area under the sorted ln(error + 1) over ln(20039): 0 is perfect, 1 the worst.
    *End to end* asks of all located gold toponyms which were found and placed within 161 km
    (100 miles), and of all predictions which are such a find; predictions that match a gold
    toponym without coordinates cannot be judged and are set aside.
    *Placement* asks how far the placed ones can be trusted: the share within 161 km, how far
    the stated confidences are from that (expected calibration error), and for thresholds of
    confidence which share is placed and which share of this is right.
    *Coverage* asks of all located gold toponyms whether one of the 50 most prominent places that
    bear the name, as it stands in the text, lies within 161 km. The *population baseline* places
    geomap's spans at the most populous of these.

Measures and thresholds follow M. Gritta, M. T. Pilehvar and N. Collier, "A pragmatic guide to
geoparsing evaluation", Language Resources and Evaluation 54 (2020). Shares are per cent.
"""

from geomap.evaluation.corpus import Evaluation, evaluate
from geomap.evaluation.coverage import Coverage, Missed, coverage
from geomap.evaluation.documents import Document, Documents, read_documents
from geomap.evaluation.scores import GREATEST_ERROR_KM, Scores, distance_km, match, score

__all__ = [
    "GREATEST_ERROR_KM",
    "Coverage",
    "Document",
    "Documents",
    "Evaluation",
    "Missed",
    "Scores",
    "coverage",
    "distance_km",
    "evaluate",
    "match",
    "read_documents",
    "score",
]
