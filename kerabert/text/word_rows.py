"""Texts as words, each of which is one or more pieces."""

from collections.abc import Sequence
from itertools import chain, pairwise
from typing import Any

import numpy as np

from kerabert.text.arguments import members, strings
from kerabert.text.token_rows import Array, TokenRows
from kerabert.text.tokenizer import BertTokenizer


class WordRows:
    """Rows of words, the pieces of each word, and where it stands in its text.

    A row is a list of words, or a text, whose words are those of BERT: what stands between white
    space, with each punctuation character and each Chinese character a word of its own. The text
    of a list of words is the words with a space between. A given word that has no piece, such as a
    control character, becomes an unknown piece.

    Attributes:
        texts: list of str.
        pieces: `TokenRows`, the ids of each row's pieces.
        word_offsets: int64 array (rows + 1,), the number of each row's first word among all.
        piece_offsets: int64 array (words + 1,), where each word's pieces begin in `pieces.ids`.
        spans: int64 array (words, 2), the (start, end) of each word in its text.
        are_texts: bool, whether the rows were texts.

    Example:

    >>> tokenizer = BertTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "##b"])
    >>> rows = WordRows.read([["a", "bb"], ["a a"]], tokenizer)
    >>> rows.texts, rows.pieces.to_lists(), rows.spans.tolist()
    (['a bb', 'a a'], [[5, 6, 7], [5, 5]], [[0, 1], [2, 4], [0, 3]])
    >>> WordRows.read(["a bb"], tokenizer).spans.tolist()
    [[0, 1], [2, 4]]
    """

    def __init__(
        self,
        texts: list[str],
        pieces: TokenRows,
        word_offsets: Array,
        piece_offsets: Array,
        spans: Array,
        are_texts: bool,
    ) -> None:
        self.texts = texts
        self.pieces = pieces
        self.word_offsets = word_offsets
        self.piece_offsets = piece_offsets
        self.spans = spans
        self.are_texts = are_texts

    @classmethod
    def read(cls, rows: Any, tokenizer: BertTokenizer) -> "WordRows":
        """Make rows of a list of texts, or of a list of lists of words.

        Raises:
            ValueError: if it is something else or empty, or a word is empty; with the row.
        """
        found = members(rows, "`x` must be a list of str or a list of lists of words")
        if not found:
            raise ValueError("`x` must hold at least one row. Received: none.")
        if isinstance(found[0], str):
            return cls._of_texts(strings(found, "x"), tokenizer)
        return cls._of_words(
            [strings(words, f"x[{row}]") for row, words in enumerate(found)], tokenizer
        )

    @classmethod
    def _of_words(cls, rows: list[list[str]], tokenizer: BertTokenizer) -> "WordRows":
        words = list(chain.from_iterable(rows))
        if "" in words:
            row = next(row for row, words in enumerate(rows) if "" in words)
            raise ValueError(
                "A word must have at least one character. "
                f"Received: word {rows[row].index('')} of row {row} is empty."
            )
        ids = [found or [tokenizer.unknown_id] for found in tokenizer(words)]
        lengths = np.fromiter(map(len, words), np.int64, len(words))
        word_offsets = _offsets([len(row) for row in rows])
        # Each word ends one space before the next one; each row begins at 0.
        ends = np.cumsum(lengths + 1) - 1
        row_of = np.repeat(np.arange(len(rows)), np.diff(word_offsets))
        ends -= np.concatenate([[0], ends + 1])[word_offsets[:-1]][row_of]
        return cls(
            [" ".join(row) for row in rows],
            *_pieces(ids, word_offsets),
            spans=np.stack([ends - lengths, ends], axis=1),
            are_texts=False,
        )

    @classmethod
    def _of_texts(cls, texts: list[str], tokenizer: BertTokenizer) -> "WordRows":
        ids: list[list[int]] = []
        spans: list[tuple[int, int]] = []
        counts = []
        for text in texts:
            encoded = tokenizer.encode_with_offsets(text)
            before = -1
            counts.append(len(ids))
            for id, (start, end), word in zip(
                encoded.ids, encoded.spans, encoded.word_numbers, strict=True
            ):
                if word != before:
                    ids.append([])
                    spans.append((start, end))
                    before = word
                ids[-1].append(id)
                spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        word_offsets = np.array([*counts, len(ids)], np.int64)
        return cls(
            texts,
            *_pieces(ids, word_offsets),
            spans=np.array(spans, np.int64).reshape(-1, 2),
            are_texts=True,
        )

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def num_words(self) -> Array:
        """int64 array (rows,): the number of words of each row."""
        return np.diff(self.word_offsets)

    @property
    def word_of_piece(self) -> Array:
        """int64 array (pieces,): the number of each piece's word among all."""
        lengths = np.diff(self.piece_offsets)
        return np.repeat(np.arange(len(lengths)), lengths)

    def split(self, values: Any) -> list[Any]:
        """Cut a sequence with an element for each word into rows."""
        offsets = self.word_offsets.tolist()
        return [values[start:end] for start, end in pairwise(offsets)]


def _offsets(lengths: Sequence[int] | Array) -> Array:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])


def _pieces(ids: list[list[int]], word_offsets: Array) -> tuple[TokenRows, Array, Array]:
    flat = np.fromiter(chain.from_iterable(ids), np.int32)
    piece_offsets = _offsets(np.fromiter(map(len, ids), np.int64, len(ids)))
    return TokenRows(flat, piece_offsets[word_offsets]), word_offsets, piece_offsets
