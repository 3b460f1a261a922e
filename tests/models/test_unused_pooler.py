import warnings

import keras
import numpy as np
import pytest

import kerabert
from tests.checks import check_keras_file, largest_difference
from tests.models.test_backbone import INPUTS
from tests.tiny import LABELS, TEXTS, make_plain_backbone, make_tokenizer

IDS = np.array([[1, 0, 2, 1, 0, 0], [2, 2, 1, 0, 1, 0]], "int32")
TASKS = {
    "BertTokenClassifier": ({"num_classes": 3}, INPUTS, IDS),
    "BertQuestionAnswerer": ({}, INPUTS, {"start": IDS[:, 0], "end": IDS[:, 1]}),
    "BertMaskedLM": ({}, INPUTS | {"mask_positions": IDS[:, :2]}, IDS[:, :2]),
    "BertTextEmbedder": ({}, (TEXTS, TEXTS[::-1]), None),
}


def values(layer):
    return [keras.ops.convert_to_numpy(weight) for weight in layer.weights]


def fit(model, x, y):
    """A few steps at a high rate, so that weight decay would show; a warning is an error."""
    model.compile(kerabert.BertAdamW(0.1))
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Gradients do not exist")
        model.fit(x, y, epochs=2, verbose=0)


def make(name):
    arguments, *_ = TASKS[name]
    return getattr(kerabert, name)(make_plain_backbone(), tokenizer=make_tokenizer(), **arguments)


@pytest.mark.parametrize("name", TASKS)
def test_it_stays_as_it_is(name):
    model, (_, x, y) = make(name), TASKS[name]
    backbone = model.backbone
    pooler, others = values(backbone.pooler), values(backbone.blocks[0])
    fit(model, x, y)
    assert largest_difference(pooler, values(backbone.pooler)) == 0
    assert largest_difference(others, values(backbone.blocks[0])) > 0.01

    unused = {id(weight) for weight in backbone.pooler.weights}
    for trained, left, kept in (
        (model.trainable_weights, model.non_trainable_weights, model.weights),
        (model.trainable_variables, model.non_trainable_variables, model.variables),
    ):
        assert sorted(map(id, trained + left)) == sorted(map(id, kept))
        assert unused <= set(map(id, left))


def test_the_next_task_of_the_backbone_trains_it(tmp_path):
    model = make("BertTokenClassifier")
    fit(model, INPUTS, IDS)
    loaded = check_keras_file(model, INPUTS, tmp_path / "model.keras")
    assert len(loaded.optimizer.variables) == len(model.optimizer.variables)

    backbone = model.backbone
    pooler = values(backbone.pooler)
    fit(kerabert.BertTextClassifier(backbone, 2, tokenizer=make_tokenizer()), TEXTS, LABELS)
    assert largest_difference(pooler, values(backbone.pooler)) > 0.01


def test_a_backbone_without_one_and_a_frozen_task():
    model = kerabert.BertTokenClassifier(make_plain_backbone(use_pooler=False), num_classes=2)
    assert len(model.trainable_weights) == len(model.weights)
    model = kerabert.BertTokenClassifier(make_plain_backbone(), num_classes=2)
    model.trainable = False
    assert not model.trainable_weights and len(model.non_trainable_weights) == len(model.weights)
