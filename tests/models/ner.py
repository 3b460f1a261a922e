"""Words, tags and a tiny token classifier that the tests of entities share."""

from typing import Any

import keras

from kerabert.models import BertTokenClassifier
from tests.tiny import make_plain_backbone, make_tokenizer

CLASSES = ["O", "B-film", "I-film", "B-mood", "I-mood"]
WORDS = [
    ["good", "film"],
    ["It", "was", "goodly", "."],
    ["not", "great", "films", "was", "it"],
    ["awful"],
]
TAGS = [
    ["B-mood", "B-film"],
    ["O", "O", "B-mood", "O"],
    ["B-mood", "I-mood", "B-film", "O", "O"],
    ["B-mood"],
]
TEXTS = ["good film", "It was  goodly.", "not great films was it", "awful"]
SPANS = [
    [(0, 4, "mood"), (5, 9, "film")],
    [(8, 14, "mood")],
    [(10, 15, "film"), (0, 9, "mood")],
    [(0, 5, "mood")],
]


def make_tagger(backbone: dict[str, Any] | None = None, **kwargs: Any) -> BertTokenClassifier:
    settings = {"classes": CLASSES, "tokenizer": make_tokenizer(), "dropout_rate": 0.0}
    model = BertTokenClassifier(
        make_plain_backbone(use_pooler=False, **(backbone or {})), **{**settings, **kwargs}
    )
    # Spare a test that is not about it the seconds that TensorFlow takes to trace a step.
    model.compile(run_eagerly=keras.backend.backend() == "tensorflow", learning_rate=1e-2)
    return model
