"""Tiny models and vocabularies that the tests share."""

from typing import Any

import keras

from kerabert.models.backbone import BertBackbone
from kerabert.text.tokenizer import BertTokenizer

WORDS = ["good", "bad", "very", "film", "not", "great", "awful", "was", "it"]
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, "##s", "##ly", "."]


def make_tokenizer(**kwargs: Any) -> BertTokenizer:
    return BertTokenizer(VOCABULARY, **kwargs)


def make_backbone(**kwargs: Any) -> BertBackbone:
    """A backbone of two small layers, the same each time it is made."""
    keras.utils.set_random_seed(7)
    sizes = {
        "vocabulary_size": len(VOCABULARY),
        "hidden_dim": 8,
        "num_layers": 2,
        "num_heads": 2,
        "intermediate_dim": 16,
        "max_sequence_length": 32,
        "initializer_range": 0.3,
    }
    return BertBackbone(**{**sizes, **kwargs})


def make_plain_backbone(**kwargs: Any) -> BertBackbone:
    """A backbone of one layer without dropout: what it computes can be repeated."""
    plain = {"num_layers": 1, "dropout_rate": 0.0, "attention_dropout_rate": 0.0}
    return make_backbone(**{**plain, **kwargs})


TEXTS = [
    "good film",
    "bad film",
    "it was very very good . it was great .",
    "not good",
    "awful",
    "great great great",
    "it was bad",
    "very awful film . not great .",
]
LABELS = [1, 0, 1, 0, 0, 1, 0, 0]
