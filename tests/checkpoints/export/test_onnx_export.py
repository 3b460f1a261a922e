import json

import onnx
import pytest

from kerabert.checkpoints.export.onnx_export import write_onnx
from kerabert.models import BertTextClassifier
from tests.checkpoints.exported import (
    MAKERS,
    SHAPES,
    TOLERANCE,
    difference,
    make_inputs,
    make_model,
    open_onnx,
    run_onnx,
)
from tests.checkpoints.presets import make_classifier, randomize
from tests.tiny import make_backbone


@pytest.mark.parametrize("kind", MAKERS)
def test_the_outputs_are_the_models(kind, tmp_path):
    model = make_model(kind)
    write_onnx(model, tmp_path / "model.onnx")
    inputs = open_onnx(tmp_path / "model.onnx").get_inputs()
    assert [i.name for i in inputs] == list(model.input)
    run = run_onnx(tmp_path / "model.onnx")
    for shape in SHAPES:
        x = make_inputs(model, *shape)
        assert difference(model, x, run(x)) < TOLERANCE


def test_the_file_says_what_it_holds(tmp_path):
    write_onnx(make_classifier(), tmp_path / "model.onnx")
    model = onnx.load(tmp_path / "model.onnx")
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    assert metadata["task"] == "BertTextClassifier"
    assert json.loads(metadata["settings"])["classes"] == ["no", "yes", "Zürich"]
    assert model.opset_import[0].version == 17
    assert model.producer_name == "kerabert"


def test_lora_is_merged_in(tmp_path):
    backbone = make_backbone()
    backbone.enable_lora(2)
    model = randomize(BertTextClassifier(backbone, num_classes=3))
    write_onnx(model, tmp_path / "model.onnx")
    x = make_inputs(model, 3, 11)
    outputs = run_onnx(tmp_path / "model.onnx")(x)
    assert difference(model, x, outputs) < TOLERANCE


def test_half_precision_is_written_in_full(tmp_path):
    half = make_backbone(dtype="mixed_bfloat16")
    full = make_backbone()
    full.set_weights(half.get_weights())
    write_onnx(half, tmp_path / "model.onnx")
    x = make_inputs(full, 3, 11)
    outputs = run_onnx(tmp_path / "model.onnx")(x)
    assert difference(full, x, outputs) < TOLERANCE


def test_a_head_that_is_not_known(tmp_path):
    class Other(BertTextClassifier):
        pass

    with pytest.raises(ValueError, match=r"the head of another class is unknown.*Other"):
        write_onnx(Other(make_backbone(), num_classes=3), tmp_path / "model.onnx")
