"""Models of every kind to export, and inputs for them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from kerabert.models import (
    BertMaskedLM,
    BertMultipleChoice,
    BertNextSentencePredictor,
    BertPretrainer,
    BertQuestionAnswerer,
    BertTextClassifier,
    BertTextEmbedder,
    BertTextRegressor,
    BertTokenClassifier,
)
from tests.checkpoints.presets import randomize
from tests.checks import to_numpy
from tests.tiny import VOCABULARY, make_backbone

MAKERS = {
    "backbone": make_backbone,
    "backbone without pooler": lambda: make_backbone(use_pooler=False),
    "classifier": lambda: BertTextClassifier(make_backbone(), num_classes=3),
    "regressor": lambda: BertTextRegressor(make_backbone(), num_outputs=2),
    "token classifier": lambda: BertTokenClassifier(make_backbone(), num_classes=3),
    "question answerer": lambda: BertQuestionAnswerer(make_backbone()),
    "multiple choice": lambda: BertMultipleChoice(make_backbone()),
    "masked LM": lambda: BertMaskedLM(make_backbone()),
    "masked LM, untied": lambda: BertMaskedLM(make_backbone(), tie_embeddings=False),
    "next sentence": lambda: BertNextSentencePredictor(make_backbone()),
    "pretrainer": lambda: BertPretrainer(make_backbone()),
    "embedder, mean": lambda: BertTextEmbedder(make_backbone()),
    "embedder, cls": lambda: BertTextEmbedder(make_backbone(), pooling="cls", normalize=False),
    "embedder, max": lambda: BertTextEmbedder(make_backbone(), pooling="max"),
}
SHAPES = [(1, 5), (3, 11)]  # any batch, any length
TOLERANCE = 1e-5


def make_model(kind: str) -> Any:
    """A model whose weights are all random: a bias of zeros would hide its absence."""
    return randomize(MAKERS[kind]())


def make_inputs(model: Any, batch: int, length: int) -> dict[str, np.ndarray]:
    """Random inputs, with padding; the last choice of the last row is none."""
    generator = np.random.default_rng(batch)
    is_choice = len(model.input["token_ids"].shape) == 3
    shape = (batch, 2, length) if is_choice else (batch, length)
    lengths = generator.integers(1, length + 1, shape[:-1])
    if is_choice:
        lengths[-1, -1] = 0
    x = {
        "token_ids": generator.integers(0, len(VOCABULARY), shape, dtype="int32"),
        "segment_ids": generator.integers(0, 2, shape, dtype="int32"),
        "padding_mask": np.arange(length) < lengths[..., None],
    }
    if "mask_positions" in model.input:
        x["mask_positions"] = generator.integers(0, length, (batch, 2), dtype="int32")
    return x


def difference(model: Any, x: dict[str, np.ndarray], outputs: dict[str, Any]) -> float:
    """The largest difference between the model's outputs and those by name."""
    expected = to_numpy(model(x))
    if not isinstance(expected, dict):
        assert len(outputs) == 1
        expected = {next(iter(outputs)): expected}
    assert set(outputs) == set(expected)
    for name, values in expected.items():
        assert values.shape == np.shape(outputs[name])
    return max(float(np.abs(expected[name] - outputs[name]).max()) for name in expected)


def open_onnx(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # tiny models: threads only wait for each other
    return onnxruntime.InferenceSession(path, options)


def run_onnx(path: Path) -> Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]:
    """A function from inputs to outputs, each by name."""
    session = open_onnx(path)
    names = [output.name for output in session.get_outputs()]
    return lambda x: dict(zip(names, session.run(None, x), strict=True))
