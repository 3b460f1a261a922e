import keras
import numpy as np
import pytest
import sklearn.metrics

from kerabert.metrics import ClassF1, MatthewsCorrelation


def check_classes(num_cases, average, num_classes):
    """Beside scikit-learn, in batches of different sizes and with weights."""
    generator = np.random.default_rng(num_classes)
    metric = MatthewsCorrelation(num_classes)
    if average != "matthews":
        metric = ClassF1(num_classes, average)
    for case in range(num_cases):
        # Some cases lack a class, some have one alone.
        present = generator.integers(1, num_classes + 1)
        y = generator.integers(0, present, 24)
        logits = generator.normal(size=(24, num_classes)) + (case % 4) * np.eye(num_classes)[y]
        weights = generator.integers(1, 4, 24).astype("float32") if case % 2 else None
        metric.reset_state()
        for part in (slice(0, 8), slice(8, 24)):
            metric.update_state(y[part], logits[part], None if weights is None else weights[part])
        found = logits.argmax(1)
        if average == "matthews":
            expected = sklearn.metrics.matthews_corrcoef(y, found, sample_weight=weights)
        else:
            expected = sklearn.metrics.f1_score(
                y, found, average=average, zero_division=0, sample_weight=weights
            )
        assert float(metric.result()) == pytest.approx(expected, abs=2e-6), case


KINDS = [("binary", 2), ("macro", 2), ("macro", 5), ("micro", 5)]


@pytest.mark.parametrize(("average", "num_classes"), KINDS)
def test_equal_to_scikit_learn(average, num_classes):
    check_classes(60, average, num_classes)


@pytest.mark.slow
@pytest.mark.parametrize(("average", "num_classes"), KINDS)
def test_equal_to_scikit_learn_in_many_cases(average, num_classes):
    check_classes(10_000, average, num_classes)


@pytest.mark.parametrize("average", ["macro", "micro"])
def test_any_number_of_classes(average):
    generator = np.random.default_rng(0)
    metric = ClassF1(4, average, threshold=0.0)
    for _ in range(30):
        y = (generator.random((16, 4)) < 0.3).astype("float32")
        y[:, 3] = 0
        logits = generator.normal(size=(16, 4)) + y
        metric.reset_state()
        metric.update_state(y, logits)
        expected = sklearn.metrics.f1_score(y, logits >= 0, average=average, zero_division=0)
        assert float(metric.result()) == pytest.approx(expected, abs=1e-6)


def test_config_and_direction():
    metric = ClassF1(3, "micro", threshold=0.5, positive_class=2, name="micro_f1")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert again.get_config() == metric.get_config() and again.positive_class == 2
    assert metric._direction == "up" and float(metric.result()) == 0


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"average": "weighted"}, '`average` must be "binary"'),
        ({"average": "binary"}, "of two classes that exclude each other. Received: num_classes=3"),
        ({"num_classes": 2, "average": "binary", "threshold": 0.0}, "threshold=0.0"),
        ({"positive_class": 3}, r"must lie in 0\.\.2. Received: positive_class=3"),
    ],
)
def test_bad_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        ClassF1(**{"num_classes": 3, **kwargs})
