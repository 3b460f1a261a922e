"""Tokenised documents in flat arrays: documents -> sentences -> token ids."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Self

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


class TokenDocuments:
    """Many documents as three arrays, so that a billion tokens are three objects.

    Document `d` has the sentences `document_starts[d]` up to `document_starts[d + 1]`; sentence
    `s` has the tokens `tokens[sentence_starts[s]:sentence_starts[s + 1]]`.

    Args:
        tokens: integer array (tokens,), uint16 where the ids allow it.
        sentence_starts: integer array (sentences + 1,), from 0 to the number of tokens.
        document_starts: integer array (documents + 1,), from 0 to the number of sentences.

    Example:

    >>> documents = TokenDocuments.from_lists([[[5, 6], [7]], [[8, 9, 10]]])
    >>> len(documents), documents.num_tokens
    (2, 6)
    >>> [sentence.tolist() for sentence in documents[0]]
    [[5, 6], [7]]
    """

    def __init__(self, tokens: Array, sentence_starts: Array, document_starts: Array) -> None:
        self.tokens = tokens
        self.sentence_starts = sentence_starts
        self.document_starts = document_starts

    @classmethod
    def from_lists(cls, documents: Iterable[Sequence[Sequence[int]]]) -> Self:
        """Make it of lists; empty sentences and documents are left out."""
        kept = [[s for s in document if len(s)] for document in documents]
        kept = [document for document in kept if document]
        sentences = [sentence for document in kept for sentence in document]
        flat = [id for sentence in sentences for id in sentence]
        return cls(
            np.asarray(flat, "uint16" if max(flat, default=0) < 2**16 else "uint32"),
            np.cumsum([0, *(len(sentence) for sentence in sentences)]),
            np.cumsum([0, *(len(document) for document in kept)]),
        )

    @classmethod
    def from_arrays(cls, tokens: Sequence[Array], lengths: Sequence[Array]) -> Self:
        """Make it of two arrays for each document: its tokens, and how long its sentences are."""
        return cls(
            np.concatenate(tokens),
            np.concatenate([[0], np.cumsum(np.concatenate(lengths))]).astype("int64"),
            np.cumsum([0, *map(len, lengths)]),
        )

    @classmethod
    def concatenate(cls, parts: Sequence[Self]) -> Self:
        """Put several after one another."""
        return cls(
            np.concatenate([part.tokens for part in parts]),
            _join_starts([part.sentence_starts for part in parts]),
            _join_starts([part.document_starts for part in parts]),
        )

    @property
    def num_tokens(self) -> int:
        """How many tokens all documents have."""
        return len(self.tokens)

    def __len__(self) -> int:
        return len(self.document_starts) - 1

    def __getitem__(self, document: int) -> list[Array]:
        """The sentences of a document, each a view of its tokens."""
        first, last = self.document_starts[document : document + 2]
        starts = self.sentence_starts[first : last + 1].tolist()
        return [self.tokens[i:j] for i, j in pairwise(starts)]


def _join_starts(parts: Sequence[Array]) -> Array:
    ends = np.cumsum([part[-1] for part in parts])
    shifted = [part[1:] + end for part, end in zip(parts[1:], ends, strict=False)]
    return np.concatenate([parts[0], *shifted])
