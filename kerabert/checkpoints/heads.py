"""What each task's head is called, and how config.json describes it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kerabert.checkpoints.classes_config import SEQUENCE_CLASSIFICATION, classes_to_config
from kerabert.checkpoints.dense_heads_config import (
    choice_from_config,
    classifier_from_config,
    classifier_shapes,
    classifier_to_config,
    count_classes,
    dense_shapes,
    no_settings,
    regressor_from_config,
    regressor_to_config,
    token_classifier_from_config,
)
from kerabert.checkpoints.pretraining_config import (
    masked_lm_from_config,
    masked_lm_shapes,
    pretraining_from_config,
    pretraining_shapes,
    tied_to_config,
)
from kerabert.checkpoints.sentence_transformers import (
    read_embedder,
    read_embedder_tokenizer,
    write_embedder,
)
from kerabert.checkpoints.stored_weights import StoredWeights

Settings = dict[str, Any]


@dataclass(frozen=True)
class Head:
    """How a task's head is stored.

    Attributes:
        architecture: str, Hugging Face's class with this head.
        parts: tuple of str, what the names of its tensors begin with there, the longer ones first.
            A checkpoint may hold some of the parts only, and a task need some only.
        settings: tuple of str, what the task's `head_config()` holds.
        unstored: tuple of str, arguments that may be given when it is loaded and are not stored.
        shapes: from settings and the backbone's arguments to the shapes of the head's tensors.
        to_config: from settings to config.json's keys.
        from_config: from config.json, its path and the weights to settings; None if the head
            stored there is another task's.
        sizes: tuple of str, the settings that ask for a fresh head when they are given.
        must_have_size: bool, whether a fresh head must have been asked for.
        read_files: from `PresetFiles` to settings that stand in files of their own; None where
            there are none.
        write_files: from settings and the backbone to the files that hold such settings.
        read_tokenizer: from `PresetFiles` and the tokenizer there to the one that the task takes;
            None where it is the same.
    """

    architecture: str
    parts: tuple[str, ...]
    settings: tuple[str, ...]
    shapes: Callable[[Settings, dict[str, Any]], dict[str, tuple[int, ...]]]
    to_config: Callable[[Settings], dict[str, Any]]
    from_config: Callable[[dict[str, Any], str, StoredWeights], Settings | None]
    unstored: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    must_have_size: bool = False
    read_files: Callable[[Any], Settings | None] | None = None
    write_files: Callable[[Settings, Any], dict[str, bytes]] | None = None
    read_tokenizer: Callable[[Any, Any], Any] | None = None

    def part_of(self, name: str) -> str:
        """The part that a tensor of the head belongs to."""
        return next(part for part in self.parts if name.startswith(f"{part}."))


def find_head(cls: type) -> tuple[str, Head]:
    """Return the name and the head of a task class, or of the one that it subclasses."""
    for base in cls.__mro__:
        if base.__name__ in HEADS:
            return base.__name__, HEADS[base.__name__]
    raise ValueError(
        f"A preset must be of a BertBackbone, a BertTokenizer or one of {sorted(HEADS)}. "
        f"Received: {cls.__name__}."
    )


HEADS = {
    "BertTextClassifier": Head(
        architecture=SEQUENCE_CLASSIFICATION,
        parts=("classifier.attention", "classifier"),
        settings=(
            "num_classes",
            "classes",
            "multi_label",
            "dropout_rate",
            "sequence_length",
            "long_documents",
            "stride",
            "max_windows",
        ),
        shapes=classifier_shapes,
        to_config=classifier_to_config,
        from_config=classifier_from_config,
        sizes=("num_classes", "classes"),
        must_have_size=True,
    ),
    "BertTextRegressor": Head(
        architecture=SEQUENCE_CLASSIFICATION,
        parts=("classifier",),
        settings=("num_outputs", "dropout_rate", "sequence_length"),
        shapes=dense_shapes("classifier", lambda settings: settings.get("num_outputs")),
        to_config=regressor_to_config,
        from_config=regressor_from_config,
        sizes=("num_outputs",),
    ),
    "BertTokenClassifier": Head(
        architecture="BertForTokenClassification",
        parts=("classifier",),
        settings=(
            "num_classes",
            "classes",
            "label_pieces",
            "stride",
            "repair_tags",
            "dropout_rate",
            "sequence_length",
        ),
        shapes=dense_shapes("classifier", count_classes),
        to_config=classes_to_config,
        from_config=token_classifier_from_config,
        sizes=("num_classes", "classes"),
        must_have_size=True,
    ),
    "BertQuestionAnswerer": Head(
        architecture="BertForQuestionAnswering",
        parts=("qa_outputs",),
        settings=(
            "max_question_length",
            "stride",
            "max_answer_length",
            "no_answer_threshold",
            "sequence_length",
        ),
        shapes=dense_shapes("qa_outputs", lambda _: 2),
        to_config=lambda settings: {},
        from_config=no_settings("qa_outputs"),
    ),
    "BertMultipleChoice": Head(
        architecture="BertForMultipleChoice",
        parts=("classifier",),
        settings=("dropout_rate", "sequence_length"),
        shapes=dense_shapes("classifier", lambda _: 1),
        to_config=lambda settings: {"classifier_dropout": settings.get("dropout_rate")},
        from_config=choice_from_config,
    ),
    "BertMaskedLM": Head(
        architecture="BertForMaskedLM",
        parts=("cls.predictions",),
        settings=(
            "tie_embeddings",
            "head_activation",
            "head_layer_norm_epsilon",
            "sequence_length",
        ),
        unstored=("packed",),
        shapes=masked_lm_shapes,
        to_config=tied_to_config,
        from_config=masked_lm_from_config,
    ),
    "BertNextSentencePredictor": Head(
        architecture="BertForNextSentencePrediction",
        parts=("cls.seq_relationship",),
        settings=("sequence_length",),
        shapes=dense_shapes("cls.seq_relationship", lambda _: 2),
        to_config=lambda settings: {},
        from_config=no_settings("cls.seq_relationship"),
    ),
    "BertPretrainer": Head(
        architecture="BertForPreTraining",
        parts=("cls.predictions", "cls.seq_relationship"),
        settings=("tie_embeddings", "sequence_length"),
        unstored=("packed",),
        shapes=pretraining_shapes,
        to_config=tied_to_config,
        from_config=pretraining_from_config,
    ),
    "BertTextEmbedder": Head(
        architecture="BertModel",
        parts=(),
        settings=(
            "pooling",
            "normalize",
            "prompts",
            "default_prompt",
            "similarity_function",
            "sequence_length",
        ),
        shapes=lambda settings, arguments: {},
        to_config=lambda settings: {},
        from_config=lambda config, path, weights: None,
        read_files=read_embedder,
        write_files=write_embedder,
        read_tokenizer=read_embedder_tokenizer,
    ),
}
