"""The heads that are one dense layer: their tensors, and what config.json says of them."""

from collections.abc import Callable
from typing import Any

from kerabert.checkpoints.classes_config import (
    classes_to_config,
    head_dropout,
    is_architecture,
    labels_from_config,
    labels_to_config,
    problem,
)
from kerabert.checkpoints.stored_weights import StoredWeights

Settings = dict[str, Any]


def dense_shapes(prefix: str, num_outputs: Callable[[Settings], Any]) -> Any:
    """The shapes of the tensors of a dense layer, as a function of the head's settings."""

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


def count_classes(settings: Settings) -> Any:
    """How many classes a classifier's settings say it has."""
    classes = settings.get("classes")
    return len(classes) if isinstance(classes, list) else settings.get("num_classes")


def classifier_shapes(settings: Settings, arguments: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """The shapes of a text classifier's tensors."""
    shapes: dict[str, tuple[int, ...]] = dense_shapes("classifier", count_classes)(
        settings, arguments
    )
    if settings.get("long_documents") == "attention":
        # transformers calls it an unexpected weight and leaves it out.
        shapes["classifier.attention.weight"] = (1, arguments["hidden_dim"])
    return shapes


def classifier_to_config(settings: Settings) -> dict[str, Any]:
    """Return config.json's keys for a text classifier's settings."""
    kind = "multi" if settings.get("multi_label") else "single"
    return classes_to_config(settings) | {"problem_type": f"{kind}_label_classification"}


def classifier_from_config(
    config: dict[str, Any], path: str, weights: StoredWeights
) -> Settings | None:
    """The settings of a stored text classifier's head; None if there is none."""
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


def regressor_to_config(settings: Settings) -> dict[str, Any]:
    """Return config.json's keys for a text regressor's settings."""
    return labels_to_config([f"LABEL_{i}" for i in range(settings["num_outputs"])]) | {
        "problem_type": "regression",
        "classifier_dropout": settings.get("dropout_rate"),
    }


def regressor_from_config(
    config: dict[str, Any], path: str, weights: StoredWeights
) -> Settings | None:
    """The settings of a stored text regressor's head; None if there is none."""
    if not weights.has_part("classifier"):
        return None
    num_outputs = _count_outputs(weights, "classifier")
    if problem(config, path, num_outputs) != "regression":
        return None
    return {"num_outputs": num_outputs, "dropout_rate": head_dropout(config, path)}


def token_classifier_from_config(
    config: dict[str, Any], path: str, weights: StoredWeights
) -> Settings | None:
    """The settings of a stored token classifier's head; None if there is none."""
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


def choice_from_config(
    config: dict[str, Any], path: str, weights: StoredWeights
) -> Settings | None:
    """The settings of a stored head of multiple choice; None if there is none."""
    if not is_architecture(config, "BertForMultipleChoice"):
        return None
    return {"dropout_rate": head_dropout(config, path)} if weights.has_part("classifier") else None


def no_settings(prefix: str) -> Any:
    """Make the `from_config` of a head that has no settings: {} if it is stored, else None."""

    def from_config(config: dict[str, Any], path: str, weights: StoredWeights) -> Settings | None:
        return {} if weights.has_part(prefix) else None

    return from_config
