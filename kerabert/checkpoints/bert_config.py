"""config.json of Hugging Face <-> the arguments of `BertBackbone`."""

import math
from numbers import Real
from typing import Any

from kerabert.layers.activations import ACTIVATIONS

# config.json's key: (BertBackbone's argument, the value that BertConfig has when it is missing).
SIZES = {
    "vocab_size": ("vocabulary_size", 30522),
    "hidden_size": ("hidden_dim", 768),
    "num_hidden_layers": ("num_layers", 12),
    "num_attention_heads": ("num_heads", 12),
    "intermediate_size": ("intermediate_dim", 3072),
    "max_position_embeddings": ("max_sequence_length", 512),
    "type_vocab_size": ("num_segments", 2),
}
RATES = {
    "hidden_dropout_prob": ("dropout_rate", 0.1),
    "attention_probs_dropout_prob": ("attention_dropout_rate", 0.1),
}
NUMBERS = {
    "initializer_range": ("initializer_range", 0.02),
    "layer_norm_eps": ("layer_norm_epsilon", 1e-12),
}

# Keys that would make another model of it, and the only values that do not.
REFUSED: dict[str, tuple[Any, ...]] = {
    "position_embedding_type": ("absolute", None),
    "is_decoder": (False, None),
    "add_cross_attention": (False, None),
    "is_encoder_decoder": (False, None),
    "cross_attention_hidden_size": (None,),
    "pruned_heads": ({}, None),
    "quantization_config": (None,),
    "compression_config": (None,),
    "per_layer_config": ({}, None),
    "auto_map": ({}, None),
}

# Read with the head, see heads.py.
OF_HEADS = (
    "architectures",
    "classifier_dropout",
    "id2label",
    "label2id",
    "num_labels",
    "problem_type",
)

# Keys that change neither weights nor outputs here. A key in none of these lists passes too:
# Hugging Face's BertModel does not know it either.
IGNORED = (
    "_attn_implementation",
    "_commit_hash",
    "_name_or_path",
    "attn_implementation",
    "bos_token_id",
    "chunk_size_feed_forward",
    "directionality",
    "dtype",
    "eos_token_id",
    "finetuning_task",
    "gradient_checkpointing",
    "layer_norm_type",
    "model_name",
    "name_or_path",
    "output_attentions",
    "output_hidden_states",
    "output_past",
    "pad_token_id",
    "pooler_fc_size",
    "pooler_num_attention_heads",
    "pooler_num_fc_layers",
    "pooler_size_per_head",
    "pooler_type",
    "prefix",
    "return_dict",
    "sep_token_id",
    "task_specific_params",
    "tie_encoder_decoder",
    "tie_word_embeddings",
    "tokenizer_class",
    "torch_dtype",
    "torchscript",
    "transformers_version",
    "use_bfloat16",
    "use_cache",
    "use_return_dict",
)


def read_bert_config(config: dict[str, Any], path: str) -> dict[str, Any]:
    """Return the arguments of `BertBackbone` that a config.json gives, all but `use_pooler`.

    Args:
        config: dict, what the file holds.
        path: str, the file's path, for errors.

    Raises:
        ValueError: if the model is not a BERT encoder, or a value is not what it must be; the
            message names the file and the key.

    Example:

    >>> read_bert_config({"model_type": "bert", "hidden_size": 128}, "config.json")["hidden_dim"]
    Traceback (most recent call last):
    ...
    ValueError: config.json: `num_attention_heads` must divide `hidden_size`. \
Received: num_attention_heads=12, hidden_size=128
    """

    def refuse(key: str, must: str) -> None:
        raise ValueError(f"{path}: `{key}` must {must}. Received: {key}={_short(config.get(key))}")

    # Files of 2019 and 2020 do not say it; that the tensors are a BERT's is checked later.
    if config.get("model_type", "bert" if "hidden_size" in config else None) != "bert":
        refuse("model_type", "be 'bert'")
    for key, allowed in REFUSED.items():
        if key in config and not any(_is_same(config[key], value) for value in allowed):
            refuse(key, "be " + " or ".join(repr(value) for value in allowed))

    arguments: dict[str, Any] = {}
    for key, (argument, default) in SIZES.items():
        value = config.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**31:
            refuse(key, "be a positive integer below 2**31")
        arguments[argument] = value
    for key, (argument, number) in RATES.items():
        value = config.get(key, number)
        if not _is_number(value) or not 0 <= value < 1:
            refuse(key, "lie in [0, 1)")
        arguments[argument] = float(value)
    for key, (argument, number) in NUMBERS.items():
        value = config.get(key, number)
        if not _is_number(value) or not 0 < value < math.inf:
            refuse(key, "be a positive number")
        arguments[argument] = float(value)
    activation = config.get("hidden_act", "gelu")
    if not isinstance(activation, str) or activation not in ACTIVATIONS:
        refuse("hidden_act", f"be one of {sorted(ACTIVATIONS)}")
    arguments["activation"] = activation
    padding_id = config.get("pad_token_id", 0)
    if padding_id is not None and not (
        isinstance(padding_id, int)
        and not isinstance(padding_id, bool)
        and 0 <= padding_id < arguments["vocabulary_size"]
    ):
        refuse("pad_token_id", "be null or lie in 0..vocab_size-1")

    hidden_dim = arguments["hidden_dim"]
    if not _is_same(config.get("embedding_size"), None) and config["embedding_size"] != hidden_dim:
        refuse("embedding_size", f"be that of `hidden_size`, {hidden_dim}")
    if hidden_dim % arguments["num_heads"]:
        raise ValueError(
            f"{path}: `num_attention_heads` must divide `hidden_size`. Received: "
            f"num_attention_heads={arguments['num_heads']}, hidden_size={hidden_dim}"
        )
    return arguments


def write_bert_config(backbone: Any, padding_id: int = 0) -> dict[str, Any]:
    """Return the config.json of a `BertBackbone`, as Hugging Face's BertModel reads it."""
    config: dict[str, Any] = {"architectures": ["BertModel"], "model_type": "bert"}
    for key, (argument, _) in (SIZES | RATES | NUMBERS).items():
        config[key] = getattr(backbone, argument)
    return config | {
        "hidden_act": backbone.activation,
        "classifier_dropout": None,
        "pad_token_id": padding_id,
        "position_embedding_type": "absolute",
        "is_decoder": False,
        "add_cross_attention": False,
        "tie_word_embeddings": True,
        "use_cache": True,
        "dtype": "float32",
        "torch_dtype": "float32",  # the name before transformers 5
    }


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _is_same(value: Any, other: Any) -> bool:
    return type(value) is type(other) and value == other


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else text[:200] + "..."
