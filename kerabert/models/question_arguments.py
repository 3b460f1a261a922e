"""The arguments of a question answerer, checked."""

from math import isfinite
from numbers import Real
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kerabert.models.question_answerer import BertQuestionAnswerer


def question_sizes(task: "BertQuestionAnswerer") -> tuple[int, int]:
    """Return the most pieces of a question, and those that two windows have in common.

    Raises:
        ValueError: if the task's sequences are too short for a question and a context.
    """
    length = task.sequence_length
    if length < 5:
        raise ValueError(
            "`sequence_length` must be at least 5, with [CLS], a question, [SEP], a context and "
            f"[SEP]. Received: sequence_length={length}."
        )
    question = task.max_question_length
    if question is None:
        question = min(64, (length - 3) // 2)
    stride = task.stride
    return question, min(length // 3, length - 4 - question) if stride is None else stride


def check_question_arguments(task: "BertQuestionAnswerer") -> None:
    """Raise `ValueError` unless a task's own arguments are what they must be."""
    length = task.sequence_length
    sizes: dict[str, tuple[Any, int, int]] = {
        "max_question_length": (task.max_question_length, 1, length - 4)
    }
    question = min(64, (length - 3) // 2)
    if type(task.max_question_length) is int:
        question = task.max_question_length
    sizes["stride"] = (task.stride, 0, length - 4 - question)
    for name, (value, least, most) in sizes.items():
        if value is not None and not (type(value) is int and least <= value <= most):
            raise ValueError(
                f"`{name}` must lie in {least}..{most}, with `sequence_length`={length}"
                f"{f' and `max_question_length`={question}' if name == 'stride' else ''}. "
                f"Received: {name}={value!r}"
            )
    longest = task.max_answer_length
    if type(longest) is not int or longest < 1:
        raise ValueError(
            "`max_answer_length` must be an integer of 1 or more. "
            f"Received: max_answer_length={longest!r}"
        )


def check_threshold(threshold: Any) -> float | None:
    """Return a threshold as a float, or None, or raise `ValueError`."""
    if threshold is None:
        return None
    if not isinstance(threshold, Real) or isinstance(threshold, bool) or not isfinite(threshold):
        raise ValueError(
            "`no_answer_threshold` must be a finite number or None. "
            f"Received: no_answer_threshold={threshold!r}"
        )
    return float(threshold)


def check_backbone(task: "BertQuestionAnswerer") -> None:
    """Raise `ValueError` unless the backbone takes pairs."""
    if task.backbone.num_segments < 2:
        raise ValueError(
            "The backbone must have two segments to take a question and a context. "
            f"Received: num_segments={task.backbone.num_segments}."
        )
