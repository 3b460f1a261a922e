"""What tasks are measured by, beside what Keras has."""

from kerabert.metrics.entity_f1 import EntityF1
from kerabert.metrics.entity_scores import EntityScores, Scores, score_entities

__all__ = ["EntityF1", "EntityScores", "Scores", "score_entities"]
