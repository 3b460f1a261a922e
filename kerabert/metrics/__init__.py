"""What tasks are measured by, beside what Keras has."""

from kerabert.metrics.answer_scores import (
    AnswerScores,
    find_best_threshold,
    normalize_answer,
    score_answers,
)
from kerabert.metrics.entity_f1 import EntityF1
from kerabert.metrics.entity_scores import EntityScores, Scores, score_entities

__all__ = [
    "AnswerScores",
    "EntityF1",
    "EntityScores",
    "Scores",
    "find_best_threshold",
    "normalize_answer",
    "score_answers",
    "score_entities",
]
