"""What each task's head is called, and how config.json describes it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kerabert.checkpoints.classes_config import (
    SEQUENCE_CLASSIFICATION,
    classes_to_config,
    head_dropout,
    is_architecture,
    labels_from_config,
    labels_to_config,
    problem,
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
        uses_pooler: bool, whether the task needs the backbone's pooler.
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
    uses_pooler: bool = False
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


# A dense layer.


def _dense(prefix: str, num_outputs: Callable[[Settings], Any]) -> Any:
    def shapes(settings: Settings, arguments: dict[str, Any]) -> dict[str, tuple[int, ...]]:
        outputs = num_outputs(settings)
        return {
            f"{prefix}.weight": (outputs, arguments["hidden_dim"]),
            f"{prefix}.bias": (outputs,),
        }

    return shapes


def _count_outputs(weights: StoredWeights, prefix: str) -> int:
    shape = weights.shape(f"{prefix}.weight")
    return shape[0] if shape else 0


def _num_classes(settings: Settings) -> Any:
    classes = settings.get("classes")
    return len(classes) if isinstance(classes, list) else settings.get("num_classes")


# One text, one or several numbers: BertForSequenceClassification.


def _classifier_shapes(settings: Settings, arguments: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = _dense("classifier", _num_classes)(settings, arguments)
    if settings.get("long_documents") == "attention":
        # transformers calls it an unexpected weight and leaves it out.
        shapes["classifier.attention.weight"] = (1, arguments["hidden_dim"])
    return shapes


def _classifier_to_config(settings: Settings) -> dict[str, Any]:
    kind = "multi" if settings.get("multi_label") else "single"
    return classes_to_config(settings) | {"problem_type": f"{kind}_label_classification"}


def _classifier_from_config(
    config: dict[str, Any], path: str, weights: StoredWeights
) -> Settings | None:
    if not weights.has_part("classifier"):
        return None
    num_outputs = _count_outputs(weights, "classifier")
    kind = problem(config, path, num_outputs)
    if kind in (None, "regression"):
        return None
    return {
        "num_classes": num_outputs,
        "classes": labels_from_config(config, path, num_outputs),
        "multi_label": kind == "multi_label_classification",
        "dropout_rate": head_dropout(config, path),
    }


def _regressor_to_config(settings: Settings) -> dict[str, Any]:
    return labels_to_config([f"LABEL_{i}" for i in range(settings["num_outputs"])]) | {
        "problem_type": "regression",
        "classifier_dropout": settings.get("dropout_rate"),
    }


def _regressor_from_config(
    config: dict[str, Any], path: str, weights: StoredWeights
) -> Settings | None:
    if not weights.has_part("classifier"):
        return None
    num_outputs = _count_outputs(weights, "classifier")
    if problem(config, path, num_outputs) != "regression":
        return None
    return {"num_outputs": num_outputs, "dropout_rate": head_dropout(config, path)}


# Other dense heads.


def _token_classifier_from_config(
    config: dict[str, Any], path: str, weights: StoredWeights
) -> Settings | None:
    if not is_architecture(config, "BertForTokenClassification"):
        return None
    if not weights.has_part("classifier"):
        return None
    num_outputs = _count_outputs(weights, "classifier")
    return {
        "num_classes": num_outputs,
        "classes": labels_from_config(config, path, num_outputs),
        "dropout_rate": head_dropout(config, path),
    }


def _choice_from_config(
    config: dict[str, Any], path: str, weights: StoredWeights
) -> Settings | None:
    if not is_architecture(config, "BertForMultipleChoice"):
        return None
    return {"dropout_rate": head_dropout(config, path)} if weights.has_part("classifier") else None


def _no_settings(prefix: str) -> Any:
    def from_config(config: dict[str, Any], path: str, weights: StoredWeights) -> Settings | None:
        return {} if weights.has_part(prefix) else None

    return from_config


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
        shapes=_classifier_shapes,
        to_config=_classifier_to_config,
        from_config=_classifier_from_config,
        sizes=("num_classes", "classes"),
        must_have_size=True,
        uses_pooler=True,
    ),
    "BertTextRegressor": Head(
        architecture=SEQUENCE_CLASSIFICATION,
        parts=("classifier",),
        settings=("num_outputs", "dropout_rate", "sequence_length"),
        shapes=_dense("classifier", lambda settings: settings.get("num_outputs")),
        to_config=_regressor_to_config,
        from_config=_regressor_from_config,
        sizes=("num_outputs",),
        uses_pooler=True,
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
        shapes=_dense("classifier", _num_classes),
        to_config=classes_to_config,
        from_config=_token_classifier_from_config,
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
        shapes=_dense("qa_outputs", lambda _: 2),
        to_config=lambda settings: {},
        from_config=_no_settings("qa_outputs"),
    ),
    "BertMultipleChoice": Head(
        architecture="BertForMultipleChoice",
        parts=("classifier",),
        settings=("dropout_rate", "sequence_length"),
        shapes=_dense("classifier", lambda _: 1),
        to_config=lambda settings: {"classifier_dropout": settings.get("dropout_rate")},
        from_config=_choice_from_config,
        uses_pooler=True,
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
        shapes=_dense("cls.seq_relationship", lambda _: 2),
        to_config=lambda settings: {},
        from_config=_no_settings("cls.seq_relationship"),
        uses_pooler=True,
    ),
    "BertPretrainer": Head(
        architecture="BertForPreTraining",
        parts=("cls.predictions", "cls.seq_relationship"),
        settings=("tie_embeddings", "sequence_length"),
        unstored=("packed",),
        shapes=pretraining_shapes,
        to_config=tied_to_config,
        from_config=pretraining_from_config,
        uses_pooler=True,
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
