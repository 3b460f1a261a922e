"""What each task's head is called, and how config.json describes it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_SEQUENCE_CLASSIFICATION = "BertForSequenceClassification"


@dataclass(frozen=True)
class Head:
    """How a task's head is stored.

    Attributes:
        architecture: str, Hugging Face's class with this head.
        prefix: str, the name of its dense layer there.
        settings: tuple of str, what the task's `head_config()` holds.
        sizes: tuple of str, the settings that ask for a fresh head when they are given.
        must_have_size: bool, whether a fresh head must have been asked for.
        uses_pooler: bool, whether the task needs the backbone's pooler.
        num_outputs: from settings to the number of the dense layer's outputs.
        to_config: from settings to config.json's keys.
        from_config: from config.json, its path and the number of outputs to settings; None if
            the head stored there is another task's.
    """

    architecture: str
    prefix: str
    settings: tuple[str, ...]
    sizes: tuple[str, ...]
    must_have_size: bool
    uses_pooler: bool
    num_outputs: Callable[[dict[str, Any]], Any]
    to_config: Callable[[dict[str, Any]], dict[str, Any]]
    from_config: Callable[[dict[str, Any], str, int], dict[str, Any] | None]


def find_head(cls: type) -> tuple[str, Head]:
    """Return the name and the head of a task class, or of the one that it subclasses."""
    for base in cls.__mro__:
        if base.__name__ in HEADS:
            return base.__name__, HEADS[base.__name__]
    raise ValueError(
        f"A preset must be of a BertBackbone, a BertTokenizer or one of {sorted(HEADS)}. "
        f"Received: {cls.__name__}."
    )


def _labels_to_config(labels: list[str]) -> dict[str, Any]:
    return {
        "id2label": {str(i): label for i, label in enumerate(labels)},
        "label2id": {label: i for i, label in enumerate(labels)},
        "num_labels": len(labels),
    }


def _labels_from_config(config: dict[str, Any], path: str, num_outputs: int) -> list[str] | None:
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


def _head_dropout(config: dict[str, Any], path: str) -> float | None:
    rate = config.get("classifier_dropout")
    if rate is None:
        return None
    if not isinstance(rate, float | int) or isinstance(rate, bool) or not 0 <= rate < 1:
        raise ValueError(
            f"{path}: `classifier_dropout` must be null or lie in [0, 1). "
            f"Received: classifier_dropout={rate!r}"
        )
    return float(rate)


def _problem(config: dict[str, Any], path: str, num_outputs: int) -> str | None:
    """What Hugging Face's BertForSequenceClassification does; None if it is not that class."""
    architectures = config.get("architectures")
    if architectures not in (None, [], [_SEQUENCE_CLASSIFICATION]):
        return None
    problem = config.get("problem_type")
    problems = ("regression", "single_label_classification", "multi_label_classification")
    if problem is not None and problem not in problems:
        raise ValueError(
            f"{path}: `problem_type` must be null or one of {problems}. "
            f"Received: problem_type={problem!r}"
        )
    return problem or (problems[0] if num_outputs == 1 else problems[1])


def _classifier_to_config(settings: dict[str, Any]) -> dict[str, Any]:
    classes = settings.get("classes") or [f"LABEL_{i}" for i in range(settings["num_classes"])]
    kind = "multi" if settings.get("multi_label") else "single"
    return _labels_to_config(classes) | {
        "problem_type": f"{kind}_label_classification",
        "classifier_dropout": settings.get("dropout_rate"),
    }


def _classifier_from_config(
    config: dict[str, Any], path: str, num_outputs: int
) -> dict[str, Any] | None:
    problem = _problem(config, path, num_outputs)
    if problem in (None, "regression"):
        return None
    return {
        "num_classes": num_outputs,
        "classes": _labels_from_config(config, path, num_outputs),
        "multi_label": problem == "multi_label_classification",
        "dropout_rate": _head_dropout(config, path),
    }


def _regressor_to_config(settings: dict[str, Any]) -> dict[str, Any]:
    return _labels_to_config([f"LABEL_{i}" for i in range(settings["num_outputs"])]) | {
        "problem_type": "regression",
        "classifier_dropout": settings.get("dropout_rate"),
    }


def _regressor_from_config(
    config: dict[str, Any], path: str, num_outputs: int
) -> dict[str, Any] | None:
    if _problem(config, path, num_outputs) != "regression":
        return None
    return {"num_outputs": num_outputs, "dropout_rate": _head_dropout(config, path)}


def _num_classes(settings: dict[str, Any]) -> Any:
    classes = settings.get("classes")
    return len(classes) if isinstance(classes, list) else settings.get("num_classes")


HEADS = {
    "BertTextClassifier": Head(
        architecture=_SEQUENCE_CLASSIFICATION,
        prefix="classifier",
        settings=("num_classes", "classes", "multi_label", "dropout_rate", "sequence_length"),
        sizes=("num_classes", "classes"),
        must_have_size=True,
        uses_pooler=True,
        num_outputs=_num_classes,
        to_config=_classifier_to_config,
        from_config=_classifier_from_config,
    ),
    "BertTextRegressor": Head(
        architecture=_SEQUENCE_CLASSIFICATION,
        prefix="classifier",
        settings=("num_outputs", "dropout_rate", "sequence_length"),
        sizes=("num_outputs",),
        must_have_size=False,
        uses_pooler=True,
        num_outputs=lambda settings: settings.get("num_outputs"),
        to_config=_regressor_to_config,
        from_config=_regressor_from_config,
    ),
}
