"""What models are trained by, beside what Keras has."""

from kerabert.losses.cosine_regression import CosineRegression
from kerabert.losses.matryoshka import Matryoshka
from kerabert.losses.multiple_negatives_ranking import MultipleNegativesRanking
from kerabert.losses.triplet_margin import TripletMargin
from kerabert.losses.vector_loss import VectorLoss

__all__ = [
    "CosineRegression",
    "Matryoshka",
    "MultipleNegativesRanking",
    "TripletMargin",
    "VectorLoss",
]
