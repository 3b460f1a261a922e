"""Vectors of texts for people: embedded, compared, searched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kerabert.layers.arguments import check_positive_integers
from kerabert.models.inputs import read_texts
from kerabert.models.vector_search import compare_vectors, find_nearest

if TYPE_CHECKING:
    from kerabert.models.text_embedder import BertTextEmbedder


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


def check_prompts(prompts: Any, default_prompt: Any) -> dict[str, str]:
    """Return prompts as a dict, or raise `ValueError` if they are none, or lack the default."""
    prompts = {} if prompts is None else prompts
    if not isinstance(prompts, Mapping) or not all(
        isinstance(text, str) for pair in prompts.items() for text in pair
    ):
        raise ValueError(f"`prompts` must be a dict of str. Received: prompts={prompts!r}")
    if default_prompt is not None and default_prompt not in prompts:
        raise ValueError(
            f"`default_prompt` must be one of {sorted(prompts)}. "
            f"Received: default_prompt={default_prompt!r}"
        )
    return dict(prompts)


def find_prompt(task: "BertTextEmbedder", name: str | None, *usual: str) -> str:
    """Return the text of the prompt of a name; of None, of the first usual one, or the default.

    Raises:
        ValueError: if there is no prompt of that name.
    """
    if name is None:
        name = next((other for other in usual if other in task.prompts), task.default_prompt)
    if name and name not in task.prompts:
        raise ValueError(
            f"`prompt` must be one of {sorted(task.prompts)}. Received: prompt={name!r}"
        )
    return task.prompts[name] if name else ""


def query_prompt(task: "BertTextEmbedder") -> str:
    """Return what is put before a query."""
    return find_prompt(task, None, "query")


def document_prompt(task: "BertTextEmbedder") -> str:
    """Return what is put before a text that is searched."""
    return find_prompt(task, None, "document", "passage")


def embed_texts(
    task: "BertTextEmbedder",
    texts: Any,
    before: str,
    batch_size: int,
    dim: int | None = None,
    progress_bar: bool = False,
) -> np.ndarray:
    """Return the vector of each text with another one before it; see `BertTextEmbedder.embed`."""
    size = task.backbone.hidden_dim
    if dim is not None and (type(dim) is not int or not 1 <= dim <= size):
        raise ValueError(f"`dim` must lie in 1..{size}, `hidden_dim`. Received: dim={dim!r}")
    first, second = read_texts(texts)
    if second is not None:
        raise ValueError("`texts` must be a list of str. Received: pairs.")
    if before:
        first = [before + text for text in first]
    vectors: np.ndarray = task.predict(first, batch_size=batch_size, verbose=int(progress_bar))
    if dim is not None:
        vectors = vectors[:, :dim]
        if task.normalize:
            lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
            vectors = vectors / np.maximum(lengths, 1e-12)
    return vectors


def compare_texts(task: "BertTextEmbedder", first: Any, second: Any, batch_size: int) -> np.ndarray:
    """Return how similar texts or vectors are; see `BertTextEmbedder.similarity`."""
    before = find_prompt(task, None)
    one, other = (_read_vectors(task, x, before, batch_size) for x in (first, second))
    _check_sizes(one, other)
    return compare_vectors(one, other, task.similarity_function)


def search_texts(
    task: "BertTextEmbedder", queries: Any, corpus: Any, top_k: int, vectors: Any, batch_size: int
) -> Any:
    """Return the most similar texts for each query; see `BertTextEmbedder.search`."""
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
    before = document_prompt(task)
    found = _read_vectors(task, corpus if vectors is None else vectors, before, batch_size)
    is_single = isinstance(queries, str)
    # Vectors that were cut by `dim` are compared with such ones.
    asked = embed_texts(
        task,
        [queries] if is_single else queries,
        query_prompt(task),
        batch_size,
        dim=found.shape[1],
    )
    places, scores = find_nearest(asked, found, top_k, task.similarity_function)
    results = [
        [SearchResult(i, texts[i], score) for i, score in zip(*row, strict=True)]
        for row in zip(places.tolist(), scores.tolist(), strict=True)
    ]
    return results[0] if is_single else results


def _read_vectors(task: "BertTextEmbedder", x: Any, before: str, batch_size: int) -> np.ndarray:
    if not _is_vectors(x):
        return embed_texts(task, x, before, batch_size)
    if x.ndim != 2 or x.dtype.kind != "f" or not x.size:
        raise ValueError(
            f"Vectors must be a float array (texts, dim). Received: an array {x.dtype} {x.shape}"
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
