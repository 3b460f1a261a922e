import sys

import keras
import pytest

from kerabert.checkpoints import export_model
from kerabert.models import BertQuestionAnswerer, BertTextClassifier
from tests.checkpoints.presets import make_classifier
from tests.tiny import make_backbone


@pytest.fixture
def calls(monkeypatch):
    """What Keras' own export was called with; nothing is written."""
    calls = []
    monkeypatch.setattr(keras.Model, "export", lambda model, *args, **kwargs: calls.append(args))
    return calls


@pytest.mark.parametrize("make", [make_classifier, make_backbone])
def test_a_model_has_the_method(make, tmp_path):
    make().export(tmp_path / "model.onnx", format="onnx")
    assert (tmp_path / "model.onnx").read_bytes()[:20].find(b"kerabert") > 0


def test_an_input_signature_leaves_it_to_keras(calls, tmp_path):
    signature = [{"token_ids": keras.InputSpec(shape=(None, 8), dtype="int32")}]
    make_classifier().export(tmp_path / "model.pt2", "torch", None, signature)
    assert calls == [(str(tmp_path / "model.pt2"), "torch", None, signature)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"format": "torch"}, r"`format` must be one of .*input_signature.*format='torch'"),
        ({"format": "onnx", "opset_version": 9}, r"no options.*opset_version"),
        ({"format": "litert"}, r'must end in "\.tflite"'),
        ({"format": "onnx", "raw_strings": True}, r"Only `format=\"tf_saved_model\"`.*'onnx'"),
        ({"raw_strings": True, "input_signature": []}, r"`input_signature` must be None"),
    ],
)
def test_arguments(arguments, message, calls, tmp_path):
    with pytest.raises(ValueError, match=message):
        make_classifier().export(tmp_path / "model", **arguments)
    assert not calls and not list(tmp_path.iterdir())


def test_strings_need_a_tokenizer_and_a_task_that_takes_them(tmp_path):
    for model, message in (
        (BertTextClassifier(make_backbone(), num_classes=2), "must have a tokenizer"),
        (BertQuestionAnswerer(make_backbone()), "Received: a BertQuestionAnswerer"),
        (make_backbone(), "Received: a BertBackbone"),
    ):
        with pytest.raises(ValueError, match=message):
            export_model(model, tmp_path / "model", raw_strings=True)


def test_litert_computes_in_float32(tmp_path):
    model = make_backbone(dtype="mixed_bfloat16")
    with pytest.raises(ValueError, match=r"must compute in float32.*'mixed_bfloat16'"):
        model.export(tmp_path / "model.tflite", format="litert")


@pytest.mark.parametrize(
    ("package", "message"),
    [("tensorflow", r"tensorflow\. Install it"), ("tensorflow_text", r"tensorflow-text\. Inst")],
)
def test_a_missing_package(package, message, monkeypatch, tmp_path):
    find_spec = sys.modules["kerabert.checkpoints.export.export_model"].find_spec
    monkeypatch.setattr(
        "kerabert.checkpoints.export.export_model.find_spec",
        lambda name: None if name == package else find_spec(name),
    )
    with pytest.raises(ImportError, match=message):
        make_classifier().export(tmp_path / "model", raw_strings=True)
