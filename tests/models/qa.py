"""Questions, answers and a tiny question answerer that the tests share."""

from typing import Any

import keras

from kerabert.models import BertQuestionAnswerer
from tests.tiny import make_plain_backbone, make_tokenizer

QUESTIONS = ["what was it", "was it good", "not bad", "very what"]
CONTEXTS = [
    "It was  a good film.",
    "the film was awful. It was bad, very bad, not great",
    "good, bad",
    "films was great. " * 4 + "very goodly it was",
]
ANSWERS = [("good film", 10), [(13, 18), ("bad", 27)], None, ("goodly", 73)]


def make_answerer(backbone: dict[str, Any] | None = None, **kwargs: Any) -> BertQuestionAnswerer:
    model = BertQuestionAnswerer(
        make_plain_backbone(use_pooler=False, **(backbone or {})),
        **{"tokenizer": make_tokenizer(), "sequence_length": 20, **kwargs},
    )
    # Spare a test that is not about it the seconds that TensorFlow takes to trace a step.
    model.compile(run_eagerly=keras.backend.backend() == "tensorflow", learning_rate=1e-2)
    return model
