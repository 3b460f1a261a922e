import pytest

from kerabert.checkpoints.export.onnx_bert import _ACTIVATIONS
from kerabert.layers.activations import ACTIVATIONS
from tests.checkpoints.exported import TOLERANCE, difference, make_inputs, run_onnx
from tests.checkpoints.presets import randomize
from tests.tiny import make_backbone


def export(model, path):
    model.export(path, format="onnx")
    return run_onnx(path)


def test_the_activations_are_those_of_the_layers():
    assert set(_ACTIVATIONS) == set(ACTIVATIONS)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations(activation, tmp_path):
    model = randomize(make_backbone(num_layers=1, activation=activation))
    x = make_inputs(model, 3, 11)
    assert difference(model, x, export(model, tmp_path / "model.onnx")(x)) < TOLERANCE


def test_sizes_and_epsilon(tmp_path):
    sizes = {"hidden_dim": 12, "num_heads": 4, "num_segments": 3, "intermediate_dim": 10}
    model = randomize(make_backbone(**sizes, layer_norm_epsilon=0.1, num_layers=3))
    x = make_inputs(model, 3, 11)
    assert difference(model, x, export(model, tmp_path / "model.onnx")(x)) < TOLERANCE


def test_too_long_a_sequence_or_an_unknown_id_fails(tmp_path):
    model = make_backbone(max_sequence_length=8)
    run = export(model, tmp_path / "model.onnx")
    run(make_inputs(model, 2, 8))
    with pytest.raises(Exception, match="Add"):
        run(make_inputs(model, 2, 9))
    x = make_inputs(model, 2, 8)
    x["token_ids"][0, 0] = 1000
    with pytest.raises(Exception, match="out of data bounds"):
        run(x)
