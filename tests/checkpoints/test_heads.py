import pytest

from kerabert.checkpoints.heads import HEADS, find_head
from kerabert.models.text_classifier import BertTextClassifier
from kerabert.models.text_regressor import BertTextRegressor
from tests.checkpoints.presets import make_backbone

CLASSIFIER = HEADS["BertTextClassifier"]
REGRESSOR = HEADS["BertTextRegressor"]


@pytest.mark.parametrize("task", [BertTextClassifier, BertTextRegressor])
def test_the_settings_are_those_of_the_task(task):
    name, head = find_head(type("Mine", (task,), {}))
    assert name == task.__name__
    sizes = {"num_classes": 2} if name == "BertTextClassifier" else {}
    model = task(make_backbone(), **sizes)
    assert set(head.settings) == set(model.head_config())
    assert set(model.head_layers) == {head.prefix}
    assert head.num_outputs(model.head_config()) == model.output_shape[-1]


def test_another_class_is_refused():
    with pytest.raises(ValueError, match=r"BertBackbone, a BertTokenizer or one of .* int"):
        find_head(int)


def test_what_is_written_is_read():
    settings = {"num_classes": 2, "classes": ["a", "b"], "multi_label": True, "dropout_rate": 0.2}
    config = CLASSIFIER.to_config(settings)
    assert config["label2id"] == {"a": 0, "b": 1}
    assert CLASSIFIER.from_config(config, "config.json", 2) == settings
    assert REGRESSOR.from_config(config, "config.json", 2) is None
    numbers = {"num_classes": 12, "classes": None, "multi_label": False, "dropout_rate": None}
    assert CLASSIFIER.from_config(CLASSIFIER.to_config(numbers), "config.json", 12) == numbers
    outputs = {"num_outputs": 3, "dropout_rate": None}
    config = REGRESSOR.to_config(outputs)
    assert REGRESSOR.from_config(config, "config.json", 3) == outputs
    assert CLASSIFIER.from_config(config, "config.json", 3) is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id2label", {"0": "a"}),
        ("id2label", {"0": "a", "1": "b", "2": "c"}),
        ("id2label", {"0": "a", "2": "b"}),
        ("id2label", {"0": "a", "1": "a"}),
        ("id2label", {"0": "a", "1": 1}),
        ("id2label", ["a", "b"]),
        ("num_labels", 3),
        ("num_labels", True),
        ("num_labels", "2"),
        ("classifier_dropout", 1),
        ("classifier_dropout", True),
        ("classifier_dropout", "0.1"),
        ("problem_type", "single"),
        ("problem_type", ["regression"]),
    ],
)
def test_a_bad_value_is_refused_by_file_and_key(key, value):
    with pytest.raises(ValueError, match=rf"here/config\.json: `{key}`"):
        CLASSIFIER.from_config({key: value}, "here/config.json", 2)
