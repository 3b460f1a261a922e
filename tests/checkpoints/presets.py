"""Presets that the tests of this folder share."""

import json
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerabert.checkpoints.stored_weights import StoredTensor, StoredWeights
from kerabert.models.backbone import BertBackbone
from kerabert.models.text_classifier import BertTextClassifier
from tests.checks import to_numpy
from tests.tiny import VOCABULARY, make_backbone, make_tokenizer

SENTENCES = ["good film .", "was it not very very bad", "Awfuls greatly"]


def randomize(model: Any, seed: int = 0) -> Any:
    """Give every weight random values: a mistaken name shows only where weights differ."""
    generator = np.random.default_rng(seed)
    for weight in model.weights:
        if keras.backend.is_float_dtype(weight.dtype):
            weight.assign(generator.normal(0, 0.3, weight.shape))
    return model


def make_classifier(seed: int = 0, **kwargs: Any) -> BertTextClassifier:
    settings = {"classes": ["no", "yes", "Zürich"], "tokenizer": make_tokenizer()}
    return randomize(BertTextClassifier(make_backbone(), **{**settings, **kwargs}), seed)


def arrays(model: Any) -> dict[str, np.ndarray]:
    """The weights of a model by path; a model's own name is not part of it."""
    named = {}
    for weight in model.weights:
        if keras.backend.is_float_dtype(weight.dtype):
            path = weight.path.split("/")
            while path[0].startswith("bert_"):
                path = path[1:]
            named["/".join(path)] = keras.ops.convert_to_numpy(weight)
    return named


def are_equal(one: Any, other: Any) -> bool:
    """Whether two models have the same weights, bit for bit."""
    ones, others = arrays(one), arrays(other)
    return ones.keys() == others.keys() and all(
        ones[key].tobytes() == others[key].tobytes() for key in ones
    )


def file_names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def edit_json(path: Path, **values: Any) -> None:
    """Set keys of a JSON file; `...` removes one."""
    content = json.loads(path.read_text()) | values
    content = {key: value for key, value in content.items() if value is not ...}
    path.write_text(json.dumps(content))


def make_plain(preset: Path, plain: Path) -> Path:
    """Turn a preset of kerabert into a directory as Hugging Face's libraries write it."""
    import safetensors.numpy

    shutil.copytree(preset, plain)
    (plain / "kerabert.json").unlink(missing_ok=True)
    tensors = safetensors.numpy.load_file(plain / "model.safetensors")
    write_tensors(plain, tensors)
    return plain


def read_tensors(directory: Path) -> dict[str, np.ndarray]:
    import safetensors.numpy

    return safetensors.numpy.load_file(directory / "model.safetensors")


def write_tensors(directory: Path, tensors: dict[str, np.ndarray]) -> None:
    import safetensors.numpy

    path = directory / "model.safetensors"
    safetensors.numpy.save_file(tensors, path, metadata={"format": "pt"})


def compute(
    backbone: Any, ids: np.ndarray, segments: np.ndarray, mask: np.ndarray
) -> dict[str, np.ndarray]:
    """The outputs of a backbone; compiled where it is large, since JAX compiles each step else."""
    inputs = {
        "token_ids": ids.astype("int32"),
        "segment_ids": segments.astype("int32"),
        "padding_mask": mask,
    }
    if backbone.num_layers > 2:
        return backbone.predict(inputs, batch_size=len(ids), verbose=0)
    return to_numpy(backbone(inputs))


def difference_of_backbones(
    ours: Any, theirs: Any, ids: np.ndarray, mask: np.ndarray | None = None, num_segments: int = 2
) -> float:
    """The largest difference at any token between our outputs and those of transformers."""
    import torch

    mask = np.ones(ids.shape, bool) if mask is None else mask
    segments = np.random.default_rng(1).integers(0, num_segments, ids.shape)
    outputs = compute(ours, ids, segments, mask)
    with torch.no_grad():
        expected = theirs(
            input_ids=torch.tensor(ids),
            token_type_ids=torch.tensor(segments),
            attention_mask=torch.tensor(mask.astype("int64")),
        )
    difference = np.abs(outputs["sequence_output"] - expected.last_hidden_state.numpy())[mask].max()
    if "pooled_output" in outputs:
        pooled = np.abs(outputs["pooled_output"] - expected.pooler_output.numpy()).max()
        difference = max(difference, pooled)
    return float(difference)


def stored_shapes(**shapes):
    """Weights of which only the shapes matter."""
    tensors = {name: StoredTensor(shape, lambda: None, "w", name) for name, shape in shapes.items()}
    return StoredWeights("w", tensors)


__all__ = [
    "SENTENCES",
    "VOCABULARY",
    "BertBackbone",
    "are_equal",
    "arrays",
    "compute",
    "difference_of_backbones",
    "edit_json",
    "file_names",
    "make_backbone",
    "make_classifier",
    "make_plain",
    "make_tokenizer",
    "randomize",
    "read_tensors",
    "stored_shapes",
    "write_tensors",
]
