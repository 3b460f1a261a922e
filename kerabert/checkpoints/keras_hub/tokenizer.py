"""KerasHub's tokenizer.json and vocabulary.txt <-> `BertTokenizer`.

The settings are the same on both sides; some rules are not. KerasHub folds case where BERT lowers
it ("ß" becomes "ss"), splits at zero-width characters where BERT drops them, does not split at
no-break spaces, and takes a word of more than 100 bytes for unknown (BERT: 200 characters).
"""

import inspect
import io
from typing import Any

from kerabert.checkpoints.json_file import parse_json
from kerabert.checkpoints.keras_hub.config import (
    class_of,
    dtype_policy,
    hub_object,
    read_carried,
    refuse,
)
from kerabert.checkpoints.manifest import MANIFEST
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.text.tokenizer import BertTokenizer

TOKENIZER = "tokenizer.json"
VOCABULARY = "assets/tokenizer/vocabulary.txt"
_PLACES = (VOCABULARY, "assets/vocabulary.txt")

# KerasHub's key: (BertTokenizer's argument, KerasHub's default).
_RULES = {
    "lowercase": ("lowercase", False),
    "strip_accents": ("strip_accents", False),
    "split_on_cjk": ("split_cjk", True),
    "special_tokens_in_strings": ("special_tokens_in_strings", False),
}
# Rules that `BertTokenizer` does not have, and the only values that leave them off.
_ONLY: dict[str, tuple[Any, ...]] = {
    "vocabulary": (None,),
    "sequence_length": (None,),
    "split": (True,),
    "suffix_indicator": ("##",),
}
_WITHOUT_EFFECT = {"name", "trainable", "dtype", "config_file"}
# What KerasHub calls the special tokens, whatever its files say.
SPECIAL_TOKENS = {
    "padding_token": "[PAD]",
    "start_token": "[CLS]",
    "separator_token": "[SEP]",
    "mask_token": "[MASK]",
}


def has_tokenizer(files: PresetFiles) -> bool:
    """Whether a directory has a vocabulary."""
    if files.manifest is not None:
        return files.manifest.tokenizer is not None
    return TOKENIZER in files or any(place in files for place in _PLACES)


def vocabulary_path(files: PresetFiles) -> str:
    """The path of the vocabulary."""
    return files.path(_vocabulary_name(files))


def _vocabulary_name(files: PresetFiles) -> str:
    return next((place for place in _PLACES if place in files), VOCABULARY)


def read_tokenizer(
    files: PresetFiles, overrides: dict[str, Any], cls: type[BertTokenizer] = BertTokenizer
) -> BertTokenizer:
    """Make the tokenizer of a preset directory.

    Raises:
        ValueError: if a file is missing or damaged, or the tokenizer is not BERT's; the message
            names the file and the key.
    """
    arguments = _read_rules(parse_json(files.read(TOKENIZER), files.path(TOKENIZER)), files)
    arguments |= read_carried(files).get("tokenizer", {})
    if files.manifest is not None:
        arguments |= files.manifest.tokenizer or {}
    known = set(inspect.signature(BertTokenizer).parameters) - {"vocabulary"}
    if not set(arguments) <= known:
        refuse(files.path(MANIFEST), "tokenizer", f"be among {sorted(known)}", sorted(arguments))
    vocabulary = _read_vocabulary(files)
    try:
        return cls(vocabulary, **(arguments | overrides))
    except ValueError as error:
        raise ValueError(f"{vocabulary_path(files)}: {error}") from error


def _read_rules(content: dict[str, Any], files: PresetFiles) -> dict[str, Any]:
    path = files.path(TOKENIZER)
    if class_of(content) != "BertTokenizer":
        name = content.get("registered_name")
        refuse(path, "registered_name", "be that of KerasHub's BertTokenizer", name)
    config = content["config"]
    known = {*_RULES, *_ONLY, *_WITHOUT_EFFECT, "oov_token", "special_tokens"}
    if not set(config) <= known:
        refuse(path, "config", f"have no other keys than {sorted(known)}", sorted(config))
    for key, allowed in _ONLY.items():
        if config.get(key, allowed[0]) not in allowed:
            refuse(path, key, f"be {allowed[0]!r}", config[key])
    arguments: dict[str, Any] = dict(SPECIAL_TOKENS)
    for key, (argument, default) in _RULES.items():
        value = config.get(key, default)
        if not isinstance(value, bool):
            refuse(path, key, "be true or false", value)
        arguments[argument] = value
    unknown = config.get("oov_token", "[UNK]")
    if not isinstance(unknown, str) or not unknown:
        refuse(path, "oov_token", "be a string", unknown)
    arguments["unknown_token"] = unknown
    others = config.get("special_tokens")
    ours = [*SPECIAL_TOKENS.values(), unknown]
    known_ones = others is None or (isinstance(others, list) and all(t in ours for t in others))
    if arguments["special_tokens_in_strings"] and not known_ones:
        refuse(path, "special_tokens", f"be among {ours}", others)
    return arguments


def _read_vocabulary(files: PresetFiles) -> list[str]:
    path = vocabulary_path(files)
    try:
        text = files.read(_vocabulary_name(files)).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: must be UTF-8. Received: {error}.") from error
    # A piece of white space only, which KerasHub makes a blank one of, stays what it is.
    return [read or line.rstrip("\n") for line, read in _lines(text)]


def _lines(text: str) -> list[tuple[str, str]]:
    """The lines of a vocabulary, and what KerasHub reads in each."""
    return [(line, line.rstrip()) for line in io.StringIO(text, newline=None)]


def write_tokenizer(tokenizer: BertTokenizer) -> tuple[dict[str, Any], bytes, dict[str, Any]]:
    """Return tokenizer.json's content, vocabulary.txt, and arguments that neither can hold.

    Raises:
        ValueError: if KerasHub would read another tokenizer.
    """
    arguments = tokenizer.get_config()
    for key, token in SPECIAL_TOKENS.items():
        if arguments[key] != token:
            raise ValueError(
                f"A KerasHub preset cannot hold a tokenizer whose `{key}` is not {token!r}. "
                f"Received: {key}={arguments[key]!r}"
            )
    text = "".join(f"{piece}\n" for piece in tokenizer.vocabulary)
    read = [read for _, read in _lines(text)]
    if read != tokenizer.vocabulary:
        pairs = zip(tokenizer.vocabulary, read, strict=False)
        piece = next(piece for piece, other in pairs if piece != other)
        raise ValueError(
            "A KerasHub preset cannot hold a vocabulary with a piece that ends in white space: "
            f"KerasHub would read another one. Received: {piece!r}"
        )
    lowercase, accents = tokenizer.lowercase, tokenizer.strip_accents
    in_strings = tokenizer.special_tokens_in_strings
    config = {
        "name": "bert_tokenizer",
        "trainable": True,
        "dtype": dtype_policy("int32"),
        "config_file": TOKENIZER,
        "vocabulary": None,
        "sequence_length": None,
        "lowercase": bool(lowercase),
        "strip_accents": bool(lowercase if accents is None else accents),
        "split": True,
        "suffix_indicator": "##",
        "oov_token": tokenizer.unknown_token,
        # KerasHub does not count the unknown token among them unless it is told.
        "special_tokens": [tokenizer.unknown_token] if in_strings else None,
        "special_tokens_in_strings": in_strings,
    }
    if not tokenizer.split_cjk:
        config["split_on_cjk"] = False  # which KerasHub reads, but does not write
    carried = {"strip_accents": None} if accents is None else {}
    return hub_object("bert_tokenizer", "BertTokenizer", config), text.encode(), carried
