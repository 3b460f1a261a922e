"""A vector for a text."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from kerabert.layers.sentence_pooling import SentencePooling
from kerabert.models.backbone import BertBackbone
from kerabert.models.inputs import read_texts
from kerabert.models.task import BertTask
from kerabert.text.tokenizer import BertTokenizer

SIMILARITIES = ("cosine", "dot", "euclidean", "manhattan")


@keras.saving.register_keras_serializable(package="kerabert")
class BertTextEmbedder(BertTask):
    """Turns texts into vectors that are near each other where the meanings are.

    `embedding = SentencePooling(sequence_output)`: the mean of the tokens' vectors, or another
    pooling, divided by its length.

    Args:
        backbone: `BertBackbone`. Its pooler, if it has one, is not used.
        tokenizer: `BertTokenizer`, needed for strings.
        pooling: str, "mean", "cls" or "max". Default "mean".
        normalize: bool, whether vectors have length 1. Default True.
        prompts: dict of str, texts to put before a text, by name, for example
            `{"query": "query: "}`. Default none.
        default_prompt: str, the name of the prompt that `embed` uses. Default none.
        similarity: str, what its vectors are meant to be compared by, "cosine", "dot",
            "euclidean" or "manhattan"; kept for those who compare them. Default "cosine".
        sequence_length: int, the longest sequence in tokens. Default: the backbone's
            `max_sequence_length`.

    Inputs:
        Strings, or the backbone's inputs.

    Outputs:
        float32 (batch, hidden_dim).

    Raises:
        ValueError: if an argument is out of range, or `default_prompt` is none of `prompts`.

    Example:

    >>> vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "cat", "dog"]
    >>> backbone = BertBackbone(
    ...     len(vocabulary), hidden_dim=8, num_layers=1, num_heads=2, intermediate_dim=16,
    ...     use_pooler=False,
    ... )
    >>> model = BertTextEmbedder(backbone, tokenizer=BertTokenizer(vocabulary))
    >>> vectors = model.embed(["a cat", "a dog", "cat"])
    >>> vectors.shape, [round(float(length), 4) for length in (vectors**2).sum(axis=1)]
    ((3, 8), [1.0, 1.0, 1.0])

    Source: Reimers and Gurevych, 2019, section 3.
    """

    def __init__(
        self,
        backbone: BertBackbone,
        tokenizer: BertTokenizer | None = None,
        pooling: str = "mean",
        normalize: bool = True,
        prompts: Mapping[str, str] | None = None,
        default_prompt: str | None = None,
        similarity: str = "cosine",
        sequence_length: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        prompts = _check_prompts(prompts, default_prompt)
        if similarity not in SIMILARITIES:
            raise ValueError(
                f"`similarity` must be one of {SIMILARITIES}. Received: similarity={similarity!r}"
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
        self.similarity = similarity

    def default_loss(self) -> Any:
        return None  # what vectors are compared with depends on the data

    def default_metrics(self) -> list[Any]:
        return []

    def encode_targets(self, y: Any, num_rows: int) -> np.ndarray:
        return np.asarray(y)

    def embed(self, texts: Any, prompt: str | None = None, batch_size: int = 32) -> np.ndarray:
        """Return the vector of each text.

        Args:
            texts: a list of str.
            prompt: str, the name of one of `prompts`, put before each text; "" for none.
                Default: `default_prompt`.
            batch_size: int. Default 32.

        Returns:
            A float32 array (texts, hidden_dim).

        Raises:
            ValueError: if there is no prompt of that name.
        """
        name = self.default_prompt if prompt is None else prompt
        if name and name not in self.prompts:
            raise ValueError(
                f"`prompt` must be one of {sorted(self.prompts)}. Received: prompt={name!r}"
            )
        first, second = read_texts(texts)
        if second is not None:
            raise ValueError("`texts` must be a list of str. Received: pairs.")
        before = self.prompts[name] if name else ""
        return self.predict([before + text for text in first], batch_size=batch_size, verbose=0)

    def head_config(self) -> dict[str, Any]:
        return {
            "pooling": self.pooling,
            "normalize": self.normalize,
            "prompts": dict(self.prompts),
            "default_prompt": self.default_prompt,
            "similarity": self.similarity,
            "sequence_length": self.sequence_length,
        }

    @property
    def head_layers(self) -> dict[str, keras.layers.Layer]:
        return {}


def _check_prompts(prompts: Any, default_prompt: Any) -> dict[str, str]:
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
