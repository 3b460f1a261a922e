"""A model that knows more words than it was made with."""

from collections.abc import Sequence
from typing import Any, TypeVar

import keras
import numpy as np

from kerabert.models.backbone import BertBackbone
from kerabert.models.task import BertTask
from kerabert.text.tokenizer import BertTokenizer

Task = TypeVar("Task", bound=BertTask)
# The variables with a row for each piece: the embedding, an untied head's table, a head's bias.
_ROW_A_PIECE = ("token_embedding/embeddings", "masked_lm_head/table", "masked_lm_head/bias")


def extend_vocabulary(model: Task, words: Sequence[str]) -> Task:
    """Return a model like another, with more pieces in its vocabulary.

    A new word's embedding begins as the mean of those of the pieces that it was cut into so far,
    as does its bias in a masked-LM head; all else is as it was. So a model begins to learn new
    words from what it knows of their parts. Train it on text before it is used.

    Args:
        model: a task with a tokenizer.
        words: pieces that are new to the vocabulary, as `choose_new_words` returns them.

    Returns:
        A model of the same class that shares nothing with the first one; compile it anew.

    Raises:
        ValueError: if there is no word, or one is twice there, known already, or not one piece of
            the tokenizer's rules (with a space, say, or in capitals where it lower-cases).

    Example:

    >>> special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    >>> tokenizer = BertTokenizer([*special, "met", "##form", "##in"])
    >>> backbone = BertBackbone(8, hidden_dim=8, num_layers=1, num_heads=2, intermediate_dim=16)
    >>> from kerabert.models import BertMaskedLM
    >>> model = extend_vocabulary(BertMaskedLM(backbone, tokenizer=tokenizer), ["metformin"])
    >>> model.tokenizer.tokenize("Metformin"), model.backbone.vocabulary_size
    (['metformin'], 9)

    Source: the mean of the pieces as a beginning: Hewitt, 2021, "Initializing new word
    embeddings for pretrained language models", uses that of all pieces.
    """
    tokenizer = model.require_tokenizer()
    config = tokenizer.get_config()
    pieces = tokenizer(_check_words(words, tokenizer))
    config["vocabulary"] = [*tokenizer.vocabulary, *words]
    extended = BertTokenizer.from_config(config)
    expected = ([tokenizer.vocabulary_size + number] for number in range(len(words)))
    found = zip(words, extended(list(words)), expected, strict=True)
    refused = [word for word, ids, whole in found if ids != whole]
    if refused:
        raise ValueError(
            "`words` must be such that the tokenizer leaves them whole and as they are. "
            f"Received: {refused[0]!r}"
        )
    old_size = model.backbone.vocabulary_size
    first_id = tokenizer.vocabulary_size  # the backbone may have rows behind it that no piece uses
    new_size = max(old_size, first_id + len(words))
    larger = _with_vocabulary(model, extended, new_size)
    for old, new in zip(model.weights, larger.weights, strict=True):
        values = keras.ops.convert_to_numpy(old)
        if old.path.endswith(_ROW_A_PIECE):
            rows = np.zeros(tuple(new.shape), values.dtype)
            rows[:old_size] = values
            for offset, ids in enumerate(pieces):
                rows[first_id + offset] = values[ids].mean(axis=0)
            values = rows
        new.assign(values)
    return larger


def _check_words(words: Sequence[str], tokenizer: BertTokenizer) -> list[str]:
    known = set(tokenizer.vocabulary)
    for number, word in enumerate(words):
        if not isinstance(word, str) or word in known:
            raise ValueError(
                "`words` must be strings, each one new to the vocabulary. "
                f"Received: number {number}, {word!r}"
            )
        known.add(word)
    if not words:
        raise ValueError("`words` must have a word at least. Received: none.")
    return list(words)


def _with_vocabulary(model: Any, tokenizer: BertTokenizer, size: int) -> Any:
    config = model.get_config()
    config["tokenizer"] = tokenizer.get_config()
    backbone = model.backbone.get_config()
    config["backbone"] = keras.saving.serialize_keras_object(
        BertBackbone.from_config({**backbone, "vocabulary_size": size})
    )
    return type(model).from_config(config)
