"""Google's bert_config.json <-> Hugging Face's config.json."""

import warnings
from typing import Any

from kerabert.checkpoints.classes_config import SEQUENCE_CLASSIFICATION
from kerabert.checkpoints.json_file import dump_json, parse_json
from kerabert.checkpoints.manifest import MANIFEST
from kerabert.checkpoints.preset_files import PresetFiles

CONFIG = "bert_config.json"
ASSETS = "assets"
MARK = "kerabert"  # what Google's file has no key for, and that kerabert.json must be there

GOOGLE_KEYS = (
    "attention_probs_dropout_prob",
    "hidden_act",
    "hidden_dropout_prob",
    "hidden_size",
    "initializer_range",
    "intermediate_size",
    "max_position_embeddings",
    "num_attention_heads",
    "num_hidden_layers",
    "type_vocab_size",
    "vocab_size",
)
# What Google's code takes for a key that is missing, where Hugging Face's takes something else; and
# what its one head with classes is. Others made heads of tokens of the same name: of those,
# `architectures` must be added to the file.
_DEFAULTS = {
    "type_vocab_size": 16,
    "hidden_act": "gelu",
    "architectures": [SEQUENCE_CLASSIFICATION],
}

# What Google's names mean, and how others are called there. Google has no exact GELU: a name that
# its code does not know makes it stop, where "gelu" would make another model of it.
_MEANINGS = {"gelu": "gelu_new", "gelu_exact": "gelu"}
_NAMES = {
    "gelu": "gelu_exact",
    "gelu_python": "gelu_exact",
    "gelu_new": "gelu",
    "gelu_fast": "gelu",
    "gelu_pytorch_tanh": "gelu",
}


def find_config(files: PresetFiles) -> str | None:
    """Return the name of bert_config.json, which a SavedModel may have among its assets."""
    return next((name for name in (CONFIG, f"{ASSETS}/{CONFIG}") if name in files), None)


def read_google_config(files: PresetFiles) -> tuple[dict[str, Any], str]:
    """Return what bert_config.json says in the words of config.json, and its path.

    Google's "gelu" is the tanh GELU, its LayerNorm has an epsilon of 1e-12, and a head of its
    classifies texts, unless the file has `architectures` as Hugging Face's has.

    Raises:
        ValueError: if the file is missing or damaged.
    """
    name = find_config(files)
    if name is None:
        raise ValueError(f"{files.path(CONFIG)}: the file must exist beside a checkpoint.")
    path = files.path(name)
    config = _DEFAULTS | parse_json(files.read(name), path)
    more = config.pop(MARK, None)
    if more is not None and files.manifest is None:
        raise ValueError(
            f"{files.path(MANIFEST)}: the file must exist in a preset that kerabert wrote. "
            f"{name} says that this is one."
        )
    activation = config["hidden_act"]
    if isinstance(activation, str):
        activation = activation.lower()
        config["hidden_act"] = _MEANINGS.get(activation, activation)
    config = {"model_type": "bert"} | config
    return config | more if isinstance(more, dict) else config, path


def write_google_config(config: dict[str, Any]) -> bytes:
    """Return bert_config.json.

    Google's keys come first. What they cannot say is in an object of its own, for kerabert. Where
    Google's code would take no notice of it and compute something else, there is a warning.

    Args:
        config: dict, Hugging Face's config.json.
    """
    written = {key: config[key] for key in GOOGLE_KEYS}
    written["hidden_act"] = _NAMES.get(config["hidden_act"], config["hidden_act"])
    more = {key: value for key, value in config.items() if key not in GOOGLE_KEYS}
    written[MARK] = {"hidden_act": config["hidden_act"]} | more
    ignored = []
    if config["layer_norm_eps"] != 1e-12:
        ignored.append(f"layer_norm_eps={config['layer_norm_eps']}, where it takes 1e-12")
    if not config["tie_word_embeddings"]:
        ignored.append("a masked-LM decoder of its own, where it takes the table of the words")
    if ignored:
        warnings.warn(
            f"Google's own code will ignore {' and '.join(ignored)}. kerabert reads the model as "
            "it is.",
            stacklevel=5,
        )
    return dump_json(written)
