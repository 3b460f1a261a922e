"""A vector for a text."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from kerabert.layers.arguments import check_positive_integers
from kerabert.layers.sentence_pooling import SentencePooling
from kerabert.losses import CosineRegression, MultipleNegativesRanking, TripletMargin
from kerabert.losses.vector_loss import VectorLoss
from kerabert.models.backbone import BertBackbone
from kerabert.models.cached_gradients import embed_in_chunks
from kerabert.models.embedder_inputs import check_embedder_inputs, number_texts
from kerabert.models.task import BertTask
from kerabert.models.text_groups import (
    TextGroups,
    group_batches,
    is_groups,
    pack_columns,
    prepare_fit,
)
from kerabert.models.text_prompts import check_prompts
from kerabert.models.text_search import TextSearch
from kerabert.models.vector_search import SIMILARITIES
from kerabert.text.batches import TokenBatches
from kerabert.text.tokenizer import BertTokenizer

_LOSSES = {
    "multiple_negatives_ranking": MultipleNegativesRanking,
    "cosine_regression": CosineRegression,
    "triplet_margin": TripletMargin,
}


@keras.saving.register_keras_serializable(package="kerabert")
class BertTextEmbedder(TextSearch, BertTask):
    """Turns texts into vectors that are near each other where the meanings are.

    `embedding = SentencePooling(sequence_output)`: the mean of the tokens' vectors, or another
    pooling, divided by its length.

    `fit` takes rows of texts, of which the loss compares the vectors:

    | rows | `y` | loss |
    |---|---|---|
    | (anchors, positives), and any number of hard negatives | none | `MultipleNegativesRanking` |
    | (texts, other texts) | scores in [-1, 1] | `CosineRegression` |
    | (anchors, positives, negatives) | none | `TripletMargin` |

    and `Matryoshka` around any of these. They are in `kerabert.losses`.

    Args:
        backbone: `BertBackbone`. Its pooler, if it has one, is not used.
        tokenizer: `BertTokenizer`, needed for strings.
        pooling: str, "mean", "cls" or "max". Default "mean".
        normalize: bool, whether vectors have length 1. Default True.
        prompts: dict of str, texts to put before a text, by name, for example
            `{"query": "query: "}`. Those named "query" and "document" (or "passage") are put
            before the queries and the texts of `search`, and in `fit` before the first text of
            each row and the others, unless the loss is of scores. Default none.
        default_prompt: str, the name of the prompt that is used elsewhere. Default none.
        similarity_function: str, what vectors are compared by, "cosine", "dot", or the negative
            distance "euclidean" or "manhattan". Default "cosine".
        sequence_length: int, the longest sequence in tokens. Default: the backbone's
            `max_sequence_length`.

    Inputs:
        Strings; the backbone's inputs; or these with an axis for the texts of a row, (batch,
        texts, sequence), all padding where a row has fewer.

    Outputs:
        float32 (batch, hidden_dim); of rows of texts, (batch, texts, hidden_dim).

    Raises:
        ValueError: if an argument is out of range, or `default_prompt` is none of `prompts`.

    Example:

    >>> vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "cat", "dog"]
    >>> backbone = BertBackbone(
    ...     len(vocabulary), hidden_dim=8, num_layers=1, num_heads=2, intermediate_dim=16,
    ...     use_pooler=False,
    ... )
    >>> model = BertTextEmbedder(backbone, tokenizer=BertTokenizer(vocabulary))
    >>> model.compile("auto", "multiple_negatives_ranking", learning_rate=0.01)
    >>> history = model.fit((["cat", "dog"] * 8, ["a cat", "a dog"] * 8), epochs=5, verbose=0)
    >>> sorted(history.history)
    ['accuracy', 'loss']
    >>> vectors = model.embed(["a cat", "a dog", "cat"])
    >>> vectors.shape, [round(float(length), 4) for length in (vectors**2).sum(axis=1)]
    ((3, 8), [1.0, 1.0, 1.0])
    >>> [result.text for result in model.search("dog", ["a cat", "dog"], top_k=1)]
    ['dog']

    Source: Reimers and Gurevych, 2019, section 3.
    """

    uses_pooler = False

    def __init__(
        self,
        backbone: BertBackbone,
        tokenizer: BertTokenizer | None = None,
        pooling: str = "mean",
        normalize: bool = True,
        prompts: Mapping[str, str] | None = None,
        default_prompt: str | None = None,
        similarity_function: str = "cosine",
        sequence_length: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        prompts = check_prompts(prompts, default_prompt)
        if similarity_function not in SIMILARITIES:
            raise ValueError(
                f"`similarity_function` must be one of {SIMILARITIES}. "
                f"Received: similarity_function={similarity_function!r}"
            )
        # === Functional model ===
        sentence_pooling = SentencePooling(pooling, normalize, name="sentence_pooling")
        vectors = backbone(backbone.input)["sequence_output"]
        super().__init__(
            backbone,
            tokenizer=tokenizer,
            sequence_length=sequence_length,
            inputs=backbone.input,
            outputs=sentence_pooling(vectors, backbone.input["padding_mask"]),
            name=name,
            **kwargs,
        )

        # === Config ===
        self.sentence_pooling = sentence_pooling
        self.pooling = pooling
        self.normalize = normalize
        self.prompts = prompts
        self.default_prompt = default_prompt
        self.similarity_function = similarity_function
        self.chunk_size: int | None = None
        self.input_spec = None  # it takes rows of several texts, too: see `call`

    def default_loss(self) -> Any:
        return MultipleNegativesRanking()

    def default_metrics(self) -> list[Any]:
        return self.default_loss().default_metrics()

    def encode_targets(self, y: Any, num_rows: int) -> np.ndarray:
        return np.asarray(y)

    def check_inputs(self, x: Any) -> None:
        check_embedder_inputs(x, self.backbone)

    # Training.

    def compile(
        self,
        optimizer: Any = "auto",
        loss: Any = "auto",
        *,
        metrics: Any = "auto",
        learning_rate: float | None = None,
        chunk_size: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Configure training.

        Args:
            optimizer: see `BertTask.compile`.
            loss: one of `kerabert.losses`, or its name, as "cosine_regression"; or another Keras
                loss, of vectors and what `y` says they shall be. Default:
                `MultipleNegativesRanking()`; `fit` of a model that is not compiled takes
                `CosineRegression()` if it is given `y`.
            metrics: a list of Keras metrics. With a loss of `kerabert.losses`, they are of what
                its `compare` gives. Default: how often the positive is the nearest of the batch,
                `accuracy`; with scores, `pearson` and `spearman`.
            learning_rate: see `BertTask.compile`.
            chunk_size: int, how many texts are computed at once in training: batches take the
                memory of so many, and about a third more time, and the gradient is the same.
                Default None: all texts of a batch.
            **kwargs: see `keras.Model.compile`.
        """
        if chunk_size is not None:
            check_positive_integers(chunk_size=chunk_size)
        if isinstance(loss, str):
            loss = {"auto": MultipleNegativesRanking, **_LOSSES}.get(loss, lambda: loss)()
        if isinstance(metrics, str) and metrics == "auto":
            metrics = loss.default_metrics() if isinstance(loss, VectorLoss) else []
        super().compile(optimizer, loss, metrics=metrics, learning_rate=learning_rate, **kwargs)
        self.chunk_size = chunk_size
        self.encodes_targets = False  # `prepare_fit` does

    def get_compile_config(self) -> dict[str, Any]:
        config = super().get_compile_config()
        return config | {"chunk_size": self.chunk_size} if config else config

    def fit(self, x: Any = None, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Train on rows of texts, arrays or a dataset.

        Args:
            x: a tuple of lists, (anchors, positives) or (anchors, positives, negatives) and so on;
                or a list of tuples, one a row. In place of a negative there may be a list of
                them, of any number. Or a dict of arrays; or a dataset of such, or of strings: a
                `tf.data.Dataset` of `((anchors, positives),)`, or of `((texts, others), scores)`.
            y: a score in [-1, 1] for each row, if the loss is of scores; else None.
            **kwargs: as in `BertTask.fit`.

        Raises:
            ValueError: if something is not what it must be, with the row.
        """
        if not self.compiled:
            self.compile(loss="auto" if y is None else "cosine_regression")
        x, y, kwargs = prepare_fit(self, x, y, kwargs)
        return super().fit(x, y, *args, **kwargs)

    def evaluate(self, x: Any = None, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Return the loss and the metrics on rows of texts, arrays or a dataset; see `fit`."""
        if not self.compiled:
            self.compile(loss="auto" if y is None else "cosine_regression")
        x, y, kwargs = prepare_fit(self, x, y, kwargs)
        return super().evaluate(x, y, *args, **kwargs)

    def make_batches(self, x: Any, y: Any = None, **options: Any) -> TokenBatches:
        if is_groups(x):
            return group_batches(self, TextGroups.read(x), y, **options)
        return super().make_batches(x, y, **options)

    def pack_strings(self, tokenizer: Any, texts: Any, pad_to: str) -> dict[str, Any]:
        if isinstance(texts, tuple):
            return pack_columns(self, tokenizer, texts, pad_to)
        return super().pack_strings(tokenizer, texts, pad_to)

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if not isinstance(inputs, tuple | list):
            return self._embed(inputs, training)
        parts = [self._embed(part, training) for part in inputs]
        parts = [part[:, None] if len(part.shape) == 2 else part for part in parts]
        return ops.concatenate(parts, axis=1)

    def _embed(self, x: Any, training: bool | None) -> Any:
        """(batch, sequence) -> (batch, dim), or (batch, texts, sequence) -> (batch, texts, dim)."""

        def run(x: Any) -> Any:
            return super(BertTextEmbedder, self).call(x, training=training)

        num_texts = x["token_ids"].shape[1] if len(x["token_ids"].shape) == 3 else None
        if num_texts is not None:
            x = {name: ops.reshape(v, (-1, ops.shape(v)[2])) for name, v in x.items()}
        if training and self.chunk_size is not None:
            weights = {id(weight) for weight in self.weights}
            seeds = [v for v in self.non_trainable_variables if id(v) not in weights]
            vectors = embed_in_chunks(run, x, self.chunk_size, seeds)
        else:
            vectors = run(x)
        if num_texts is None:
            return vectors
        return ops.reshape(vectors, (-1, num_texts, vectors.shape[-1]))

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        return super().compute_loss(x, self._targets(x, y), y_pred, sample_weight, training)

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        if isinstance(self.loss, VectorLoss):
            y, y_pred = self.loss.compare(self._targets(x, y), y_pred)
        return super().compute_metrics(x, y, y_pred, sample_weight)

    def _targets(self, x: Any, y: Any) -> Any:
        """What the loss learns from: of rows of arrays nothing else needs to be given."""
        is_rows = y is None and isinstance(self.loss, VectorLoss) and isinstance(x, dict)
        return number_texts(x) if is_rows else y

    def head_config(self) -> dict[str, Any]:
        return {
            "pooling": self.pooling,
            "normalize": self.normalize,
            "prompts": dict(self.prompts),
            "default_prompt": self.default_prompt,
            "similarity_function": self.similarity_function,
            "sequence_length": self.sequence_length,
        }

    @property
    def head_layers(self) -> dict[str, keras.layers.Layer]:
        return {}
