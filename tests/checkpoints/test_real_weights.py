"""Pretrained weights: what kerabert computes is what each one's own library computes."""

import numpy as np
import pytest

from kerabert.checkpoints.preset import load_preset, save_preset
from kerabert.models.text_embedder import BertTextEmbedder
from tests.checkpoints.presets import read_tensors
from tests.checkpoints.real_weights import BOUNDS, COMPARISONS, missing_for, unpack_4_bits
from tests.checks import MINILM, needs_minilm


@pytest.mark.parametrize("model", COMPARISONS)
def test_the_outputs_are_those_of_their_own_library(model):
    if missing := missing_for(model):
        pytest.skip(missing)
    figures = COMPARISONS[model]()
    print(model, figures)
    for name, bound in BOUNDS[model].items():
        assert figures[name] <= bound, name
    if model == "Rampart":
        assert figures["tags of a class"] > 100  # else equal tags would say little


@needs_minilm
def test_minilm_goes_out_as_it_came_in(tmp_path):
    save_preset(load_preset(BertTextEmbedder, MINILM), tmp_path / "preset")
    before, after = read_tensors(MINILM), read_tensors(tmp_path / "preset")
    before.pop("embeddings.position_ids", None)  # 0, 1, 2 ...: no weight
    assert before.keys() == after.keys() and "pooler.dense.weight" in after
    assert all(before[name].tobytes() == after[name].tobytes() for name in before)


def test_4_bits_by_a_plain_loop():
    generator = np.random.default_rng(0)
    packed = generator.integers(0, 256, (3, 2, 16), dtype="uint8")
    scales = generator.normal(size=(3, 2)).astype("float32")
    matrix = unpack_4_bits(packed, scales)
    assert matrix.shape == (3, 64) and matrix.dtype == np.float32
    for row in range(3):
        for column in range(64):
            byte = int(packed[row, column // 32, column % 32 // 2])
            value = byte // 16 if column % 2 else byte % 16
            assert matrix[row, column] == np.float32(value - 8) * scales[row, column // 32]
