"""Step 3: layers made into something you can fit."""

from kerabert.models.backbone import BertBackbone
from kerabert.models.task import BertTask
from kerabert.models.text_classifier import BertTextClassifier, Classification
from kerabert.models.text_regressor import BertTextRegressor

__all__ = [
    "BertBackbone",
    "BertTask",
    "BertTextClassifier",
    "BertTextRegressor",
    "Classification",
]
