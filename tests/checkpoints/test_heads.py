import pytest

import kerabert
from kerabert.checkpoints.bert_layers import layer_tensors
from kerabert.checkpoints.heads import HEADS, find_head
from tests.checkpoints.presets import make_backbone, stored_shapes

CLASSIFIER = HEADS["BertTextClassifier"]
REGRESSOR = HEADS["BertTextRegressor"]


def classifier_of(num_outputs):
    return stored_shapes(**{"classifier.weight": (num_outputs, 8)})


def make(name, **settings):
    task = getattr(kerabert, name)
    sizes = {"num_classes": 3} if "num_classes" in HEADS[name].sizes else {}
    return task(make_backbone(), **sizes, **settings)


@pytest.mark.parametrize("name", HEADS)
def test_a_head_describes_its_task(name):
    model = make(name)
    found, head = find_head(type("Mine", (type(model),), {}))
    assert found == name and head is HEADS[name]
    assert set(head.settings) == set(model.head_config())
    written = {
        tensor: shape
        for prefix, layer in model.head_layers.items()
        for tensor, shape, _ in layer_tensors(prefix, layer)
    }
    assert head.shapes(model.head_config(), model.backbone.get_config()) == written
    optional = {"classifier.attention"}  # of `long_documents`
    assert {head.part_of(tensor) for tensor in written} == set(head.parts) - optional


def test_every_task_has_a_head():
    tasks = {
        name
        for name, value in vars(kerabert).items()
        if isinstance(value, type) and issubclass(value, kerabert.BertTask)
    }
    assert tasks - {"BertTask"} == set(HEADS)


def test_another_class_is_refused():
    with pytest.raises(ValueError, match=r"BertBackbone, a BertTokenizer or one of .* int"):
        find_head(int)


def test_what_is_written_is_read():
    settings = {"num_classes": 2, "classes": ["a", "b"], "multi_label": True, "dropout_rate": 0.2}
    config = CLASSIFIER.to_config(settings)
    assert config["label2id"] == {"a": 0, "b": 1}
    assert CLASSIFIER.from_config(config, "config.json", classifier_of(2)) == settings
    assert REGRESSOR.from_config(config, "config.json", classifier_of(2)) is None
    numbers = {"num_classes": 12, "classes": None, "multi_label": False, "dropout_rate": None}
    config = CLASSIFIER.to_config(numbers)
    assert CLASSIFIER.from_config(config, "config.json", classifier_of(12)) == numbers
    outputs = {"num_outputs": 3, "dropout_rate": None}
    config = REGRESSOR.to_config(outputs)
    assert REGRESSOR.from_config(config, "config.json", classifier_of(3)) == outputs
    assert CLASSIFIER.from_config(config, "config.json", classifier_of(3)) is None


@pytest.mark.parametrize("name", HEADS)
def test_nothing_stored_is_no_head(name):
    assert HEADS[name].from_config({}, "config.json", stored_shapes()) is None


@pytest.mark.parametrize("one", HEADS)
@pytest.mark.parametrize("other", HEADS)
def test_a_head_is_not_taken_for_another_tasks(one, other):
    model = make(one)
    head, architecture = HEADS[one], HEADS[one].architecture
    config = {"architectures": [architecture]} | head.to_config(model.head_config())
    weights = stored_shapes(**head.shapes(model.head_config(), model.backbone.get_config()))
    found = HEADS[other].from_config(config, "config.json", weights)
    shares = any(part in HEADS[other].parts for part in head.parts if "classifier" not in part)
    assert (found is not None) == (shares or (one == other and bool(head.parts)))


@pytest.mark.parametrize(
    "name", ["BertTextClassifier", "BertTextRegressor", "BertTokenClassifier", "BertMultipleChoice"]
)
def test_a_bad_value_is_refused_by_file_and_key(name):
    config = {"architectures": [HEADS[name].architecture], "classifier_dropout": 1}
    weights = classifier_of(1 if name == "BertTextRegressor" else 2)
    with pytest.raises(ValueError, match=r"here/config\.json: `classifier_dropout`"):
        HEADS[name].from_config(config, "here/config.json", weights)
