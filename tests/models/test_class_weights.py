import numpy as np
import pytest
import sklearn.utils.class_weight

from kerabert.models.class_weights import read_class_weights, weigh_classes
from kerabert.text.batches import TokenBatches
from tests.models.test_task import PACKER, make_classifier, pack
from tests.tiny import LABELS, TEXTS, make_tokenizer

NAMES = [["negative", "positive"][label] for label in LABELS]
WEIGHTS = np.where(np.array(LABELS) == 1, 3.0, 0.5).astype("float32")


def test_balanced_as_in_scikit_learn():
    labels = np.random.default_rng(0).integers(0, 5, 99)
    for some in (labels, labels[labels != 1], labels[labels == 2]):
        occurs = np.unique(some)
        expected = sklearn.utils.class_weight.compute_class_weight(
            "balanced", classes=occurs, y=some
        )
        weights = read_class_weights("balanced", some, None, 5)
        np.testing.assert_allclose(weights[occurs], expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("class_weight", "labels", "message"),
    [
        ("even", [0, 1], "a dict from a class to its weight, or .balanced"),
        ("balanced", None, "a dict from a class to its weight. Received"),
        ([1.0, 2.0], [0, 1], "must be a dict"),
        ({"c": 1.0}, None, r"of the classes \['a', 'b'\]. Received: 'c'"),
        ({2: 1.0}, None, "Received: 2"),
        ({"a": -1}, None, "-1 for class 'a'"),
        ({"a": "x"}, None, "'x' for class 'a'"),
    ],
)
def test_bad_weights(class_weight, labels, message):
    labels = None if labels is None else np.array(labels)
    with pytest.raises(ValueError, match=message):
        read_class_weights(class_weight, labels, ["a", "b"], 2)


def loss_of(x, y, **kwargs):
    """The loss of one step of training, before which all models are equal."""
    model = make_classifier()
    return model.fit(x, y, batch_size=8, shuffle=False, verbose=0, **kwargs).history["loss"][0]


def test_fit_weighs_rows_of_strings_arrays_and_datasets():
    expected = loss_of(TEXTS, NAMES, sample_weight=WEIGHTS)
    for weights in ({"negative": 0.5, "positive": 3}, {0: 0.5, 1: 3}, {0: 0.5, "positive": 3}):
        assert loss_of(TEXTS, NAMES, class_weight=weights) == pytest.approx(expected, rel=1e-6)
    assert loss_of(pack(TEXTS), LABELS, class_weight=weights) == pytest.approx(expected, rel=1e-5)
    dataset = TokenBatches(
        make_tokenizer()(TEXTS), packer=PACKER, y=LABELS, batch_size=8, shuffle=False
    )
    assert loss_of(dataset, None, class_weight=weights) == pytest.approx(expected, rel=1e-5)
    both = loss_of(TEXTS, NAMES, class_weight={1: 3}, sample_weight=[0.5] * 8)
    by_row = np.where(np.array(LABELS) == 1, 1.5, 0.5)
    assert both == pytest.approx(loss_of(TEXTS, NAMES, sample_weight=by_row), rel=1e-6)
    # Three of eight are positive.
    balanced = loss_of(TEXTS, NAMES, class_weight="balanced")
    by_row = np.where(np.array(LABELS) == 1, 8 / 6, 8 / 10)
    assert balanced == pytest.approx(loss_of(TEXTS, NAMES, sample_weight=by_row), rel=1e-6)


def test_what_is_validated_on_is_not_weighed():
    x, y, arguments = weigh_classes(
        make_classifier(), TEXTS, NAMES, {"class_weight": {0: 2}, "validation_split": 0.25}
    )
    assert (x, y) == (TEXTS[:6], NAMES[:6])
    assert arguments["validation_data"] == (TEXTS[6:], NAMES[6:], None)
    np.testing.assert_array_equal(arguments["sample_weight"], [1, 2, 1, 2, 2, 1])
    assert set(arguments) == {"validation_data", "sample_weight"}


@pytest.mark.parametrize(
    ("kwargs", "arguments", "message"),
    [
        ({"y": None, "class_weight": "balanced"}, {}, "`y` must be given"),
        ({"y": NAMES[:7], "class_weight": "balanced"}, {}, "8 in x, 7 in y"),
        ({"y": [*NAMES[:7], "other"], "class_weight": {0: 2}}, {}, "row 7 is 'other'"),
        ({"class_weight": {0: 2}, "sample_weight": [1.0]}, {}, r"\(1,\) for 8 rows"),
        ({"x": iter([]), "y": None, "class_weight": "balanced"}, {}, "a dict from a class"),
        (
            {"y": [[0, 1]] * 8, "class_weight": "balanced"},
            {"multi_label": True},
            "classes that exclude each other",
        ),
    ],
)
def test_bad_arguments_of_fit(kwargs, arguments, message):
    with pytest.raises(ValueError, match=message):
        make_classifier(**arguments).fit(**{"x": TEXTS, "y": NAMES, "verbose": 0, **kwargs})
