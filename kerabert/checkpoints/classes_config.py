"""Class names, problem type and dropout of a head <-> config.json."""

from typing import Any

SEQUENCE_CLASSIFICATION = "BertForSequenceClassification"


def labels_to_config(labels: list[str]) -> dict[str, Any]:
    """Return config.json's keys for class names in the order of the outputs."""
    return {
        "id2label": {str(i): label for i, label in enumerate(labels)},
        "label2id": {label: i for i, label in enumerate(labels)},
        "num_labels": len(labels),
    }


def classes_to_config(settings: dict[str, Any]) -> dict[str, Any]:
    """Return config.json's keys for a classifier's settings."""
    classes = settings.get("classes") or [f"LABEL_{i}" for i in range(settings["num_classes"])]
    return labels_to_config(classes) | {"classifier_dropout": settings.get("dropout_rate")}


def labels_from_config(config: dict[str, Any], path: str, num_outputs: int) -> list[str] | None:
    """The class names in the order of the outputs, or None if they are mere numbers."""
    labels = config.get("id2label")
    if labels is None:
        number = config.get("num_labels", num_outputs)
        if number is not None and (isinstance(number, bool) or number != num_outputs):
            raise ValueError(
                f"{path}: `num_labels` must be the number of the head's outputs, {num_outputs}. "
                f"Received: num_labels={number!r}"
            )
        return None
    keys = [str(i) for i in range(num_outputs)]
    if not isinstance(labels, dict) or set(labels) != set(keys):
        raise ValueError(
            f"{path}: `id2label` must name the head's outputs 0..{num_outputs - 1}. "
            f"Received: id2label={str(labels)[:200]}"
        )
    names = [labels[key] for key in keys]
    if not all(isinstance(name, str) for name in names) or len(set(names)) < num_outputs:
        raise ValueError(
            f"{path}: `id2label` must hold strings, no two alike. "
            f"Received: id2label={str(labels)[:200]}"
        )
    return None if names == [f"LABEL_{key}" for key in keys] else names


def head_dropout(config: dict[str, Any], path: str) -> float | None:
    """The rate of the dropout before the head; None if it is the backbone's."""
    rate = config.get("classifier_dropout")
    if rate is None:
        return None
    if not isinstance(rate, float | int) or isinstance(rate, bool) or not 0 <= rate < 1:
        raise ValueError(
            f"{path}: `classifier_dropout` must be null or lie in [0, 1). "
            f"Received: classifier_dropout={rate!r}"
        )
    return float(rate)


def is_architecture(config: dict[str, Any], architecture: str) -> bool:
    """Whether config.json names this class of Hugging Face's, or none."""
    return config.get("architectures") in (None, [], [architecture])


def problem(config: dict[str, Any], path: str, num_outputs: int) -> str | None:
    """What Hugging Face's BertForSequenceClassification does; None if it is not that class."""
    if not is_architecture(config, SEQUENCE_CLASSIFICATION):
        return None
    kind = config.get("problem_type")
    kinds = ("regression", "single_label_classification", "multi_label_classification")
    if kind is not None and kind not in kinds:
        raise ValueError(
            f"{path}: `problem_type` must be null or one of {kinds}. "
            f"Received: problem_type={kind!r}"
        )
    return kind or (kinds[0] if num_outputs == 1 else kinds[1])
