import pytest

from kerabert.checkpoints.dense_heads_config import (
    choice_from_config,
    classifier_from_config,
    classifier_shapes,
    classifier_to_config,
    count_classes,
    dense_shapes,
    no_settings,
    regressor_from_config,
    regressor_to_config,
    token_classifier_from_config,
)
from tests.checkpoints.presets import stored_shapes

PATH = "config.json"


HEAD = stored_shapes(**{"classifier.weight": (3, 8)})
NOTHING = stored_shapes()


def test_shapes():
    arguments = {"hidden_dim": 8}
    assert dense_shapes("qa_outputs", lambda _: 2)({}, arguments) == {
        "qa_outputs.weight": (2, 8),
        "qa_outputs.bias": (2,),
    }
    assert count_classes({"classes": ["a", "b", "c"]}) == count_classes({"num_classes": 3}) == 3
    shapes = classifier_shapes({"num_classes": 3}, arguments)
    assert shapes == {"classifier.weight": (3, 8), "classifier.bias": (3,)}
    pooled = classifier_shapes({"num_classes": 3, "long_documents": "attention"}, arguments)
    assert pooled == shapes | {"classifier.attention.weight": (1, 8)}


@pytest.mark.parametrize("multi_label", [False, True])
@pytest.mark.parametrize("classes", [None, ["a", "b", "c"]])
def test_a_classifier_there_and_back(multi_label, classes):
    settings = {
        "num_classes": 3,
        "classes": classes,
        "multi_label": multi_label,
        "dropout_rate": 0.2,
    }
    config = classifier_to_config(settings)
    assert classifier_from_config(config, PATH, HEAD) == settings
    assert classifier_from_config(config, PATH, NOTHING) is None
    assert regressor_from_config(config, PATH, HEAD) is None


def test_a_regressor_there_and_back():
    settings = {"num_outputs": 3, "dropout_rate": None}
    config = regressor_to_config(settings)
    assert regressor_from_config(config, PATH, HEAD) == settings
    assert classifier_from_config(config, PATH, HEAD) is None
    assert regressor_from_config(config, PATH, NOTHING) is None


def test_one_output_is_a_number_and_several_are_classes():
    one = stored_shapes(**{"classifier.weight": (1, 8)})
    assert regressor_from_config({}, PATH, one) == {"num_outputs": 1, "dropout_rate": None}
    assert classifier_from_config({}, PATH, one) is None
    assert classifier_from_config({}, PATH, HEAD)["num_classes"] == 3
    assert regressor_from_config({}, PATH, HEAD) is None


@pytest.mark.parametrize(
    ("from_config", "architecture", "settings"),
    [
        (
            token_classifier_from_config,
            "BertForTokenClassification",
            {"num_classes": 3, "classes": None, "dropout_rate": 0.5},
        ),
        (choice_from_config, "BertForMultipleChoice", {"dropout_rate": 0.5}),
    ],
)
def test_heads_of_one_name_are_told_apart_by_the_architecture(from_config, architecture, settings):
    config = {"architectures": [architecture], "classifier_dropout": 0.5}
    assert from_config(config, PATH, HEAD) == settings
    assert from_config(config, PATH, NOTHING) is None
    assert from_config({"architectures": ["BertModel"]}, PATH, HEAD) is None


def test_no_settings():
    from_config = no_settings("classifier")
    assert from_config({}, PATH, HEAD) == {}
    assert from_config({}, PATH, NOTHING) is None
