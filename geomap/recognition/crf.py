"""A linear-chain conditional random field, applied: weights, decoding, marginals.

Scores are sums, so what a word contributes at each offset of the window is kept as one small
vector a word; an article's scores are then gathered and decoded for all its sentences at once.
Training lives in :mod:`geomap.training`; the file holds numbers and feature names only.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from geomap.errors import GazetteerError
from geomap.recognition.features import FeatureExtractor
from geomap.recognition.tokens import Token

Floats = NDArray[np.float32]

#: Offsets of the window, and whether the word's own (inner) features are used there.
WINDOW = (-2, -1, 0, 1, 2)

#: Vectors kept at most; beyond that a tagger starts afresh, so that a long run stays small.
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


#: Words so many tokens away from any capital or figure are no part of a name.
_REACH = 2


def whole(lines: Sequence[Sequence[Token]]) -> list[Piece]:
    """Return the sentences as they are."""
    return [Piece(number, 0, len(line), True, True) for number, line in enumerate(lines)]


def near_capitals(lines: Sequence[Sequence[Token]]) -> list[Piece]:
    """Return only what lies around words with a capital or a figure: names are nowhere else."""
    pieces = []
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
        self._rows = {feature: row for row, feature in enumerate(features)}

    @classmethod
    def load(cls, arrays: Any, prefix: str) -> LinearChain:
        """Take a model out of an opened ``.npz`` file."""
        return cls(
            bytes(arrays[prefix + "labels"]).decode().split("\n"),
            bytes(arrays[prefix + "features"]).decode().split("\n"),
            arrays[prefix + "weights"].astype(np.float32),
            arrays[prefix + "transitions"].astype(np.float32),
        )

    def vector(self, features: Sequence[str]) -> Floats:
        """Return the summed weights of some features."""
        rows = [row for f in features if (row := self._rows.get(f)) is not None]
        total: Floats = self.weights[rows].sum(axis=0)
        return total

    def decode(self, scores: Floats, pieces: Sequence[Piece]) -> tuple[list[str], Floats]:
        """Find each token's most probable label, and every label's probability.

        The forward-backward algorithm, over all pieces at once; each step is normalised, which
        keeps the numbers in range and does not change what comes out.

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
        lengths = np.array([piece.stop - piece.start for piece in pieces])
        ends = np.cumsum(lengths)
        outside = self.labels.index("O")
        scores[(ends - lengths)[[not p.begins for p in pieces]]] += self.transitions[outside]
        scores[(ends - 1)[[not p.ends for p in pieces]]] += self.transitions[:, outside]
        order = np.argsort(-lengths, kind="stable")  # so that the live ones come first
        sizes = lengths[order]
        width = int(sizes[0])
        live = [int((sizes > t).sum()) for t in range(width)]
        first = (ends - lengths)[order]
        raised = np.exp(scores - scores.max(axis=1, keepdims=True))
        moves = np.exp(self.transitions)
        forward = np.empty_like(raised)
        state = raised[first]
        for t in range(width):
            rows = first[: live[t]] + t
            if t:
                state = (state[: live[t]] @ moves) * raised[rows]
            state /= state.sum(axis=1, keepdims=True)
            forward[rows] = state
        marginals = forward
        state = np.ones((0, len(self.labels)), np.float32)
        for t in range(width - 1, -1, -1):
            rows = first[: live[t]] + t
            ending = np.ones((live[t] - len(state), len(self.labels)), np.float32)
            state = np.concatenate([state, ending])
            marginals[rows] *= state
            state = (state * raised[rows]) @ moves.T
            state /= state.sum(axis=1, keepdims=True)
        marginals /= marginals.sum(axis=1, keepdims=True)
        return [self.labels[k] for k in marginals.argmax(axis=1)], marginals


class Scorer:
    """Scores an article's tokens by one or more models at once, remembering words and features.

    Parameters
    ----------
    extractor
        Where features come from.
    models
        Each a model and the mark of the annotation convention to follow, or an empty string.
    """

    def __init__(self, extractor: FeatureExtractor, *models: tuple[LinearChain, str]) -> None:
        self._extractor = extractor
        self._models = models
        self._words = _Table(self._word)
        self._features = _Table(self._feature)
        self._bundles = _Table(self._bundle)
        marks = [(model, "|" + convention) for model, convention in models]
        self._known = {f.removesuffix(mark) for model, mark in marks for f in model.features}

    def words(self, lines: Sequence[Sequence[Token]], pieces: Sequence[Piece]) -> Floats:
        """Return what the words around each token contribute, shape (tokens, all labels)."""
        self._words.forget()
        margin = max(WINDOW)
        rows = [0] * margin  # row 0 is nothing: no word reaches over the end of a sentence
        starts = []
        for line in lines:
            starts.append(len(rows))
            rows += self._words.rows((token.text, token.folded) for token in line)
            rows += [0] * margin
        kept = [starts[p.line] + at for p in pieces for at in range(p.start, p.stop)]
        at, index = np.array(kept), np.array(rows)
        vectors = self._words.vectors
        scores: Floats = np.zeros((len(kept), vectors.shape[-1]), np.float32)
        for column, offset in enumerate(WINDOW):
            scores += vectors[index[at + offset], column]
        return scores

    def positions(self, positions: Iterable[Iterable[Sequence[str]]]) -> Floats:
        """Return what the features of each position contribute, shape (tokens, all labels)."""
        self._features.forget()
        rows: list[int] = []
        starts = []
        for line in positions:
            for own in line:
                starts.append(len(rows))
                rows.append(0)  # so that no token's slice is empty
                if own:
                    rows += self._features.rows([name for name in own if name in self._known])
        vectors = self._features.vectors[np.array(rows)]
        result: Floats = np.add.reduceat(vectors, np.array(starts), axis=0)
        return result

    def bundles(self, bundles: Iterable[Iterable[tuple[str, ...]]]) -> Floats:
        """Return what whole bundles of features contribute, for few bundles that repeat much."""
        rows = self._bundles.rows(own for line in bundles for own in line)
        result: Floats = self._bundles.vectors[np.array(rows)]
        return result

    def split(self, scores: Floats) -> list[Floats]:
        """Split the columns of scores among the models."""
        ends = np.cumsum([len(model.labels) for model, _ in self._models])
        return np.split(scores, ends[:-1], axis=1)

    def _word(self, word: tuple[str, str]) -> Floats:
        inner, outer = self._extractor.word(*word)
        rows = []
        for offset in WINDOW:
            names = window_features(inner, outer, offset)
            rows.append(self._vector(names, inner if offset == 0 else ()))
        return np.stack(rows)

    def _feature(self, name: str) -> Floats:
        return self._vector([name], [name])

    def _bundle(self, names: tuple[str, ...]) -> Floats:
        return self._vector(names, names)

    def _vector(self, names: Sequence[str], marked: Sequence[str]) -> Floats:
        return np.concatenate(
            [
                model.vector([*names, *conventional(marked, convention)] if convention else names)
                for model, convention in self._models
            ]
        )


Key = TypeVar("Key", bound=Hashable)


class _Table(Generic[Key]):
    """Vectors by key, made when first asked for, in one array that many are gathered from."""

    def __init__(self, make: Callable[[Key], Floats]) -> None:
        self._make = make
        self._rows: dict[Key, int] = {}
        self.vectors: Floats = np.zeros((1, 1), np.float32)

    def rows(self, keys: Iterable[Key]) -> list[int]:
        known = self._rows
        return [row if (row := known.get(key)) is not None else self._add(key) for key in keys]

    def _add(self, key: Key) -> int:
        vector = self._make(key)
        row = len(self._rows) + 1
        if row == 1:
            self.vectors = np.zeros((1024, *vector.shape), np.float32)
        elif row == len(self.vectors):
            self.vectors = np.concatenate([self.vectors, np.zeros_like(self.vectors)])
        self.vectors[row] = vector
        self._rows[key] = row
        return row

    def forget(self) -> None:
        """Start afresh where it has grown too large, so that a long run stays small."""
        if len(self._rows) > _MEMORY:
            self._rows.clear()


def entity_features(
    path: Sequence[str], marginals: Floats, columns: Sequence[str], pieces: Sequence[Piece]
) -> Iterator[list[tuple[str, ...]]]:
    """Turn the first tagger's answers into features of the second's positions."""
    sure = (marginals.max(axis=1) > 0.9).tolist()
    place = [k for k, label in enumerate(columns) if label.endswith("PLACE")]
    likely = (marginals[:, place].sum(axis=1) * 4).round().astype(int).tolist()
    at = 0
    for piece in pieces:
        end = at + piece.stop - piece.start
        own = path[at:end]
        before = ["^" if piece.begins else "O", *own]
        after = [*own[1:], "$" if piece.ends else "O"]
        seen = zip(before, own, after, sure[at:end], likely[at:end], strict=False)
        yield [_entity_bundle(*answer) for answer in seen]
        at = end


@cache
def _entity_bundle(before: str, here: str, after: str, sure: bool, likely: int) -> tuple[str, ...]:
    return (
        f"n0={here}",
        f"n0={here}/{sure:d}",
        f"n0~{likely}",
        f"n-={before}",
        f"n+={after}",
        f"n-+={before}/{here}/{after}",
    )


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
