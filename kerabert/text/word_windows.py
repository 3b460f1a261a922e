"""Windows of rows of words that are longer than the model."""

import numpy as np

from kerabert.text.token_rows import Array
from kerabert.text.word_rows import WordRows


class WordWindows:
    """Cuts rows into overlapping windows, and says which window each word is read from.

    A row that fits is a window. Of a longer one, each window begins with a word, `stride` pieces
    or a little more before the end of the window before it. A word is read from the window where
    it has most context: where the lesser of the numbers of pieces before and behind it is
    greatest; the beginning and the end of a row are no lack. Of a word that is longer than a
    window, that is one with its first piece.

    Args:
        rows: `WordRows`.
        room: int, the most pieces of a window.
        stride: int, in 0..room-1, the pieces that two windows have in common.

    Attributes:
        pieces: `TokenRows`, the pieces of each window.
        row: int64 array (windows,), the row of each window.
        begins: int64 array (windows,), where each begins in `rows.pieces.ids`.
        home: int64 array (words,), the window that each word is read from.

    Example:

    >>> from kerabert.text.tokenizer import BertTokenizer
    >>> tokenizer = BertTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a"])
    >>> windows = WordWindows(WordRows.read(["a a a a a", "a"], tokenizer), room=4, stride=2)
    >>> windows.pieces.to_lists(), windows.row.tolist(), windows.home.tolist()
    ([[5, 5, 5, 5], [5, 5, 5], [5]], [0, 0, 1], [0, 0, 0, 1, 1, 2])
    """

    def __init__(self, rows: WordRows, room: int, stride: int) -> None:
        if not 0 <= stride < room:
            raise ValueError(
                f"`stride` must lie in 0..room-1. Received: stride={stride}, room={room}."
            )
        offsets = rows.pieces.offsets
        lengths = rows.pieces.lengths
        row, begins, ends = np.arange(len(rows)), offsets[:-1], offsets[1:]
        too_long = np.flatnonzero(lengths > room)
        if len(too_long):
            found = [(row, begins, np.minimum(ends, begins + room))]
            for number in too_long.tolist():
                cut = np.array(_cut(rows, number, room, stride)[1:])
                found.append((np.full(len(cut), number), cut[:, 0], cut[:, 1]))
            row, begins, ends = (np.concatenate(part) for part in zip(*found, strict=True))
            order = np.lexsort((begins, row))
            row, begins, ends = row[order], begins[order], ends[order]
        self.row, self.begins = row, begins
        self.pieces = rows.pieces.gather(begins, ends - begins)
        self.home = self._find_homes(rows, ends)

    def _find_homes(self, rows: WordRows, ends: Array) -> Array:
        firsts, lasts = rows.piece_offsets[:-1], rows.piece_offsets[1:]
        row_of_word = np.repeat(np.arange(len(rows)), rows.num_words)
        home = np.searchsorted(self.row, row_of_word)
        is_cut = np.bincount(self.row, minlength=len(rows)) > 1
        best = np.full(len(home), -np.inf)
        for window in np.flatnonzero(is_cut[self.row]).tolist():
            row, begin, end = self.row[window], self.begins[window], ends[window]
            words = slice(rows.word_offsets[row], rows.word_offsets[row + 1])
            is_start, is_end = (
                begin == rows.pieces.offsets[row],
                end == rows.pieces.offsets[row + 1],
            )
            before = firsts[words] - begin + (1e9 if is_start else 0)
            behind = end - lasts[words] + (1e9 if is_end else 0)
            context = np.minimum(before, behind)
            # Its first piece must be there, also of a word that is longer than a window.
            is_there = (firsts[words] >= begin) & (firsts[words] < end)
            context = np.where(is_there, context, -np.inf)
            better = context > best[words]
            best[words] = np.where(better, context, best[words])
            home[words] = np.where(better, window, home[words])
        return home

    def __len__(self) -> int:
        return len(self.row)

    @property
    def piece_numbers(self) -> Array:
        """int64 array: for each piece of each window, where it is in `rows.pieces.ids`."""
        return np.repeat(self.begins - self.pieces.offsets[:-1], self.pieces.lengths) + np.arange(
            len(self.pieces.ids)
        )


def _cut(rows: WordRows, row: int, room: int, stride: int) -> list[tuple[int, int]]:
    """Where the windows of a row begin and end in `rows.pieces.ids`."""
    begin, last = (int(place) for place in rows.pieces.offsets[row : row + 2])
    windows = [(begin, min(begin + room, last))]
    while windows[-1][1] < last:
        before, end = windows[-1]
        begin = end - stride
        # Back to where its word begins; on to the next word, where that is no step ahead.
        word = np.searchsorted(rows.piece_offsets, begin, "right") - 1
        start, after = (int(place) for place in rows.piece_offsets[word : word + 2])
        if start > before:
            begin = start
        elif after <= end:
            begin = after
        windows.append((begin, min(begin + room, last)))
    return windows
