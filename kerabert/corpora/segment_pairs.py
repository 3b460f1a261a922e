"""From documents to the pairs of segments that BERT is pretrained on."""

from typing import Any, Literal, NamedTuple

import numpy as np

from kerabert.corpora.token_documents import Array, TokenDocuments
from kerabert.text.token_rows import check_integer

IS_NEXT, IS_RANDOM = 0, 1


class SegmentPair(NamedTuple):
    """An example: two segments of token ids without special tokens.

    `second` is None, and `label` 0, where examples are of one segment. `number` is another one for
    each example of the whole corpus.
    """

    first: Array
    second: Array | None
    label: int
    number: int


class SegmentPairs:
    """Draws examples from documents, other ones each epoch.

    A document is cut into stretches of whole sentences of about the target length: the most that
    fits, or with the probability `short_rate` a length drawn evenly from 2 up to that. A stretch
    is cut in two between two of its sentences (a single sentence: between two tokens). With
    `pairs="next"` the second part is replaced, in half of the examples, by a stretch of another
    document (label 1), and the sentences it leaves begin the next example; with "order" the two
    parts change places in half of the examples (label 1); with None an example is one segment.
    Segments that are too long together lose tokens at either end of the longer one.

    Examples of a document are a function of `(seed, epoch, document)` alone.

    Args:
        sequence_length: int, the tokens of an example with [CLS] and [SEP].
        pairs: "next", "order" or None. Default "next".
        short_rate: float in [0, 1], the share of shorter targets. Default 0.1.
        seed: int, 0 or more. Default 0.

    Raises:
        ValueError: if an argument is out of range, or there is but one document to draw
            negatives from.

    Example:

    >>> documents = TokenDocuments.from_lists([[[5, 6], [7, 8]], [[9, 10], [11, 12]]])
    >>> pairs = SegmentPairs(sequence_length=7, short_rate=0.0).draw(documents, 0, epoch=0)
    >>> pairs[0].first.tolist(), len(pairs[0].second), pairs[0].label in (0, 1)
    ([5, 6], 2, True)

    Source: Devlin et al., 2019, section 3.1, "Task #2", and appendix A.2; the walk through a
    document is that of `create_pretraining_data.py` in google-research/bert. Deliberate
    difference: where a stretch is one sentence, Google's code always takes a random second
    segment, so that more than half of the labels are 1; here the sentence is cut in two. "order":
    Lan et al., 2020, section 3.1.
    """

    def __init__(
        self,
        sequence_length: int,
        pairs: Literal["next", "order"] | None = "next",
        short_rate: float = 0.1,
        seed: int = 0,
    ) -> None:
        check_integer("sequence_length", sequence_length, 5)
        check_integer("seed", seed, 0)
        if pairs not in ("next", "order", None):
            raise ValueError(f'`pairs` must be "next", "order" or None. Received: pairs={pairs!r}')
        if not 0 <= short_rate <= 1:
            raise ValueError(f"`short_rate` must lie in [0, 1]. Received: short_rate={short_rate}")
        self.sequence_length = sequence_length
        self.pairs = pairs
        self.short_rate = short_rate
        self.seed = seed
        self.most_tokens = sequence_length - (2 if pairs is None else 3)

    def draw(
        self, documents: TokenDocuments, document: int, epoch: int, number: int | None = None
    ) -> list[SegmentPair]:
        """Return the examples of one document.

        Args:
            documents: `TokenDocuments`, from which random segments come too.
            document: int, which of them.
            epoch: int, 0 or more.
            number: int, its number in the whole corpus, on which the draw depends. Default:
                `document`.
        """
        if self.pairs == "next" and len(documents) < 2:
            raise ValueError(
                "There must be two documents at least, since half of the second segments come "
                f"from another one. Received: {len(documents)}"
            )
        number = document if number is None else number
        # Philox: one stream for each document and epoch, without any state to keep. The masks
        # have streams of their own: theirs end in the epoch, this one in 2**32 + epoch.
        key = np.array([self.seed, number], "uint64")
        random = np.random.Generator(
            np.random.Philox(key=key, counter=[0, 0, 0, 2**32 + epoch])
        ).random

        sentences = documents[document]
        examples: list[SegmentPair] = []
        stretch: list[Array] = []
        length = place = 0
        target = self._target(random)
        while place < len(sentences):
            stretch.append(sentences[place])
            length += len(sentences[place])
            place += 1
            if length < target and place < len(sentences):
                continue
            first, second, label = np.concatenate(stretch), None, IS_NEXT
            if self.pairs is not None and length > 1:
                cut = self._cut(stretch, length, random)
                first, second = first[: cut[1]], first[cut[1] :]
                swap = random() < 0.5
                if swap and self.pairs == "order":
                    first, second, label = second, first, IS_RANDOM
                elif swap:
                    label = IS_RANDOM
                    second = self._elsewhere(
                        documents, document, max(target - len(first), 1), random
                    )
                    place -= len(stretch) - cut[0]  # the sentences that were not used come again
            if second is not None or self.pairs is None:
                first, second = self._truncate(first, second, random)
                example = (number << 24) + len(examples)
                examples.append(SegmentPair(first, second, label, example))
            stretch, length = [], 0
            target = self._target(random)
        return examples

    def _target(self, random: Any) -> int:
        if random() < self.short_rate:
            return 2 + int(random() * (self.most_tokens - 1))
        return self.most_tokens

    def _cut(self, stretch: list[Array], length: int, random: Any) -> tuple[int, int]:
        """Where a stretch is cut in two: after so many sentences, and so many tokens."""
        if len(stretch) == 1:
            return 1, 1 + int(random() * (length - 1))
        sentences = 1 + int(random() * (len(stretch) - 1))
        return sentences, sum(map(len, stretch[:sentences]))

    def _elsewhere(
        self, documents: TokenDocuments, document: int, target: int, random: Any
    ) -> Array:
        """Sentences in order from somewhere in another document."""
        other = int(random() * (len(documents) - 1))
        other += other >= document
        sentences = documents[other]
        start = int(random() * len(sentences))
        taken, length = [], 0
        for sentence in sentences[start:]:
            taken.append(sentence)
            length += len(sentence)
            if length >= target:
                break
        return np.concatenate(taken)

    def _truncate(
        self, first: Array, second: Array | None, random: Any
    ) -> tuple[Array, Array | None]:
        """Cut what does not fit, as if token by token from the longer segment, at either end."""
        room = self.most_tokens
        other = 0 if second is None else len(second)
        keep_first = min(len(first), max(room - other, -(-room // 2)))
        first = _cut_ends(first, keep_first, random)
        if second is not None:
            second = _cut_ends(second, min(other, room - keep_first), random)
        return first, second


def _cut_ends(segment: Array, keep: int, random: Any) -> Array:
    spare = len(segment) - keep
    if spare <= 0:
        return segment
    front = int(random() * (spare + 1))
    return segment[front : front + keep]
