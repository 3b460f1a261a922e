"""How sure of an answer a model should be to give it."""

from typing import TYPE_CHECKING, Any

import numpy as np

from kerabert.layers.arguments import check_positive_integers
from kerabert.metrics.answer_scores import find_best_threshold, score_answers
from kerabert.models.answer_predictions import AnswerPredictions
from kerabert.models.question_batches import QuestionBatches

if TYPE_CHECKING:
    from kerabert.models.question_answerer import BertQuestionAnswerer


def best_threshold(
    task: "BertQuestionAnswerer", x: Any, y: Any, batch_size: int = 32, metric: str = "f1"
) -> float:
    """Return the `no_answer_threshold` that is best for some questions.

    Takes and raises what `BertQuestionAnswerer.tune_threshold` does.
    """
    if metric not in ("f1", "exact_match"):
        raise ValueError(f'`metric` must be "f1" or "exact_match". Received: metric={metric!r}')
    check_positive_integers(batch_size=batch_size)
    batches = QuestionBatches(task, x, y, batch_size=batch_size)
    if all(batches.answers):
        raise ValueError(
            "Some questions must have no answer to tune the threshold. "
            f"Received: {len(batches.answers)} with an answer, none without."
        )
    found = AnswerPredictions(task, batches.rows, batch_size, num_candidates=1)
    scores = score_answers(found.texts, batches.texts)
    values = scores.overlap if metric == "f1" else scores.exact
    margins = found.no_answer_scores
    is_answered = np.ones(len(values), bool)
    best, threshold = find_best_threshold(values, scores.has_answer, is_answered, margins)
    if best == np.sum(~scores.has_answer) / len(values):  # nothing should be answered
        return float(margins.min() - 1)
    return threshold
