"""The likeliest tags that follow the rules of their scheme."""

from typing import Any

import numpy as np

from kerabert.text.tags import find_scheme, may_follow


def allowed_pairs(classes: list[str], scheme: str) -> np.ndarray:
    """Return which class may follow which, bool (classes + 1, classes + 1).

    The last row and the last column are for the ends of a row of words.
    """
    names = (*classes, None)
    return np.array([[may_follow(one, other, scheme) for other in names] for one in names])


class TagDecoder:
    """Finds the likeliest sequence of classes among those that the scheme allows.

    With the log-probabilities `s[t, c]` of class c for word t it is the sequence `c_1 ... c_n`
    with the greatest `sum s[t, c_t]` in which each class may follow the one before it (Viterbi's
    algorithm). Classes of no scheme may follow each other in any order.

    Args:
        classes: list of str, the classes' names; or None.

    Inputs:
        scores: float (words, classes), logits or log-probabilities of the words of one row.

    Outputs:
        int64 (words,), the number of the class of each word.

    Example:

    >>> decode = TagDecoder(["O", "B-a", "I-a"])
    >>> decode(np.log([[0.5, 0.1, 0.4], [0.1, 0.1, 0.8]])).tolist()  # I-a must not follow O
    [1, 2]

    Source: Viterbi, 1967. The classes have no learned transitions, as a conditional random field
    would have: only those that are forbidden count.
    """

    def __init__(self, classes: list[str] | None) -> None:
        self.scheme = find_scheme(classes)
        if self.scheme is not None and classes is not None:
            self._is_allowed = allowed_pairs(classes, self.scheme)
            self._penalty = np.where(self._is_allowed, 0.0, -np.inf)

    def __call__(self, scores: Any) -> np.ndarray:
        scores = np.asarray(scores, "float64")
        greedy = scores.argmax(axis=1)
        if self.scheme is None or not len(scores):
            return greedy
        path = np.concatenate([[-1], greedy, [-1]])  # -1: the ends of the row
        if self._is_allowed[path[:-1], path[1:]].all():
            return greedy  # nothing can be likelier
        scores = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
        within = self._penalty[:-1, :-1]
        total = scores[0] + self._penalty[-1, :-1]
        back = np.empty(scores.shape, np.int64)
        classes = np.arange(scores.shape[1])
        for word in range(1, len(scores)):
            candidates = total[:, None] + within
            back[word] = candidates.argmax(axis=0)
            total = candidates[back[word], classes] + scores[word]
        best = int((total + self._penalty[:-1, -1]).argmax())
        path = np.empty(len(scores), np.int64)
        for word in range(len(scores) - 1, -1, -1):
            path[word] = best
            best = back[word, best] if word else best
        return path
