import keras
import numpy as np
import pytest

from kerabert.metrics import EntityF1, score_entities
from kerabert.text.tags import list_classes


@pytest.mark.parametrize("scheme", ["IOB2", "BIOES"])
def test_f1_of_the_weighed_tokens(scheme):
    """Beside the numpy computation on the tokens that count."""
    classes = list_classes([["B-a", "B-b"]], scheme)
    generator = np.random.default_rng(0)
    metric = EntityF1(classes)
    rows, others = [], []
    for length in (1, 9, 17):
        y = generator.integers(0, len(classes), (40, length))
        found = np.where(generator.random(y.shape) < 0.8, y, generator.integers(0, 3, y.shape))
        weights = (generator.random(y.shape) < 0.6).astype("float32")
        metric.update_state(y, np.eye(len(classes), dtype="float32")[found], weights)
        for row, other, weight in zip(y, found, weights, strict=True):
            rows.append([classes[i] for i in row[weight > 0]])
            others.append([classes[i] for i in other[weight > 0]])
    scores = score_entities(rows, others)
    assert 0.2 < scores.f1 < 0.9
    assert float(metric.result()) == pytest.approx(scores.f1, rel=1e-6)
    assert int(metric.num_correct) == scores.overall.num_correct
    metric.reset_state()
    assert float(metric.result()) == 0


def test_config_and_direction():
    metric = EntityF1(["O", "B", "I"], name="entities")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert again.classes == metric.classes and again.name == "entities"
    assert metric._direction == "up"
    with pytest.raises(ValueError, match="must be tags of IOB2 or BIOES"):
        EntityF1(["NOUN", "VERB"])
