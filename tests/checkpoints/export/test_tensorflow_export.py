import sys

import keras
import numpy as np
import pytest

from kerabert.models import BertTextClassifier
from tests.checkpoints.exported import (
    MAKERS,
    SHAPES,
    TOLERANCE,
    difference,
    make_inputs,
    make_model,
)
from tests.tiny import make_backbone

tf = pytest.importorskip("tensorflow")
on_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="another process: slow, and the same"
)


def run_saved_model(path, x):
    loaded = tf.saved_model.load(str(path))  # its variables live as long as this does
    outputs = loaded.serve({name: tf.constant(values) for name, values in x.items()})
    if not isinstance(outputs, dict):
        outputs = {"output_0": outputs}
    return {name: values.numpy() for name, values in outputs.items()}


def run_litert(path, x):
    return tf.lite.Interpreter(model_path=str(path)).get_signature_runner()(**x)


def check_both(kind, folder):
    model = make_model(kind)
    model.export(folder / "saved")
    model.export(folder / "model.tflite", format="litert")
    for shape in SHAPES:
        x = make_inputs(model, *shape)
        assert difference(model, x, run_saved_model(folder / "saved", x)) < TOLERANCE
        assert difference(model, x, run_litert(folder / "model.tflite", x)) < TOLERANCE


def test_from_every_backend(tmp_path):
    check_both("question answerer", tmp_path)


@on_tensorflow
@pytest.mark.parametrize("kind", ["multiple choice", "pretrainer", "embedder, mean"])
def test_heads_of_their_own(kind, tmp_path):
    check_both(kind, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("kind", MAKERS)
def test_every_task(kind, tmp_path):
    check_both(kind, tmp_path)


@on_tensorflow
def test_weights_are_stored_once_and_nothing_of_the_optimizer(tmp_path):
    model = BertTextClassifier(make_backbone(vocabulary_size=5000), num_classes=3)
    model.compile()
    model.optimizer.build(model.trainable_variables)
    model.export(tmp_path / "saved")
    weights = sum(weight.nbytes for weight in model.get_weights())
    assert (tmp_path / "saved/variables/variables.data-00000-of-00001").stat().st_size < (
        1.2 * weights
    )


@on_tensorflow
def test_weights_of_8_bits(tmp_path):
    model = make_backbone(vocabulary_size=2000, hidden_dim=64)
    model.export(tmp_path / "full.tflite", format="litert")
    model.export(tmp_path / "small.tflite", format="litert", optimizations=["DEFAULT"])
    full, small = ((tmp_path / f"{name}.tflite").stat().st_size for name in ("full", "small"))
    assert small < 0.5 * full
    x = make_inputs(model, 2, 7)
    error = difference(model, x, run_litert(tmp_path / "small.tflite", x))
    assert TOLERANCE < error < 0.5


@keras.saving.register_keras_serializable(package="tests")
class DoubledClassifier(BertTextClassifier):
    """A class of a user's, which the process that exports must find."""

    def call(self, inputs, training=None, mask=None):
        return 2 * super().call(inputs, training=training, mask=mask)


def test_a_class_of_ones_own(tmp_path):
    model = DoubledClassifier(make_backbone(), num_classes=3)
    model.export(tmp_path / "saved")
    x = make_inputs(model, 3, 11)
    assert difference(model, x, run_saved_model(tmp_path / "saved", x)) < TOLERANCE


@pytest.mark.skipif(keras.backend.backend() == "tensorflow", reason="it needs no other process")
def test_what_cannot_go_to_the_other_process(tmp_path, monkeypatch):
    model = make_backbone()
    with pytest.raises(ValueError, match=r"Options must be text, numbers.*float32"):
        model.export(tmp_path / "model.tflite", format="litert", optimizations=[np.float32])
    monkeypatch.setattr(DoubledClassifier, "__module__", "__main__")
    with pytest.raises(ValueError, match=r"can be imported.*__main__\.DoubledClassifier"):
        DoubledClassifier(make_backbone(), num_classes=3).export(tmp_path / "saved")
    monkeypatch.setattr(sys, "executable", "false")
    with pytest.raises(RuntimeError, match="exports with TensorFlow failed"):
        model.export(tmp_path / "saved")


@keras.saving.register_keras_serializable(package="tests")
class InverseClassifier(BertTextClassifier):
    """A class with an operation that LiteRT has not."""

    def call(self, inputs, training=None, mask=None):
        return keras.ops.erfinv(super().call(inputs, training=training, mask=mask))


def test_operations_that_litert_lacks(tmp_path):
    model = InverseClassifier(make_backbone(), num_classes=3)
    with pytest.raises(ValueError, match=r"LiteRT must have all operations.*tf_saved_model"):
        model.export(tmp_path / "model.tflite", format="litert")
    assert not list(tmp_path.iterdir())
