"""A linear-chain conditional random field, applied: weights, decoding, marginals.

Scores are sums, so what a word contributes at each offset of the window is kept as one small
vector a word; an article's scores are then gathered and decoded for all its sentences at once.
Training lives in :mod:`geomap.training`; the file holds numbers and feature names only.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from geomap.errors import GazetteerError
from geomap.names import fold
from geomap.recognition.features import FeatureExtractor
from geomap.recognition.tokens import Token

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

#: Offsets of the window, and whether the word's own (inner) features are used there.
WINDOW = (-2, -1, 0, 1, 2)

#: Vectors kept at most; beyond that a table starts afresh, so that a long run stays small.
_MEMORY = 50_000

#: Features that mean something else under another annotation convention.
_CONVENTIONAL = ("g=", "G=", "rh=", "rc=", "r=", "x3=", "l=", "n0=")


class Piece(NamedTuple):
    """Tokens ``start`` to ``stop`` of sentence ``line``, labelled for themselves.

    ``begins`` and ``ends`` say that the piece begins or ends its sentence; where it does not, the
    token beyond is taken to be no part of a name.
    """

    line: int
    start: int
    stop: int
    begins: bool
    ends: bool


class Pieces(list[Piece]):
    """The pieces of an article, and in which order their tokens are decoded."""

    @cached_property
    def lengths(self) -> Ints:
        """Number of tokens of each piece."""
        return np.array([piece.stop - piece.start for piece in self])

    @cached_property
    def steps(self) -> tuple[Ints, list[int]]:
        """Tokens in the order in which they are decoded, and how many at each step.

        All pieces take their first step together, then their second...: the longest come first, so
        that those which go on are always the first ones. In the second row the same from the last
        token back.
        """
        piece = np.repeat(np.arange(len(self)), self.lengths)
        step = np.arange(len(piece)) - (np.cumsum(self.lengths) - self.lengths)[piece]
        there = np.lexsort((-self.lengths[piece], step))
        back = there + (self.lengths - 1)[piece[there]] - 2 * step[there]
        return np.stack([there, back]), np.bincount(step).tolist()


#: Words so many tokens away from any capital or figure are no part of a name.
_REACH = 2


def whole(lines: Sequence[Sequence[Token]]) -> Pieces:
    """Return the sentences as they are."""
    return Pieces(Piece(number, 0, len(line), True, True) for number, line in enumerate(lines))


def near_capitals(lines: Sequence[Sequence[Token]]) -> Pieces:
    """Return only what lies around words with a capital or a figure: names are nowhere else."""
    pieces = Pieces()
    for number, line in enumerate(lines):
        start = stop = -1
        for at, token in enumerate(line):
            if not token.capital and not token.text[0].isdigit():
                continue
            if stop < 0 or at - _REACH > stop:
                if stop > 0:
                    pieces.append(Piece(number, start, stop, start == 0, stop == len(line)))
                start = max(at - _REACH, 0)
            stop = min(at + _REACH + 1, len(line))
        if stop > 0:
            pieces.append(Piece(number, start, stop, start == 0, stop == len(line)))
    return pieces


def window_features(inner: Sequence[str], outer: Sequence[str], offset: int) -> list[str]:
    """Name a word's features as seen from `offset` tokens away."""
    return [f"{offset}:{feature}" for feature in (inner if offset == 0 else outer)]


def conventional(features: Sequence[str], convention: str) -> list[str]:
    """Return the features that carry the convention's mark, for those it bears upon."""
    return [f"{f}|{convention}" for f in features if f.startswith(_CONVENTIONAL)]


class LinearChain:
    """A trained model.

    Parameters
    ----------
    labels
        The labels, in the order of the columns of the weights.
    features
        Feature names, in the order of the rows of the weights.
    weights
        Shape (features, labels).
    transitions
        Shape (labels, labels): score of going from the row's label to the column's.
    """

    def __init__(
        self, labels: Sequence[str], features: Sequence[str], weights: Floats, transitions: Floats
    ) -> None:
        self.labels = tuple(labels)
        self.features = tuple(features)
        self.weights = weights
        self.transitions = transitions

    @classmethod
    def load(cls, arrays: Any, prefix: str) -> LinearChain:
        """Take a model out of an opened ``.npz`` file."""
        return cls(
            bytes(arrays[prefix + "labels"]).decode().split("\n"),
            bytes(arrays[prefix + "features"]).decode().split("\n"),
            arrays[prefix + "weights"].astype(np.float32),
            arrays[prefix + "transitions"].astype(np.float32),
        )

    def decode(self, scores: Floats, pieces: Pieces) -> tuple[list[str], Floats]:
        """Find each token's most probable label, and every label's probability.

        The forward-backward algorithm, over all pieces and in both directions at once; every
        other step is normalised, which keeps the numbers in range and does not change what comes
        out.

        Parameters
        ----------
        scores
            Shape (tokens, labels): the pieces' scores one after the other; changed in place.
        pieces
            The pieces.

        Returns
        -------
        labels : list of str
            Token by token.
        marginals : numpy.ndarray
            Shape (tokens, labels): posterior probabilities.
        """
        ends = np.cumsum(pieces.lengths)
        outside = self.labels.index("O")
        scores[(ends - pieces.lengths)[[not p.begins for p in pieces]]] += self.transitions[outside]
        scores[(ends - 1)[[not p.ends for p in pieces]]] += self.transitions[:, outside]
        raised = np.exp(scores - scores.max(axis=1, keepdims=True))
        order, sizes = pieces.steps
        own = raised[order]
        moves = np.exp(np.stack([self.transitions, self.transitions.T]))
        arrived = np.ones_like(own)
        at, state = 0, own
        for step, live in enumerate(sizes):
            here = slice(at, at + live)
            if step:
                np.matmul(state[:, :live], moves, out=arrived[:, here])
            state = arrived[:, here] * own[:, here]
            if step % 2:
                state /= np.add.reduce(state, axis=2, keepdims=True)
            at += live
        marginals = raised
        for direction in (0, 1):
            marginals[order[direction]] *= arrived[direction]
        marginals /= marginals.sum(axis=1, keepdims=True)
        return [self.labels[k] for k in marginals.argmax(axis=1).tolist()], marginals


class Scorer:
    """Scores an article's tokens by one or more models at once, remembering words.

    Parameters
    ----------
    extractor
        Where features come from.
    models
        Each a model and the annotation conventions to follow: how far, by their marks.
    """

    def __init__(
        self, extractor: FeatureExtractor, *models: tuple[LinearChain, Mapping[str, float]]
    ) -> None:
        self._extractor = extractor
        self._ends = np.cumsum([len(model.labels) for model, _ in models])
        self._rows, self._weights = _joined(models)
        self._words = _Table(self._of_words)
        self._answers = _Table(self._of_answers)

    def words(self, lines: Sequence[Sequence[Token]], pieces: Sequence[Piece]) -> Floats:
        """Return what the words around each token contribute, shape (tokens, all labels)."""
        margin = [""] * max(WINDOW)  # no word reaches over the end of a sentence
        words = list(margin)
        starts = []
        for line in lines:
            starts.append(len(words))
            words += [token.text for token in line]
            words += margin
        kept = [starts[p.line] + at for p in pieces for at in range(p.start, p.stop)]
        at, rows = np.array(kept), self._words.rows(words)
        vectors = self._words.vectors
        scores: Floats = vectors[rows[at + WINDOW[0]], 0]
        for column, offset in enumerate(WINDOW[1:], 1):
            scores += vectors[rows[at + offset], column]
        return scores

    def positions(self, positions: Iterable[Iterable[Sequence[str]]]) -> Floats:
        """Return what the features of each position contribute, shape (tokens, all labels)."""
        return self._sums([own for line in positions for own in line])

    def answers(self, answers: Sequence[Answer]) -> Floats:
        """Return what the first tagger's answers contribute, shape (tokens, all labels)."""
        rows = self._answers.rows(answers)
        return self._answers.vectors[rows]

    def split(self, scores: Floats) -> list[Floats]:
        """Split the columns of scores among the models."""
        return np.split(scores, self._ends[:-1], axis=1)

    def _of_words(self, words: Sequence[str]) -> Floats:
        """Return what each word contributes, shape (words, offsets, all labels)."""
        bundles: list[list[str]] = []
        for word in words:
            inner, outer = self._extractor.word(word, fold(word)) if word else ([], [])
            bundles += [window_features(inner, outer, offset) for offset in WINDOW]
        return self._sums(bundles).reshape(len(words), len(WINDOW), -1)

    def _of_answers(self, answers: Sequence[Answer]) -> Floats:
        return self._sums([entity_features(answer) for answer in answers])

    def _sums(self, bundles: Sequence[Sequence[str]]) -> Floats:
        """Return what the features of each bundle weigh together, shape (bundles, all labels)."""
        result: Floats = np.zeros((len(bundles), self._ends[-1]), np.float32)
        rows: list[int] = []
        filled, starts = [], []
        row_of = self._rows.get
        for number, names in enumerate(bundles):
            if names:
                start = len(rows)
                rows.extend(filter(None, map(row_of, names)))
                if len(rows) > start:
                    filled.append(number)
                    starts.append(start)
        if rows:
            result[filled] = np.add.reduceat(self._weights[rows], starts, axis=0)
        return result


def _joined(
    models: Sequence[tuple[LinearChain, Mapping[str, float]]],
) -> tuple[dict[str, int], Floats]:
    """Put models side by side: the row of each feature, and weights of shape (rows, all labels).

    What a feature weighs under the conventions to follow is added to what it weighs anyway.
    """
    rows: dict[str, int] = {}
    parts = []
    for model, conventions in models:
        plain: list[int] = []
        marked: list[tuple[int, int, float]] = []
        for number, feature in enumerate(model.features):
            plain.append(rows.setdefault(feature, len(rows)))
            bare, _, mark = feature.rpartition("|")  # of a position, or of the word there
            if share := conventions.get(mark, 0.0):
                names = (bare, window_features([bare], [], 0)[0])
                marked += [(number, rows.setdefault(name, len(rows)), share) for name in names]
        parts.append((model, plain, marked))
    weights = np.zeros((len(rows), sum(len(model.labels) for model, _ in models)), np.float32)
    column = 0
    for model, plain, marked in parts:
        own = weights[:, column : column + len(model.labels)]
        own[plain] = model.weights
        for number, target, share in marked:
            own[target] += share * model.weights[number]
        column += len(model.labels)
    return rows, weights


Key = TypeVar("Key", bound=Hashable)


class _Table(Generic[Key]):
    """Vectors by key, made when first asked for, in one array that many are gathered from."""

    def __init__(self, make: Callable[[list[Key]], Floats]) -> None:
        self._make = make
        self._rows: dict[Key, int] = {}
        self.vectors: Floats = np.zeros(0, np.float32)

    def rows(self, keys: Sequence[Key]) -> NDArray[np.int64]:
        """Return the row of each key in `vectors`."""
        rows = [*map(self._rows.get, keys)]
        if None not in rows:
            return np.array(rows)
        fresh = [key for key in dict.fromkeys(keys) if key not in self._rows]
        if len(self._rows) + len(fresh) > _MEMORY:  # start afresh, so that a long run stays small
            self._rows.clear()
            fresh = list(dict.fromkeys(keys))
        first, end = len(self._rows), len(self._rows) + len(fresh)
        made = self._make(fresh)
        if end > len(self.vectors):
            room = np.zeros((2 * end - len(self.vectors), *made.shape[1:]), np.float32)
            self.vectors = np.concatenate([self.vectors.reshape(-1, *made.shape[1:]), room])
        self.vectors[first:end] = made
        self._rows.update(zip(fresh, range(first, end), strict=True))
        return np.array([self._rows[key] for key in keys])


#: What the first tagger says of the tokens before, here and after; whether it is sure of here; and
#: in quarters how probable a place is there.
Answer = tuple[str, str, str, bool, int]


def entity_answers(
    path: Sequence[str], marginals: Floats, columns: Sequence[str], pieces: Pieces
) -> list[Answer]:
    """Gather what the first tagger says of each token of the pieces."""
    sure = (marginals.max(axis=1) > 0.9).tolist()
    place = [k for k, label in enumerate(columns) if label.endswith("PLACE")]
    likely = (marginals[:, place].sum(axis=1) * 4).round().astype(int).tolist()
    before, after = ["O", *path], [*path[1:], "O"]
    at = 0
    for piece in pieces:
        before[at] = "^" if piece.begins else "O"
        at += piece.stop - piece.start
        after[at - 1] = "$" if piece.ends else "O"
    return list(zip(before[:-1], path, after, sure, likely, strict=True))


def entity_features(answer: Answer) -> list[str]:
    """Turn an answer of the first tagger into features of the second."""
    before, here, after, sure, likely = answer
    return [
        f"n0={here}",
        f"n0={here}/{sure:d}",
        f"n0~{likely}",
        f"n-={before}",
        f"n+={after}",
        f"n-+={before}/{here}/{after}",
    ]


def open_models(path: Path) -> Any:
    """Open a model file.

    Raises
    ------
    GazetteerError
        Where it is missing or damaged.
    """
    try:
        return np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise GazetteerError(
            f"{path}: the model cannot be opened ({error}); install geomap again"
        ) from error
