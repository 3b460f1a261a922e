"""Vectors of texts for people: embedded, compared, searched."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerabert.layers.arguments import check_positive_integers
from kerabert.models.inputs import read_texts
from kerabert.models.one_text import takes_one
from kerabert.models.text_prompts import document_prompt, find_prompt, query_prompt
from kerabert.models.vector_search import compare_vectors, find_nearest


@dataclass(frozen=True)
class SearchResult:
    """A text that was found.

    Attributes:
        index: int, its place in what was searched.
        text: str, or None if vectors were searched whose texts were not given.
        score: float, how similar it is to the query.
    """

    index: int
    text: str | None
    score: float


class TextSearch:
    """What `BertTextEmbedder` does for people."""

    backbone: Any
    predict: Any
    normalize: bool
    prompts: dict[str, str]
    default_prompt: str | None
    similarity_function: str

    @takes_one()
    def embed(
        self,
        texts: Any,
        prompt: str | None = None,
        batch_size: int = 32,
        dim: int | None = None,
        progress_bar: bool = False,
    ) -> np.ndarray:
        """Return the vector of each text, computed in batches of like length.

        Args:
            texts: a str, or a list of str.
            prompt: str, the name of one of `prompts`, put before each text; "" for none.
                Default: `default_prompt`.
            batch_size: int. Default 32.
            dim: int, how many dimensions to keep, the first ones, of a model that was trained
                with `Matryoshka`; divided by their length anew if `normalize` is True. Default:
                all.
            progress_bar: bool, whether one is shown. Default False.

        Returns:
            A float32 array (texts, hidden_dim), or (texts, dim), in the order of `texts`; of a
            str, its one row.

        Raises:
            ValueError: if there is no prompt of that name, or `dim` is above `hidden_dim`.
        """
        return self._embed_texts(texts, find_prompt(self, prompt), batch_size, dim, progress_bar)

    def similarity(self, first: Any, second: Any, batch_size: int = 32) -> np.ndarray:
        """Return how similar each of some texts is to each of others.

        Args:
            first: a list of str; or an array of vectors (m, dim), as `embed` returns.
            second: the same, n of them.
            batch_size: int. Default 32.

        Returns:
            A float32 array (m, n): cosines, or what else `similarity_function` says.
        """
        before = find_prompt(self, None)
        one, other = (self._read_vectors(x, before, batch_size) for x in (first, second))
        _check_sizes(one, other)
        return compare_vectors(one, other, self.similarity_function)

    def search(
        self, queries: Any, corpus: Any, top_k: int = 5, vectors: Any = None, batch_size: int = 32
    ) -> Any:
        """Find the texts that are most similar to each query.

        Args:
            queries: str, or a list of str.
            corpus: a list of str; or an array of vectors (n, dim), as `embed` returns.
            top_k: int, how many texts to find for each query. Default 5.
            vectors: array (n, dim), the vectors of the texts of `corpus`, if they were computed
                before: by `embed`, with the prompt "document" or "passage" if there is one.
                Default: they are computed.
            batch_size: int. Default 32.

        Returns:
            A list of `SearchResult` with `index`, `text` and `score`, the most similar first; for
            a list of queries, a list of such lists.

        Raises:
            ValueError: if something is not what it must be, or there is not a vector for each
                text.
        """
        check_positive_integers(top_k=top_k)
        texts: Sequence[str | None]
        if _is_vectors(corpus):
            texts, vectors = [None] * len(corpus), corpus
        else:
            texts = read_texts(corpus)[0]
        if vectors is not None:
            vectors = np.asarray(vectors)
            if len(vectors) != len(texts):
                raise ValueError(
                    "`vectors` must have one for each text of `corpus`. "
                    f"Received: {len(vectors)} vectors, {len(texts)} texts."
                )
        before = document_prompt(self)
        found = self._read_vectors(corpus if vectors is None else vectors, before, batch_size)
        is_single = isinstance(queries, str)
        # Vectors that were cut by `dim` are compared with such ones.
        asked = self._embed_texts(
            [queries] if is_single else queries,
            query_prompt(self),
            batch_size,
            dim=found.shape[1],
        )
        places, scores = find_nearest(asked, found, top_k, self.similarity_function)
        results = [
            [SearchResult(i, texts[i], score) for i, score in zip(*row, strict=True)]
            for row in zip(places.tolist(), scores.tolist(), strict=True)
        ]
        return results[0] if is_single else results

    def _embed_texts(
        self,
        texts: Any,
        before: str,
        batch_size: int,
        dim: int | None = None,
        progress_bar: bool = False,
    ) -> np.ndarray:
        """Return the vector of each text with another one before it; see `embed`."""
        size = self.backbone.hidden_dim
        if dim is not None and (type(dim) is not int or not 1 <= dim <= size):
            raise ValueError(f"`dim` must lie in 1..{size}, `hidden_dim`. Received: dim={dim!r}")
        first, second = read_texts(texts)
        if second is not None:
            raise ValueError("`texts` must be a list of str. Received: pairs.")
        if before:
            first = [before + text for text in first]
        vectors: np.ndarray = self.predict(first, batch_size=batch_size, verbose=int(progress_bar))
        if dim is not None:
            vectors = vectors[:, :dim]
            if self.normalize:
                lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
                vectors = vectors / np.maximum(lengths, 1e-12)
        return vectors

    def _read_vectors(self, x: Any, before: str, batch_size: int) -> np.ndarray:
        if not _is_vectors(x):
            return self._embed_texts(x, before, batch_size)
        if x.ndim != 2 or x.dtype.kind != "f" or not x.size:
            raise ValueError(
                "Vectors must be a float array (texts, dim). "
                f"Received: an array {x.dtype} {x.shape}"
            )
        return x


def _is_vectors(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind in "biufc"


def _check_sizes(first: np.ndarray, second: np.ndarray) -> None:
    if first.shape[1] != second.shape[1]:
        raise ValueError(
            "Vectors must have one size to be compared. "
            f"Received: {first.shape[1]} and {second.shape[1]} dimensions."
        )
