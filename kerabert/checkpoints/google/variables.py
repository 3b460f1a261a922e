"""The variables of Google's BERTs by the names that Hugging Face gives them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Getter = Callable[[], Array]

_LAYER = r"(?P<layer>0|[1-9]\d{0,4})"
_NORM = {"gamma": "weight", "beta": "bias"}
_DENSE = {"kernel": "weight", "bias": "bias"}

# Tables, which have no part of their own in TensorFlow 1; and heads, whose weights are not
# transposed there.
_WHOLE = {
    "bert/embeddings/word_embeddings": "bert.embeddings.word_embeddings.weight",
    "bert/embeddings/position_embeddings": "bert.embeddings.position_embeddings.weight",
    "bert/embeddings/token_type_embeddings": "bert.embeddings.token_type_embeddings.weight",
    "cls/predictions/output_bias": "cls.predictions.bias",
    # Google's code has no such variable: there the decoder is always the table of the words.
    "cls/predictions/output_weights": "cls.predictions.decoder.weight",
    "cls/seq_relationship/output_weights": "cls.seq_relationship.weight",
    "cls/seq_relationship/output_bias": "cls.seq_relationship.bias",
    "output_weights": "classifier.weight",  # run_classifier.py
    "output_bias": "classifier.bias",
    "cls/squad/output_weights": "qa_outputs.weight",  # run_squad.py
    "cls/squad/output_bias": "qa_outputs.bias",
}
_TENSORFLOW_1 = {
    rf"bert/encoder/layer_{_LAYER}/attention/self/(?P<one>query|key|value)": (
        "bert.encoder.layer.{layer}.attention.self.{one}"
    ),
    rf"bert/encoder/layer_{_LAYER}/attention/output/(?P<one>dense|LayerNorm)": (
        "bert.encoder.layer.{layer}.attention.output.{one}"
    ),
    rf"bert/encoder/layer_{_LAYER}/intermediate/dense": (
        "bert.encoder.layer.{layer}.intermediate.dense"
    ),
    rf"bert/encoder/layer_{_LAYER}/output/(?P<one>dense|LayerNorm)": (
        "bert.encoder.layer.{layer}.output.{one}"
    ),
    r"bert/embeddings/LayerNorm": "bert.embeddings.LayerNorm",
    r"bert/pooler/dense": "bert.pooler.dense",
    r"cls/predictions/transform/(?P<one>dense|LayerNorm)": "cls.predictions.transform.{one}",
    r"dense": "classifier",  # BLEURT
}
# The variables' own names in TensorFlow 2, within a model that may have a name too.
_BLOCK = rf"(?:[^/]+/)?transformer/layer_{_LAYER}"
_TENSORFLOW_2 = {
    r"(?:[^/]+/)?word_embeddings": "bert.embeddings.word_embeddings",
    r"(?:[^/]+/)?position_embedding": "bert.embeddings.position_embeddings",
    r"(?:[^/]+/)?type_embeddings": "bert.embeddings.token_type_embeddings",
    r"(?:[^/]+/)?embeddings/layer_norm": "bert.embeddings.LayerNorm",
    rf"{_BLOCK}/self_attention/(?P<one>query|key|value)": (
        "bert.encoder.layer.{layer}.attention.self.{one}"
    ),
    rf"{_BLOCK}/self_attention/attention_output": (
        "bert.encoder.layer.{layer}.attention.output.dense"
    ),
    rf"{_BLOCK}/self_attention_output": "bert.encoder.layer.{layer}.attention.output.dense",
    rf"{_BLOCK}/self_attention_layer_norm": (
        "bert.encoder.layer.{layer}.attention.output.LayerNorm"
    ),
    rf"{_BLOCK}/intermediate": "bert.encoder.layer.{layer}.intermediate.dense",
    rf"{_BLOCK}/output": "bert.encoder.layer.{layer}.output.dense",
    rf"{_BLOCK}/output_layer_norm": "bert.encoder.layer.{layer}.output.LayerNorm",
    r"(?:[^/]+/)?pooler_transform": "bert.pooler.dense",
    r"(?:[^/]+/)?cls/predictions/transform/(?P<one>dense|LayerNorm)": (
        "cls.predictions.transform.{one}"
    ),
    r"(?:[^/]+/)?cls/predictions/output_bias": "cls.predictions",
    r"(?:[^/]+/)?next_sentence/logits": "cls.seq_relationship",
    r"(?:[^/]+/)?sentence_prediction/logits": "classifier",
    # A head's own pooler: where there is one, the encoder's was not trained.
    r"(?:[^/]+/)?(?:next_sentence|sentence_prediction)/pooler_dense": "head.pooler.dense",
}
_PATTERNS = [(re.compile(key), value) for key, value in (_TENSORFLOW_1 | _TENSORFLOW_2).items()]

# What optimizers and training loops keep.
_SLOT = re.compile(
    r".*/(adam_[mv]|Adam(_1)?|lamb_[mv]|LAMB(_1)?|Momentum)|.*/\.OPTIMIZER_SLOT/.*"
    r"|(.*/)?optimizer/.*|(global_step|save_counter|step)(/.*)?|beta[12]_power|keras_api/.*"
    r"|do_lower_case/.*|signal_early_stopping/STOP",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Variable:
    """What a variable is to Hugging Face.

    Attributes:
        name: str, the tensor's name there.
        is_kernel: bool, whether the tensor is the transpose of the variable.
    """

    name: str
    is_kernel: bool = False


def find_variable(name: str) -> Variable | None:
    """Return what a variable is, by its own name; None if it is unknown.

    Example:

    >>> find_variable("bert/encoder/layer_3/output/dense/kernel")
    Variable(name='bert.encoder.layer.3.output.dense.weight', is_kernel=True)
    >>> find_variable("transformer/layer_3/output/kernel")
    Variable(name='bert.encoder.layer.3.output.dense.weight', is_kernel=True)

    Source: google-research/bert, modeling.py, run_pretraining.py, run_classifier.py and
    run_squad.py; tensorflow/models, official/nlp/tools/tf1_bert_checkpoint_converter_lib.py and
    official/nlp/modeling; google-research/bleurt, model.py.
    """
    if name in _WHOLE:
        return Variable(_WHOLE[name])
    layer, _, part = name.rpartition("/")
    for pattern, new_name in _PATTERNS:
        if (match := pattern.fullmatch(layer)) is not None:
            new_name = new_name.format(**match.groupdict())
            if new_name.endswith("_embeddings"):
                is_table = part in ("embeddings", "position_embeddings")
                return Variable(f"{new_name}.weight") if is_table else None
            parts = _NORM if new_name.endswith("LayerNorm") else _DENSE
            if part not in parts or (new_name == "cls.predictions" and part != "bias"):
                return None
            return Variable(f"{new_name}.{parts[part]}", part == "kernel")
    return None


def is_of_training(name: str) -> bool:
    """Whether a variable is an optimizer's or a training loop's, which no model needs.

    Example:

    >>> is_of_training("bert/pooler/dense/kernel/adam_m")
    True
    """
    return _SLOT.fullmatch(name) is not None


def merged_shape(name: str, shape: tuple[int, ...], num_heads: int) -> tuple[int, ...] | None:
    """The shape of a variable of self-attention with its heads side by side, as they are elsewhere.

    In TensorFlow 2 they have a dimension of their own: kernels of queries are (hidden_dim,
    num_heads, head_dim), their biases (num_heads, head_dim), kernels of what the heads give
    (num_heads, head_dim, hidden_dim).

    Args:
        name: str, Hugging Face's name.
        shape: tuple of int, the stored shape.
        num_heads: int.

    Returns:
        A tuple of int; None if the number of heads is another.
    """
    if ".attention." not in name or len(shape) < 2:
        return shape
    if ".attention.self." in name and len(shape) == (2 if name.endswith(".bias") else 3):
        return (*shape[:-2], shape[-2] * shape[-1]) if shape[-2] == num_heads else None
    if name.endswith(".attention.output.dense.weight") and len(shape) == 3:
        return (shape[0] * shape[1], shape[2]) if shape[0] == num_heads else None
    return shape


def google_variable(name: str) -> tuple[str, bool] | None:
    """Return the variable of TensorFlow 1 for a tensor of Hugging Face's, and whether to transpose.

    Args:
        name: str, Hugging Face's name, with or without "bert.".

    Returns:
        None for the second name of the masked-LM head's bias.

    Example:

    >>> google_variable("encoder.layer.3.output.dense.weight")
    ('bert/encoder/layer_3/output/dense/kernel', True)
    """
    if name == "cls.predictions.decoder.bias":
        return None
    if name.startswith(("embeddings.", "encoder.", "pooler.")):
        name = f"bert.{name}"
    for variable, whole in _WHOLE.items():
        if whole == name:
            return variable, False
    layer, _, part = name.rpartition(".")
    parts = _NORM if layer.endswith("LayerNorm") else _DENSE
    new_part = next(key for key, value in parts.items() if value == part)
    layer = re.sub(r"\.layer\.(\d+)\.", r".layer_\1.", layer).replace(".", "/")
    return f"{layer}/{new_part}", new_part == "kernel"
