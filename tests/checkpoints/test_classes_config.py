import json

import pytest

from kerabert.checkpoints.classes_config import (
    classes_to_config,
    head_dropout,
    is_architecture,
    labels_from_config,
    labels_to_config,
    problem,
)

PATH = "here/config.json"
CLASSIFICATION = "BertForSequenceClassification"


def test_labels_are_those_that_transformers_reads():
    transformers = pytest.importorskip("transformers")
    theirs = transformers.BertConfig(**labels_to_config(["no", "Zürich"]))
    assert theirs.id2label == {0: "no", 1: "Zürich"}
    assert theirs.label2id == {"no": 0, "Zürich": 1}
    assert theirs.num_labels == 2


def test_labels_are_in_the_order_of_the_outputs():
    """More than ten: "10" is behind "9", wherever it stands in the file."""
    labels = [f"class {i}" for i in range(12)]
    config = json.loads(json.dumps(labels_to_config(labels), sort_keys=True))
    assert list(config["id2label"])[2] == "10"
    assert labels_from_config(config, PATH, 12) == labels


def test_classes_and_dropout():
    named = classes_to_config({"classes": ["a", "b", "c"], "num_classes": 2, "dropout_rate": 0.0})
    assert list(named["id2label"].values()) == ["a", "b", "c"]
    assert named["classifier_dropout"] == 0.0
    numbers = classes_to_config({"classes": None, "num_classes": 2})
    assert numbers["id2label"] == {"0": "LABEL_0", "1": "LABEL_1"}
    assert numbers["classifier_dropout"] is None


@pytest.mark.parametrize(
    ("config", "labels"),
    [
        ({}, None),
        ({"num_labels": 2}, None),
        ({"num_labels": None, "id2label": None}, None),
        ({"id2label": {"0": "LABEL_0", "1": "LABEL_1"}}, None),
        # Not the numbers of their outputs: names like any other.
        ({"id2label": {"0": "LABEL_1", "1": "LABEL_0"}}, ["LABEL_1", "LABEL_0"]),
        # What `label2id` and `num_labels` say, transformers takes from `id2label`.
        ({"id2label": {"0": "a", "1": "b"}, "num_labels": 7, "label2id": {"a": 1}}, ["a", "b"]),
    ],
)
def test_names_that_are_mere_numbers_are_none(config, labels):
    assert labels_from_config(config, PATH, 2) == labels


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"id2label": {"0": "a"}}, r"`id2label` must name the head's outputs 0\.\.1"),
        ({"id2label": {"0": "a", "1": "b", "2": "c"}}, "must name the head's outputs"),
        ({"id2label": {"0": "a", "2": "b"}}, r"must name.*Received: id2label=\{'0': 'a', '2'"),
        ({"id2label": ["a", "b"]}, "must name the head's outputs"),
        ({"id2label": {"0": "a", "1": "a"}}, "`id2label` must hold strings, no two alike"),
        ({"id2label": {"0": "a", "1": 1}}, "must hold strings, no two alike"),
        ({"num_labels": 3}, "`num_labels` must be the number of the head's outputs, 2.*=3"),
        ({"num_labels": True}, "`num_labels` must be the number.*=True"),
        ({"num_labels": "2"}, "`num_labels` must be the number.*='2'"),
    ],
)
def test_bad_labels_are_refused_by_file_and_key(config, message):
    with pytest.raises(ValueError, match=rf"here/config\.json: .*{message}"):
        labels_from_config(config, PATH, 2)


def test_one_output_is_not_true():
    """`True == 1` in Python."""
    with pytest.raises(ValueError, match=r"`num_labels` must be the number.*=True"):
        labels_from_config({"num_labels": True}, PATH, 1)


def test_an_error_does_not_repeat_a_long_file():
    config = {"id2label": {str(i): "x" * 50 for i in range(1000)}}
    with pytest.raises(ValueError, match="`id2label` must hold strings") as caught:
        labels_from_config(config, PATH, 1000)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("config", "rate"),
    [
        ({}, None),
        ({"classifier_dropout": None}, None),
        ({"classifier_dropout": 0}, 0.0),
        ({"classifier_dropout": 0.25}, 0.25),
    ],
)
def test_the_dropout_of_the_head(config, rate):
    found = head_dropout(config, PATH)
    assert found == rate and type(found) is type(rate)


@pytest.mark.parametrize("rate", [1, 1.5, -0.1, True, False, "0.1", [0.1], float("nan")])
def test_a_bad_dropout_is_refused_by_file_and_key(rate):
    message = r"here/config\.json: `classifier_dropout` must be null or lie in \[0, 1\)"
    with pytest.raises(ValueError, match=message):
        head_dropout({"classifier_dropout": rate}, PATH)


@pytest.mark.parametrize(
    ("architectures", "same"),
    [
        (None, True),
        ([], True),
        ([CLASSIFICATION], True),
        (["BertForTokenClassification"], False),
        ([CLASSIFICATION, "BertModel"], False),
        (CLASSIFICATION, False),
    ],
)
def test_the_architecture(architectures, same):
    config = {"architectures": architectures}
    assert is_architecture(config, CLASSIFICATION) == same
    assert (problem(config, PATH, 2) is not None) == same


@pytest.mark.parametrize(
    ("config", "num_outputs", "kind"),
    [
        ({}, 1, "regression"),
        ({}, 2, "single_label_classification"),
        ({"problem_type": None}, 1, "regression"),
        ({"problem_type": "single_label_classification"}, 1, "single_label_classification"),
        ({"problem_type": "multi_label_classification"}, 1, "multi_label_classification"),
        ({"problem_type": "regression"}, 3, "regression"),
    ],
)
def test_the_problem_is_that_of_transformers(config, num_outputs, kind):
    assert problem(config, PATH, num_outputs) == kind


@pytest.mark.parametrize("kind", ["single", ["regression"], "", {}])
def test_a_bad_problem_is_refused_by_file_and_key(kind):
    with pytest.raises(ValueError, match=r"here/config\.json: `problem_type` must be null or one"):
        problem({"problem_type": kind}, PATH, 2)
    other = {"problem_type": kind, "architectures": ["BertForTokenClassification"]}
    assert problem(other, PATH, 2) is None
