import keras
import numpy as np
import pytest

from kerabert.models.backbone import BertBackbone
from tests.checks import check_keras_file, largest_difference, to_numpy
from tests.tiny import make_backbone

TOKEN_IDS = np.array([[2, 5, 6, 3, 0, 0], [2, 7, 3, 8, 9, 3]], "int32")
INPUTS = {
    "token_ids": TOKEN_IDS,
    "segment_ids": np.array([[0] * 6, [0, 0, 0, 1, 1, 1]], "int32"),
    "padding_mask": TOKEN_IDS != 0,
}


def test_shapes_and_weights():
    backbone = make_backbone()
    outputs = backbone(INPUTS)
    assert tuple(outputs["sequence_output"].shape) == (2, 6, 8)
    assert tuple(outputs["pooled_output"].shape) == (2, 8)
    # Counted by hand: embeddings (17 + 32 + 2 rows) and LayerNorm; per block 4 projections,
    # 2 feed-forward layers and 2 LayerNorms; the pooler.
    block = 4 * (8 * 8 + 8) + (8 * 16 + 16) + (16 * 8 + 8) + 2 * 16
    assert sum(int(np.prod(w.shape)) for w in backbone.trainable_weights) == (
        (17 + 32 + 2) * 8 + 16 + 2 * block + (8 * 8 + 8)
    )
    assert len({w.path for w in backbone.weights}) == len(backbone.weights)


def test_without_pooler():
    backbone = make_backbone(use_pooler=False)
    assert set(backbone(INPUTS)) == {"sequence_output"}


def test_keras_file(tmp_path):
    check_keras_file(make_backbone(activation="gelu_new"), INPUTS, tmp_path / "b.keras")


def test_keras_file_keeps_a_dtype_policy(tmp_path):
    loaded = check_keras_file(
        make_backbone(dtype="mixed_bfloat16", use_pooler=False), INPUTS, tmp_path / "b.keras"
    )
    assert loaded.dtype_policy.name == "mixed_bfloat16"
    assert loaded.blocks[0].attention.query.compute_dtype == "bfloat16"
    assert keras.backend.standardize_dtype(loaded.weights[0].dtype) == "float32"


def test_padding_does_not_change_a_row():
    backbone = make_backbone()
    short = {name: values[:1, :4] for name, values in INPUTS.items()}
    padded, outputs = to_numpy(backbone(INPUTS)), to_numpy(backbone(short))
    assert largest_difference(padded["sequence_output"][:1, :4], outputs["sequence_output"]) < 1e-6
    assert largest_difference(padded["pooled_output"][:1], outputs["pooled_output"]) < 1e-6
    # What stands at the padding is not looked at.
    other = {**INPUTS, "token_ids": np.where(TOKEN_IDS == 0, 11, TOKEN_IDS)}
    changed = to_numpy(backbone(other))
    assert largest_difference(changed["pooled_output"], padded["pooled_output"]) < 1e-6


def test_gradient_checkpointing_trains_alike():
    weights = []
    for gradient_checkpointing in (False, True):
        backbone = make_backbone(gradient_checkpointing=gradient_checkpointing, use_pooler=False)
        backbone.compile(keras.optimizers.SGD(0.5), "mse")
        target = {"sequence_output": np.ones((2, 6, 8), "float32")}
        backbone.fit(INPUTS, target, epochs=2, shuffle=False, verbose=0)
        weights.append([keras.ops.convert_to_numpy(w) for w in backbone.trainable_weights])
    assert largest_difference(*weights) < 1e-5


def test_out_of_range_ids():
    backbone = make_backbone()
    wrong = {**INPUTS, "token_ids": TOKEN_IDS + 20}
    for call in (backbone, lambda x: backbone.predict(x, verbose=0)):
        with pytest.raises(ValueError, match=r"`token_ids` must lie in 0..16"):
            call(wrong)


def test_bad_arguments():
    with pytest.raises(ValueError, match="Received: num_heads=3, hidden_dim=8"):
        make_backbone(num_heads=3)
    with pytest.raises(ValueError, match="`num_layers` must be a positive integer"):
        make_backbone(num_layers=0)
    with pytest.raises(ValueError, match="`activation` must be one of"):
        make_backbone(activation="geluu")
    with pytest.raises(TypeError):
        BertBackbone(hidden_dim=8)


def test_too_long():
    long = {name: np.tile(values, (1, 6)) for name, values in INPUTS.items()}
    with pytest.raises(ValueError, match="Received: 36 tokens, max_sequence_length=32"):
        make_backbone()(long)


def test_frozen_layers_are_kept_and_stay_frozen(tmp_path):
    backbone = make_backbone(frozen_layers=["embedding", "pooler"])
    assert not backbone.embedding.trainable and backbone.blocks[0].trainable
    backbone.blocks[1].trainable = False
    loaded = check_keras_file(backbone, INPUTS, tmp_path / "backbone.keras")
    assert loaded.get_config()["frozen_layers"] == ["embedding", "block_1", "pooler"]
    assert len(loaded.trainable_variables) == len(backbone.trainable_variables)
    with pytest.raises(ValueError, match=r"`frozen_layers` must be among .*'block_1', 'pooler'"):
        make_backbone(frozen_layers=["block_2"])
