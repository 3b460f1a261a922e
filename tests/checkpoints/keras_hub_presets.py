"""Small models of KerasHub, and presets of it, that the tests share."""

import json
import os
import shutil

import keras
import numpy as np
import pytest

import kerabert
from tests.checkpoints.presets import (
    VOCABULARY,
    edit_json,
    make_backbone,
    make_tokenizer,
    randomize,
)

CONFIG = {
    "vocabulary_size": len(VOCABULARY),
    "hidden_dim": 8,
    "num_layers": 2,
    "num_heads": 2,
    "intermediate_dim": 12,
    "max_sequence_length": 24,
}
OURS = {
    "backbone": kerabert.BertBackbone,
    "classifier": kerabert.BertTextClassifier,
    "masked_lm": kerabert.BertMaskedLM,
    "embedder": kerabert.BertTextEmbedder,
}
# KerasHub's arguments of each task, and ours that say the same.
SETTINGS = {
    "backbone": ({}, {}),
    "classifier": ({"num_classes": 3, "dropout": 0.2}, {"num_classes": 3, "dropout_rate": 0.2}),
    "masked_lm": ({}, {"head_activation": "gelu", "head_layer_norm_epsilon": 1e-5}),
    "embedder": (
        {"pooling_mode": "cls", "normalize": False},
        {"pooling": "cls", "normalize": False},
    ),
}


def hub():
    """KerasHub, which imports TensorFlow on every backend."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    return pytest.importorskip("keras_hub")


def their_class(kind):
    names = {"backbone": "BertBackbone", "classifier": "BertTextClassifier"}
    names |= {"masked_lm": "BertMaskedLM", "embedder": "BertTextEmbedder"}
    return getattr(hub().models, names[kind])


def make_theirs(kind, seed=0, sequence_length=12, tokenizer=None, arguments=None, **config):
    """A model of KerasHub with random weights, biases and LayerNorms among them."""
    models = hub().models
    backbone = models.BertBackbone(**(CONFIG | config))
    if kind == "backbone":
        return randomize(backbone, seed)
    tokenizer = models.BertTokenizer(VOCABULARY, **(tokenizer or {"lowercase": True}))
    cls = their_class(kind)
    preprocessor = cls.preprocessor_cls(tokenizer, sequence_length=sequence_length)
    arguments = SETTINGS[kind][0] if arguments is None else arguments
    return randomize(cls(backbone, preprocessor=preprocessor, **arguments), seed)


def make_ours(kind, seed=0, tokenizer=None, backbone=None, **settings):
    """A model of ours that KerasHub can hold."""
    backbone = make_backbone(**({"activation": "gelu_new", "num_segments": 3} | (backbone or {})))
    if kind == "backbone":
        return randomize(backbone, seed)
    settings = SETTINGS[kind][1] | {"tokenizer": make_tokenizer(**(tokenizer or {}))} | settings
    return randomize(OURS[kind](backbone, **settings), seed)


def make_inputs(vocabulary_size, num_segments, length=10, seed=0):
    """Random rows, the first one full, the others padded."""
    generator = np.random.default_rng(seed)
    lengths = np.array([length, 2, length // 2])
    mask = np.arange(length) < lengths[:, None]
    return {
        "token_ids": generator.integers(0, vocabulary_size, mask.shape).astype("int32"),
        "segment_ids": generator.integers(0, num_segments, mask.shape).astype("int32"),
        "padding_mask": mask,
    }


def compute(model, kind, inputs):
    """The outputs of a model of either library; of a backbone, those at tokens."""
    mask = inputs["padding_mask"]
    if type(model).__module__.startswith("keras_hub"):
        inputs = inputs | {"padding_mask": mask.astype("int32")}
    if kind == "masked_lm":
        inputs = inputs | {"mask_positions": np.array([[0, 1], [1, 0], [1, 1]], "int32")}
    outputs = keras.tree.map_structure(keras.ops.convert_to_numpy, model(inputs))
    if kind == "backbone":
        return {**outputs, "sequence_output": outputs["sequence_output"][mask]}
    return {"outputs": outputs}


def their_tensors(directory):
    """Every weight of a preset's files by file and path, as h5py reads them."""
    import h5py

    tensors = {}
    for path in sorted(directory.glob("*.h5")):

        def visit(name, item, path=path):
            if isinstance(item, h5py.Dataset) and name.startswith("layers/"):
                tensors[f"{path.name}: {name}"] = item[()]

        with h5py.File(path) as file:
            file.visititems(visit)
    return tensors


def make_plain(preset, plain):
    """Turn a preset of kerabert into one as KerasHub writes it."""
    shutil.copytree(preset, plain)
    (plain / "kerabert.json").unlink()
    edit_json(plain / "metadata.json", kerabert=...)
    return plain


def edit_config(path, *keys, **values):
    """Set keys of an object's config in a JSON file; `...` removes one."""
    content = json.loads(path.read_text())
    place = content["config"]
    for key in keys:
        place = place[key]["config"]
    place |= values
    for key in [key for key, value in place.items() if value is ...]:
        del place[key]
    path.write_text(json.dumps(content))
