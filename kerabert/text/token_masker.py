"""Which tokens are hidden from the model, and behind what."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from kerabert.text.token_rows import Array, check_integer
from kerabert.text.word_piece import CONTINUATION

if TYPE_CHECKING:
    from kerabert.text.tokenizer import BertTokenizer

# What the uniform numbers of a token decide.
_DRAWS = _ROUNDING, _ORDER, _FATE, _OTHER, _SPAN, _LAST = range(6)


class TokenMasker:
    """Hides tokens of packed rows for masked-LM training.

    Of a row's `n` tokens that are not special, `mask_rate * n` are chosen on average: the whole
    part of it always, one more with the probability that is left, and at least one. Of the chosen
    ones a share becomes [MASK], a share another token drawn evenly from all that are not special,
    and the rest stays as it is.

    What is chosen is a function of `(seed, epoch, index)` of each row alone, drawn by numpy's
    Philox generator, so masks are the same on every backend, in batches of any make-up, with any
    number of workers, and after a restart; and they differ from epoch to epoch.

    Args:
        mask_id: int, the id of [MASK].
        special_ids: ids that are never hidden and never drawn: [PAD], [CLS], [SEP] and so on.
        vocabulary_size: int, number of token ids.
        is_continuation: bool array (vocabulary_size,), True for pieces that go on with a word
            ("##ly"); needed with `whole_words` or `max_ngram`. Default None.
        mask_rate: float in (0, 1), the share of tokens that are chosen. Default 0.15.
        mask_token_rate: float, the share of the chosen ones that becomes [MASK]. Default 0.8.
        random_token_rate: float, the share that becomes another token. Default 0.1.
        whole_words: bool, choose all pieces of a word or none. Default False.
        max_ngram: int, choose spans of up to so many words, a span of `k` words with a
            probability proportional to `1 / k`; above 1 it implies `whole_words`. Default 1.
        seed: int, 0 or more. Default 0.

    Inputs:
        x: the dict of `SequencePacker`, arrays (batch, length).
        indices: int array (batch,), the number of each row in the data; it decides the draw.
        epoch: int, 0 or more. Default 0.

    Outputs:
        The dict with `token_ids` in which tokens are hidden, the rest as it was, and

        - `mask_positions`, int32 (batch, masks): where the chosen tokens are, in order, then 0.
        - `mask_ids`, int32 (batch, masks): what they were, then 0.
        - `mask_weights`, float32 (batch, masks): 1.0 for a chosen token, 0.0 for the filling.

        `masks` depends on `length` alone.

    Raises:
        ValueError: if an argument is out of range, a row has no token that may be hidden, or the
            number of indices differs from that of rows.

    Example:

    >>> masker = TokenMasker(mask_id=4, special_ids=[0, 1, 2, 3, 4], vocabulary_size=50)
    >>> x = {
    ...     "token_ids": np.array([[2, 11, 12, 13, 14, 15, 16, 3]]),
    ...     "segment_ids": np.zeros((1, 8), "int32"),
    ...     "padding_mask": np.ones((1, 8), bool),
    ... }
    >>> masked = masker(x, indices=[0])
    >>> int(masked["mask_weights"].sum())
    1
    >>> place = masked["mask_positions"][0, 0]
    >>> bool(masked["mask_ids"][0, 0] == x["token_ids"][0, place])
    True

    Source: Devlin et al., 2019, section 3.1, "Task #1" and appendix A.1; whole words:
    google-research/bert, 2019; n-grams: Lan et al., 2020, section 3.1. The papers round the number
    of tokens; here it is rounded by chance, so that the share is exact for rows of any length.
    """

    def __init__(
        self,
        mask_id: int,
        special_ids: Sequence[int],
        vocabulary_size: int,
        is_continuation: Any = None,
        mask_rate: float = 0.15,
        mask_token_rate: float = 0.8,
        random_token_rate: float = 0.1,
        whole_words: bool = False,
        max_ngram: int = 1,
        seed: int = 0,
    ) -> None:
        check_integer("vocabulary_size", vocabulary_size, 1)
        check_integer("max_ngram", max_ngram, 1)
        check_integer("seed", seed, 0)
        special = np.unique(np.asarray(special_ids, "int64"))
        if not len(special) or special[0] < 0 or special[-1] >= vocabulary_size:
            raise ValueError(
                f"`special_ids` must lie in 0..{vocabulary_size - 1}. Received: {special_ids}"
            )
        if not 0 <= mask_id < vocabulary_size:
            raise ValueError(f"`mask_id` must lie in 0..{vocabulary_size - 1}. Received: {mask_id}")
        if not 0 < mask_rate < 1:
            raise ValueError(f"`mask_rate` must lie in (0, 1). Received: mask_rate={mask_rate}")
        shares = (mask_token_rate, random_token_rate)
        if min(shares) < 0 or sum(shares) > 1 + 1e-9:
            raise ValueError(
                "`mask_token_rate` and `random_token_rate` must be at least 0, and 1 together at "
                f"most. Received: mask_token_rate={shares[0]}, random_token_rate={shares[1]}"
            )
        self.by_word = whole_words or max_ngram > 1
        if is_continuation is not None:
            is_continuation = np.asarray(is_continuation, bool)
        if self.by_word and (is_continuation is None or len(is_continuation) != vocabulary_size):
            raise ValueError(
                "`is_continuation` must say of each of the `vocabulary_size` tokens whether it "
                "goes on with a word, to choose whole words. Received: "
                f"{None if is_continuation is None else is_continuation.shape}"
            )
        self.mask_id = mask_id
        self.special_ids = special
        self.vocabulary_size = vocabulary_size
        self.is_continuation = is_continuation
        self.mask_rate = mask_rate
        self.mask_token_rate = mask_token_rate
        self.random_token_rate = random_token_rate
        self.max_ngram = max_ngram
        self.seed = seed
        self._may_be_hidden = np.ones(vocabulary_size, bool)
        self._may_be_hidden[special] = False
        self._drawn = np.flatnonzero(self._may_be_hidden).astype("int32")
        if not len(self._drawn):
            raise ValueError("A token must exist that is not special. Received: none.")
        spans = 1 / np.arange(1, max_ngram + 1)
        self._span_bounds = np.cumsum(spans / spans.sum())

    @classmethod
    def from_tokenizer(cls, tokenizer: "BertTokenizer", **kwargs: Any) -> Self:
        """Make a masker for a tokenizer's ids.

        Args:
            tokenizer: `BertTokenizer`.
            **kwargs: the other arguments.
        """
        ids = {piece: id for id, piece in enumerate(tokenizer.vocabulary)}
        return cls(
            mask_id=tokenizer.mask_id,
            special_ids=[ids[token] for token in tokenizer.special_tokens],
            vocabulary_size=tokenizer.vocabulary_size,
            is_continuation=[piece.startswith(CONTINUATION) for piece in tokenizer.vocabulary],
            **kwargs,
        )

    def num_masks(self, length: int, num_examples: int = 1) -> int:
        """How many masks wide the arrays are: enough, a multiple of 8.

        Args:
            length: int, the tokens of a row.
            num_examples: int, the most examples of a row, where an `ExamplePacker` puts several
                into one; each has two special tokens or more. Default 1.
        """
        # Each example may get one more than its share; the last word chosen may go over it.
        slack = num_examples + (7 if self.by_word else 0)
        tokens = length - (2 * num_examples if num_examples > 1 else 0)
        return min(-(-int(self.mask_rate * tokens + slack) // 8) * 8, length)

    def __call__(self, x: dict[str, Array], indices: Any, epoch: int = 0) -> dict[str, Array]:
        token_ids = np.array(x["token_ids"], "int32")  # a copy
        batch, length = token_ids.shape
        indices = np.asarray(indices)
        check_integer("epoch", epoch, 0)
        if indices.shape != (batch,):
            raise ValueError(
                f"`indices` must have one number a row, {batch}. Received: shape {indices.shape}."
            )
        candidates = self._may_be_hidden[token_ids] & np.asarray(x["padding_mask"], bool)
        counts = candidates.sum(axis=1)
        if not counts.all():
            raise ValueError(
                "Each row must have a token that is not special. "
                f"Received: row {np.argmin(counts)} without one."
            )
        draws = np.stack([self._draw(int(index), epoch, length) for index in indices])
        share = self.mask_rate * counts
        wanted = np.maximum(np.floor(share + draws[:, _ROUNDING, 0]), 1).astype(int)
        num_masks = self.num_masks(length)
        wanted = np.minimum(wanted, num_masks)

        chosen = np.zeros((batch, length), bool)
        if self.by_word:
            for row in range(batch):
                places = self._choose_words(
                    token_ids[row], candidates[row], wanted[row], draws[row], num_masks
                )
                chosen[row, places] = True
        else:
            order = np.argsort(np.where(candidates, draws[:, _ORDER], 2.0), axis=1)
            rank = np.arange(length)[None, :] < wanted[:, None]
            np.put_along_axis(chosen, order, rank, axis=1)

        positions = np.zeros((batch, num_masks), "int32")
        rows, columns = np.nonzero(chosen)
        order_in_row = _number_within(rows)
        positions[rows, order_in_row] = columns
        mask_ids = np.zeros((batch, num_masks), "int32")
        mask_ids[rows, order_in_row] = token_ids[rows, columns]
        weights = np.zeros((batch, num_masks), "float32")
        weights[rows, order_in_row] = 1.0

        fate, other = draws[rows, _FATE, columns], draws[rows, _OTHER, columns]
        drawn = self._drawn[(other * len(self._drawn)).astype(int)]
        hidden = np.where(fate < self.mask_token_rate, self.mask_id, token_ids[rows, columns])
        is_random = (fate >= self.mask_token_rate) & (
            fate < self.mask_token_rate + self.random_token_rate
        )
        token_ids[rows, columns] = np.where(is_random, drawn, hidden)
        return {
            **x,
            "token_ids": token_ids,
            "mask_positions": positions,
            "mask_ids": mask_ids,
            "mask_weights": weights,
        }

    def _draw(self, index: int, epoch: int, length: int) -> Array:
        """Uniform numbers of one row; those of a place do not depend on the length of the batch."""
        key = np.array([self.seed, index], "uint64")
        generator = np.random.Philox(key=key, counter=[0, 0, 0, epoch])
        return np.random.Generator(generator).random((length, len(_DRAWS))).T

    def _choose_words(
        self, token_ids: Array, candidates: Array, wanted: int, draws: Array, num_masks: int
    ) -> list[int]:
        """The places of words, or spans of them, chosen in random order until there are enough.

        A word that goes over the wanted number is taken with the probability that makes the
        number right on average.
        """
        is_start = candidates & ~(self.is_continuation[token_ids] & np.roll(candidates, 1))
        is_start[0] = candidates[0]
        starts = np.flatnonzero(is_start)
        places = np.flatnonzero(candidates)
        firsts = np.flatnonzero(is_start[places]).tolist()
        pieces_in_order = places.tolist()
        words = [pieces_in_order[i:j] for i, j in pairwise([*firsts, len(places)])]
        chosen: list[int] = []
        taken = np.zeros(len(words), bool)
        for word in np.argsort(draws[_ORDER, starts]):
            size = int(np.searchsorted(self._span_bounds, draws[_SPAN, starts[word]], "right")) + 1
            for member in range(word, min(word + size, len(words))):
                room = wanted - len(chosen)
                if room <= 0:
                    return chosen
                # Words with something between them, such as [SEP], are not one span.
                if taken[member] or (
                    member > word and words[member][0] != words[member - 1][-1] + 1
                ):
                    break
                pieces = words[member]
                too_many = len(pieces) > room
                if too_many and chosen and draws[_LAST, starts[member]] * len(pieces) >= room:
                    return chosen
                if len(chosen) + len(pieces) > num_masks:
                    return chosen or pieces[:num_masks]
                chosen += pieces
                taken[member] = True
        return chosen

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this masker again."""
        return {
            "mask_id": self.mask_id,
            "special_ids": self.special_ids.tolist(),
            "vocabulary_size": self.vocabulary_size,
            "is_continuation": (
                None if self.is_continuation is None else self.is_continuation.tolist()
            ),
            "mask_rate": self.mask_rate,
            "mask_token_rate": self.mask_token_rate,
            "random_token_rate": self.random_token_rate,
            "whole_words": self.by_word,
            "max_ngram": self.max_ngram,
            "seed": self.seed,
        }


def _number_within(rows: Array) -> Array:
    """For sorted row numbers the place of each within its row."""
    starts = np.searchsorted(rows, rows, "left")
    return np.arange(len(rows)) - starts
