"""What tasks are measured by, beside what Keras has."""

from kerabert.metrics.answer_scores import (
    AnswerScores,
    find_best_threshold,
    normalize_answer,
    score_answers,
)
from kerabert.metrics.class_f1 import ClassF1
from kerabert.metrics.entity_f1 import EntityF1
from kerabert.metrics.entity_scores import EntityScores, Scores, score_entities
from kerabert.metrics.matthews_correlation import MatthewsCorrelation
from kerabert.metrics.pearson_correlation import PearsonCorrelation
from kerabert.metrics.spearman_correlation import SpearmanCorrelation

__all__ = [
    "AnswerScores",
    "ClassF1",
    "EntityF1",
    "EntityScores",
    "MatthewsCorrelation",
    "PearsonCorrelation",
    "Scores",
    "SpearmanCorrelation",
    "find_best_threshold",
    "normalize_answer",
    "score_answers",
    "score_entities",
]
