import random

import keras
import numpy as np
import pytest

from kerabert import BertTextClassifier
from kerabert.training.model_state import check_model_state, read_model_state, write_model_state
from tests.tiny import LABELS, TEXTS, make_backbone, make_tokenizer


def make_model(**kwargs):
    backbone = make_backbone(num_layers=1, **kwargs)
    model = BertTextClassifier(backbone, tokenizer=make_tokenizer(), num_classes=2)
    model.fit(TEXTS, LABELS, batch_size=8, verbose=0)
    return model


@pytest.fixture(scope="module")
def model():
    return make_model()


def test_all_that_training_changes_is_read_and_written(model):
    before = read_model_state(model)
    paths = [name.partition(":")[2] for name in before]
    for part in ("token_embedding", "momentum", "iteration", "seed_generator_state", "loss/total"):
        assert any(part in path for path in paths), part
    model.fit(TEXTS, LABELS, batch_size=8, verbose=0)
    assert any((before[name] != array).any() for name, array in read_model_state(model).items())
    write_model_state(model, before)
    for name, array in read_model_state(model).items():
        np.testing.assert_array_equal(array, before[name], err_msg=name)


def test_the_generators_go_on_where_they_were(model):
    def draw():
        numbers = [random.random(), np.random.random(), np.random.normal()]
        if keras.backend.backend() == "torch":
            import torch

            numbers.append(torch.rand(()).item())
        return numbers

    random.gauss(0, 1)  # half of a pair is kept for the next call
    np.random.normal()
    state = read_model_state(model)
    numbers, pair = draw(), random.gauss(0, 1)
    write_model_state(model, state)
    assert (draw(), random.gauss(0, 1)) == (numbers, pair)


def test_what_is_read_is_a_copy(model):
    state = read_model_state(model)
    copies = {name: array.copy() for name, array in state.items()}
    model.fit(TEXTS, LABELS, batch_size=8, verbose=0)
    for name, array in state.items():
        np.testing.assert_array_equal(array, copies[name])


def test_another_model_is_refused(model):
    state = read_model_state(make_model(intermediate_dim=24))
    with pytest.raises(ValueError, match=r"here: .*shape \(8, 16\).*\(8, 24\)"):
        check_model_state(model, state, "here")
    state.pop(next(iter(state)))
    with pytest.raises(ValueError, match=r"here: .*variables"):
        check_model_state(model, state, "here")
