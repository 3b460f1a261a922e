"""Names and shapes of KerasHub's tensors."""

import numpy as np
import pytest

from kerabert.checkpoints.bert_layers import backbone_shapes
from kerabert.checkpoints.keras_hub.tensors import (
    HubTensor,
    backbone_tensors,
    classifier_tensors,
    masked_lm_tensors,
)
from kerabert.checkpoints.pretraining_config import masked_lm_shapes
from tests.checkpoints.keras_hub_presets import make_ours, make_theirs, their_tensors


@pytest.mark.parametrize("kind", ["backbone", "classifier", "masked_lm"])
def test_paths_and_shapes_are_those_that_keras_hub_writes(tmp_path, kind):
    theirs = make_theirs(kind, num_layers=11)
    theirs.save_to_preset(str(tmp_path))
    arguments = (theirs if kind == "backbone" else theirs.backbone).get_config()
    ours = {f"model.weights.h5: {t.path}": t.shape for t in backbone_tensors(arguments)}
    if kind != "backbone":
        of_head = (
            classifier_tensors(3, arguments)
            if kind == "classifier"
            else masked_lm_tensors(arguments)
        )
        ours |= {f"task.weights.h5: {tensor.path}": tensor.shape for tensor in of_head}
    assert ours == {name: array.shape for name, array in their_tensors(tmp_path).items()}


def test_names_are_those_of_hugging_face():
    arguments = make_ours("backbone").get_config()
    ours = {tensor.name: tensor.name_shape for tensor in backbone_tensors(arguments)}
    assert ours == dict(backbone_shapes(arguments))
    head = {tensor.name: tensor.name_shape for tensor in masked_lm_tensors(arguments)}
    assert head == masked_lm_shapes({}, arguments)


def test_a_kernel_is_turned():
    """KerasHub's kernel sums over an input i: y[h, d] = sum x[i] k[i, h, d]; so must the weight."""
    kernel = np.random.default_rng(0).normal(size=(6, 3, 2))
    tensor = HubTensor("p", (6, 3, 2), "n", (6, 6), is_kernel=True)
    x = np.random.default_rng(1).normal(size=6)
    expected = np.einsum("i,ihd->hd", x, kernel).reshape(-1)
    assert np.allclose(tensor.to_hugging_face(kernel) @ x, expected)
    assert (tensor.from_hugging_face(tensor.to_hugging_face(kernel)) == kernel).all()


def test_the_kernel_after_attention_is_turned():
    kernel = np.random.default_rng(0).normal(size=(3, 2, 6))
    tensor = HubTensor("p", (3, 2, 6), "n", (6, 6), is_kernel=True)
    x = np.random.default_rng(1).normal(size=(3, 2))
    expected = np.einsum("hd,hdo->o", x, kernel)
    assert np.allclose(tensor.to_hugging_face(kernel) @ x.reshape(-1), expected)
    assert (tensor.from_hugging_face(tensor.to_hugging_face(kernel)) == kernel).all()
