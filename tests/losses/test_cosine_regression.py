import numpy as np
import pytest

from kerabert.losses import CosineRegression
from tests.losses.vectors import SCORES, check_config, check_like_peer, make_vectors


def test_as_in_sentence_transformers():
    name = "CosineSimilarityLoss"
    check_like_peer(CosineRegression(), SCORES, make_vectors(2), name, peer_y=SCORES)


def test_config():
    check_config(CosineRegression(name="mine"))


def test_three_texts():
    with pytest.raises(ValueError, match="CosineRegression must be given 2 texts a row"):
        CosineRegression()(SCORES, np.zeros((4, 3, 6), "float32"))
