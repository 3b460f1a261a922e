import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from tests.checks import check_keras_file, largest_difference, to_numpy
from tests.models.test_task import PACKER, make_classifier
from tests.tiny import LABELS, TEXTS, make_backbone, make_tokenizer

SETS = [["film"], [], ["film", "good"], ["good"], [], ["good"], [], ["film"]]


def make_multi_label():
    return make_classifier(classes=["good", "film", "bad"], multi_label=True)


def test_logits_are_the_dense_layer_of_the_pooled_output():
    model = make_classifier()
    x = PACKER(make_tokenizer()(TEXTS))
    kernel, bias = model.classifier.get_weights()
    expected = to_numpy(model.backbone(x)["pooled_output"]) @ kernel + bias
    assert largest_difference(model.predict(x, verbose=0), expected) < 1e-5


def test_classify():
    model = make_classifier()
    logits = model.predict(TEXTS, verbose=0).astype("float64")
    results = model.classify(TEXTS, batch_size=3)
    for row, result in zip(logits, results, strict=True):
        probabilities = np.exp(row) / np.exp(row).sum()
        assert list(result.scores) == ["negative", "positive"]
        np.testing.assert_allclose(list(result.scores.values()), probabilities, atol=1e-6)
        assert result.label == model.classes[row.argmax()] == result.labels[0]
        assert result.score == pytest.approx(probabilities.max(), abs=1e-6)


def test_labels_by_name_and_by_number_are_the_same():
    model = make_classifier()
    names = [["negative", "positive"][label] for label in LABELS]
    assert model.evaluate(TEXTS, names, verbose=0) == model.evaluate(TEXTS, LABELS, verbose=0)


def test_classes_without_names_are_numbers():
    model = make_classifier(classes=None, num_classes=3)
    result = model.classify(TEXTS[:1])[0]
    assert list(result.scores) == ["0", "1", "2"]


def test_multi_label():
    model = make_multi_label()
    logits = model.predict(TEXTS, verbose=0).astype("float64")
    probabilities = 1 / (1 + np.exp(-logits))
    for row, result in zip(probabilities, model.classify(TEXTS, threshold=0.45), strict=True):
        np.testing.assert_allclose(list(result.scores.values()), row, atol=1e-6)
        chosen = [name for name in result.scores if result.scores[name] >= 0.45]
        assert sorted(result.labels) == sorted(chosen)
        assert list(result.labels) == sorted(result.labels, key=lambda name: -result.scores[name])
    assert model.classify(TEXTS[:1], threshold=1.0)[0].label is None
    targets = np.array([[int(name in names) for name in model.classes] for names in SETS])
    loss, accuracy, f1 = model.evaluate(TEXTS, SETS, verbose=0)
    expected = -(targets * np.log(probabilities) + (1 - targets) * np.log(1 - probabilities))
    assert loss == pytest.approx(expected.mean(), abs=1e-5)
    assert accuracy == pytest.approx(((probabilities > 0.5) == targets).mean(), abs=1e-6)
    expected = f1_score(targets, probabilities > 0.5, average="micro", zero_division=0)
    assert f1 == pytest.approx(expected, abs=1e-6)
    model.compile(learning_rate=1e-2)
    model.fit(TEXTS, SETS, epochs=60, batch_size=8, verbose=0)
    assert model.evaluate(TEXTS, targets, verbose=0)[0] < 0.5 * loss


@pytest.mark.parametrize("num_classes", [2, 3])
def test_accuracy_and_f1_as_in_scikit_learn(num_classes):
    model = make_classifier(classes=None, num_classes=num_classes)
    y = [label + (num_classes == 3 and row > 5) for row, label in enumerate(LABELS)]
    _, accuracy, f1 = model.evaluate(TEXTS, y, batch_size=3, verbose=0)
    found = model.predict(TEXTS, verbose=0).argmax(axis=1)
    average = "binary" if num_classes == 2 else "macro"
    assert accuracy == pytest.approx(accuracy_score(y, found), abs=1e-6)
    assert f1 == pytest.approx(f1_score(y, found, average=average, zero_division=0), abs=1e-6)


def test_bad_threshold():
    for threshold in (-0.1, 1.5, "high"):
        with pytest.raises(ValueError, match="`threshold` must lie"):
            make_multi_label().classify(TEXTS, threshold=threshold)


def test_keras_file_keeps_classes(tmp_path):
    loaded = check_keras_file(make_multi_label(), TEXTS, tmp_path / "model.keras")
    assert loaded.classes == ["good", "film", "bad"] and loaded.multi_label


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"classes": None}, "One of `classes` and `num_classes`"),
        ({"classes": None, "num_classes": 1}, "at least 2"),
        ({"classes": None, "num_classes": 0}, "`num_classes` must be a positive integer"),
        ({"classes": ["only"]}, "at least 2"),
        ({"dropout_rate": 1.0}, "`dropout_rate` must lie"),
        ({"multi_label": "yes"}, "`multi_label` must be a bool"),
        ({"backbone": make_backbone(use_pooler=False)}, "must have a pooler"),
    ],
)
def test_bad_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        make_classifier(**kwargs)
