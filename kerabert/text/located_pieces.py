"""Texts as pieces that know their characters, each text once however often it is given."""

from collections.abc import Sequence

import numpy as np

from kerabert.text.token_rows import Array, TokenRows
from kerabert.text.tokenizer import BertTokenizer


class LocatedPieces:
    """The pieces of texts, and the characters that each of them covers.

    A text that is given several times, as the context of many questions, is tokenised once.

    Args:
        texts: a list of str.
        tokenizer: `BertTokenizer`.

    Attributes:
        texts: list of str, each different text, in the order in which they come.
        number: int64 array (texts given,), where in `texts` each given one stands.
        pieces: `TokenRows`, the pieces of each different text.
        spans: int64 array (pieces, 2), the (start, end) of each piece in its text, ascending.
            Pieces that share a character, as those of a Hangul syllable can, all have the span of
            the whole: no span from one piece to another cuts a third one.

    Example:

    >>> tokenizer = BertTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##b"])
    >>> located = LocatedPieces(["ab a", "a", "ab a"], tokenizer)
    >>> located.number.tolist(), located.pieces.to_lists(), located.spans.tolist()
    ([0, 1, 0], [[5, 6, 5], [5]], [[0, 1], [1, 2], [3, 4], [0, 1]])
    """

    def __init__(self, texts: Sequence[str], tokenizer: BertTokenizer) -> None:
        number: dict[str, int] = {}
        self.number = np.fromiter(
            (number.setdefault(text, len(number)) for text in texts), np.int64, len(texts)
        )
        self.texts = list(number)
        ids, spans = [], []
        for text in self.texts:
            encoded = tokenizer.encode_with_offsets(text)
            ids.append(encoded.ids)
            spans.append(_merge(np.array(encoded.spans, np.int64).reshape(-1, 2)))
        self.pieces = TokenRows.from_lists(ids, "texts")
        self.spans = np.concatenate(spans)

    def spans_of(self, number: int) -> Array:
        """The spans of the pieces of the text with this number, int64 (pieces, 2)."""
        offsets = self.pieces.offsets
        return self.spans[offsets[number] : offsets[number + 1]]


def _merge(spans: Array) -> Array:
    """Give pieces that share characters one span: the smallest that covers all of them."""
    if len(spans) < 2:
        return spans
    ends = np.maximum.accumulate(spans[:, 1])
    starts = np.minimum.accumulate(spans[::-1, 0])[::-1]
    apart = np.concatenate([[True], ends[:-1] <= starts[1:]])
    if apart.all():
        return spans
    group = np.cumsum(apart) - 1
    firsts = np.flatnonzero(apart)
    lasts = np.concatenate([firsts[1:], [len(spans)]]) - 1
    return np.stack([starts[firsts][group], ends[lasts][group]], axis=1)
