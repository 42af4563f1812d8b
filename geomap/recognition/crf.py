"""A linear-chain conditional random field, applied: weights, decoding, marginals.

Scores are sums, so what a word contributes at each offset of the window is kept as one small
vector a word; an article's scores are then gathered and decoded for all its sentences at once.
Training lives in :mod:`geomap.training`; the file holds numbers and feature names only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

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

    def decode(self, scores: Floats, lengths: Sequence[int]) -> tuple[list[int], Floats]:
        """Find the best labels, and each label's probability.

        Parameters
        ----------
        scores
            Shape (tokens, labels): the sentences' scores one after the other.
        lengths
            Number of tokens of each sentence.

        Returns
        -------
        labels : list of int
            The most probable sequence, token by token.
        marginals : numpy.ndarray
            Shape (tokens, labels): posterior probabilities.
        """
        n, width, size = len(lengths), max(lengths, default=0), len(self.labels)
        valid = np.arange(width) < np.asarray(lengths)[:, None]
        grid = np.zeros((n, width, size), np.float32)
        grid[valid] = scores
        trans = self.transitions
        best, back = grid[:, 0].copy(), np.zeros((n, width, size), np.int8)
        forward = np.empty_like(grid)
        forward[:, 0] = grid[:, 0]
        expo = np.exp(trans)
        for t in range(1, width):
            paths = best[:, :, None] + trans
            back[:, t] = paths.argmax(axis=1)
            here = valid[:, t, None]
            best = np.where(here, paths.max(axis=1) + grid[:, t], best)
            top = forward[:, t - 1].max(axis=1, keepdims=True)
            summed = np.log(np.exp(forward[:, t - 1] - top) @ expo) + top
            forward[:, t] = np.where(here, summed + grid[:, t], forward[:, t - 1])
        backward = np.zeros_like(grid)
        for t in range(width - 2, -1, -1):
            after = backward[:, t + 1] + grid[:, t + 1]
            top = after.max(axis=1, keepdims=True)
            summed = np.log(np.exp(after - top) @ expo.T) + top
            backward[:, t] = np.where(valid[:, t + 1, None], summed, 0)
        total = forward + backward
        total -= total.max(axis=2, keepdims=True)
        marginals = np.exp(total)
        marginals /= marginals.sum(axis=2, keepdims=True)
        path = np.zeros((n, width), np.int8)
        label = best.argmax(axis=1)
        for t in range(width - 1, -1, -1):
            path[:, t] = label
            moved = back[np.arange(n), t, label] if t else label
            label = np.where(valid[:, t], moved, label)
        return path[valid].tolist(), marginals[valid]


class Tagger:
    """A model together with what it remembers of words.

    Parameters
    ----------
    model
        The trained model.
    extractor
        Where features come from.
    convention
        Mark of the annotation convention to follow, or an empty string for a model without.
    bias
        Taken from the score of the label ``O``.
    """

    def __init__(
        self,
        model: LinearChain,
        extractor: FeatureExtractor,
        convention: str = "",
        bias: float = 0.0,
    ) -> None:
        self._model = model
        self._extractor = extractor
        self._convention = convention
        self.labels = model.labels
        self._bias = np.array([bias if label == "O" else 0.0 for label in model.labels], np.float32)
        self._words: dict[str, Floats] = {}
        self._position: dict[str, Floats] = {}

    def tag(
        self, lines: Sequence[Sequence[Token]], positions: Sequence[Sequence[Sequence[str]]]
    ) -> tuple[list[str], Floats]:
        """Label the tokens of an article; see :meth:`LinearChain.decode`."""
        lengths = [len(line) for line in lines]
        scores = np.concatenate([self._line(*pair) for pair in zip(lines, positions, strict=True)])
        scores -= self._bias
        path, marginals = self._model.decode(scores, lengths)
        return [self._model.labels[k] for k in path], marginals

    def _line(self, line: Sequence[Token], positions: Sequence[Sequence[str]]) -> Floats:
        vectors = np.stack([self._word(token) for token in line])  # (n, window, labels)
        n = len(line)
        scores = vectors[:, 2].copy()
        for column, offset in enumerate(WINDOW):
            if offset == 0 or abs(offset) >= n:
                continue
            if offset < 0:
                scores[-offset:] += vectors[: n + offset, column]
            else:
                scores[: n - offset] += vectors[offset:, column]
        scores += np.stack([self._features(own) for own in positions])
        return scores

    def _word(self, token: Token) -> Floats:
        known = self._words.get(token.text)
        if known is None:
            if len(self._words) >= _MEMORY:
                self._words.clear()
            inner, outer = self._extractor.word(token.text, token.folded)
            rows = []
            for offset in WINDOW:
                names = window_features(inner, outer, offset)
                if offset == 0 and self._convention:
                    names += conventional(inner, self._convention)
                rows.append(self._model.vector(names))
            known = self._words[token.text] = np.stack(rows)
        return known

    def _features(self, names: Sequence[str]) -> Floats:
        total = np.zeros(len(self._model.labels), np.float32)
        for name in names:
            vector = self._position.get(name)
            if vector is None:
                if len(self._position) >= _MEMORY:
                    self._position.clear()
                both = [name]
                if self._convention:
                    both += conventional([name], self._convention)
                vector = self._position[name] = self._model.vector(both)
            total += vector
        return total


def entity_features(
    path: Sequence[str], lines: Sequence[Sequence[Token]]
) -> Iterator[list[list[str]]]:
    """Turn the first tagger's labels into features of the second's positions."""
    at = 0
    for line in lines:
        own = path[at : at + len(line)]
        at += len(line)
        yield [
            [
                "n0=" + own[i],
                "n-=" + (own[i - 1] if i else "^"),
                "n+=" + (own[i + 1] if i + 1 < len(own) else "$"),
            ]
            for i in range(len(own))
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
