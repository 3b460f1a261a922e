"""vocab.txt and tokenizer_config.json <-> `BertTokenizer`."""

import inspect
import json
from typing import Any

from kerabert.checkpoints.json_file import parse_json
from kerabert.checkpoints.manifest import MANIFEST
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.text.tokenizer import BertTokenizer

VOCABULARY = "vocab.txt"
TOKENIZER_CONFIG = "tokenizer_config.json"
SPECIAL_TOKENS = "special_tokens_map.json"
TOKENIZER_JSON = "tokenizer.json"

# tokenizer_config.json's key: `BertTokenizer`'s argument.
_TOKENS = {
    "unk_token": "unknown_token",
    "pad_token": "padding_token",
    "cls_token": "start_token",
    "sep_token": "separator_token",
    "mask_token": "mask_token",
}
_RULES = {
    "do_lower_case": "lowercase",
    "strip_accents": "strip_accents",
    "tokenize_chinese_chars": "split_cjk",
}
# Rules that `BertTokenizer` does not have, and the only values that leave them off.
_REFUSED: dict[str, tuple[Any, ...]] = {
    "do_basic_tokenize": (True, None),
    "never_split": (None, []),
    "wordpieces_prefix": ("##", None),
}
_CLASSES = {
    "BertTokenizer",
    "BertTokenizerFast",
    "PreTrainedTokenizerFast",
    "TokenizersBackend",
    None,
}


def read_tokenizer(
    files: PresetFiles, overrides: dict[str, Any], cls: type[BertTokenizer] = BertTokenizer
) -> BertTokenizer:
    """Make the tokenizer of a preset directory.

    Args:
        files: `PresetFiles`.
        overrides: dict, arguments of `BertTokenizer` that take the place of the stored ones.
        cls: `BertTokenizer` or a subclass.

    Raises:
        ValueError: if a file is missing or damaged, or the tokenizer is not BERT's; the message
            names the file and the key.
    """
    config: dict[str, Any] = {}
    for name in (SPECIAL_TOKENS, TOKENIZER_CONFIG):
        if name in files:
            config |= parse_json(files.read(name), files.path(name))
    arguments = _read_config(config, files.path(TOKENIZER_CONFIG))
    if files.manifest is not None:
        arguments |= _read_settings(files.manifest.tokenizer or {}, files.path(MANIFEST))
    vocabulary = _read_vocabulary(files)
    _check_added_tokens(config, vocabulary, files.path(TOKENIZER_CONFIG))
    arguments |= overrides
    try:
        return cls(vocabulary, **arguments)
    except ValueError as error:
        raise ValueError(f"{files.path(VOCABULARY)}: {error}") from error


def has_tokenizer(files: PresetFiles) -> bool:
    """Whether a preset directory has a vocabulary."""
    if files.manifest is not None:
        return files.manifest.tokenizer is not None
    return VOCABULARY in files or TOKENIZER_JSON in files


def write_tokenizer(tokenizer: BertTokenizer, max_length: int | None) -> dict[str, bytes]:
    """Return the files of a tokenizer, by name."""
    arguments = tokenizer.get_config()
    config: dict[str, Any] = {"tokenizer_class": "BertTokenizer"}
    for key, argument in (_RULES | _TOKENS).items():
        config[key] = arguments[argument]
    if max_length is not None:
        config["model_max_length"] = max_length
    pieces = "".join(f"{piece}\n" for piece in tokenizer.vocabulary)
    return {
        VOCABULARY: pieces.encode(),
        TOKENIZER_CONFIG: (json.dumps(config, indent=2, ensure_ascii=False) + "\n").encode(),
    }


def tokenizer_settings(tokenizer: BertTokenizer) -> dict[str, Any]:
    """The arguments that tokenizer_config.json has no key for."""
    told = {"vocabulary", *_RULES.values(), *_TOKENS.values()}
    return {key: value for key, value in tokenizer.get_config().items() if key not in told}


def _read_settings(settings: dict[str, Any], path: str) -> dict[str, Any]:
    known = set(inspect.signature(BertTokenizer).parameters) - {"vocabulary"}
    if not set(settings) <= known:
        raise ValueError(
            f"{path}: `tokenizer` must hold arguments of BertTokenizer, {sorted(known)}. "
            f"Received: {sorted(settings)}"
        )
    return settings


def _read_config(config: dict[str, Any], path: str) -> dict[str, Any]:
    def refuse(key: str, must: str) -> None:
        value = repr(config.get(key))[:200]
        raise ValueError(f"{path}: `{key}` must {must}. Received: {key}={value}")

    kind = config.get("tokenizer_class")
    if not isinstance(kind, str | None) or kind not in _CLASSES:
        refuse("tokenizer_class", "be BertTokenizer or BertTokenizerFast")
    for key, allowed in _REFUSED.items():
        if key in config and not any(config[key] is v or config[key] == v for v in allowed):
            refuse(key, "be " + " or ".join(map(repr, allowed)))
    arguments: dict[str, Any] = {}
    for key, argument in _RULES.items():
        value = config.get(key, None if key == "strip_accents" else True)
        if not isinstance(value, bool) and not (key == "strip_accents" and value is None):
            refuse(key, "be true or false")
        arguments[argument] = value
    for key, argument in _TOKENS.items():
        value = config.get(key)
        if isinstance(value, dict):
            value = value.get("content")
        if value is None:
            continue
        if not isinstance(value, str) or not value:
            refuse(key, "be a string")
        arguments[argument] = value
    return arguments


def _read_vocabulary(files: PresetFiles) -> list[str]:
    """The pieces of vocab.txt, or of tokenizer.json, which newer libraries write in its place."""
    if VOCABULARY in files or TOKENIZER_JSON not in files:
        path = files.path(VOCABULARY)
        try:
            text = files.read(VOCABULARY).decode("utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"{path}: must be UTF-8. Received: {error}.") from error
        lines = text.split("\n")  # not splitlines(): U+2028 and its like may be pieces
        if lines[-1] == "":
            lines.pop()
        return [line.removesuffix("\r") for line in lines]
    path = files.path(TOKENIZER_JSON)
    model = parse_json(files.read(TOKENIZER_JSON), path).get("model")
    if not isinstance(model, dict) or model.get("type", "WordPiece") != "WordPiece":
        raise ValueError(f"{path}: `model` must be a WordPiece model.")
    ids = model.get("vocab")
    if not isinstance(ids, dict):
        raise ValueError(f"{path}: `vocab` must be an object.")
    pieces = {id: piece for piece, id in ids.items() if isinstance(id, int)}
    if sorted(pieces) != list(range(len(ids))):
        raise ValueError(f"{path}: `vocab` must have the ids 0..{len(ids) - 1}, each once.")
    return [pieces[id] for id in range(len(ids))]


def _check_added_tokens(config: dict[str, Any], vocabulary: list[str], path: str) -> None:
    """Refuse tokens that are not in the vocabulary: the tokenizer would cut them to pieces."""
    added = config.get("added_tokens_decoder")
    if added is None:
        return
    if not isinstance(added, dict):
        raise ValueError(f"{path}: `added_tokens_decoder` must be an object.")
    for id, token in added.items():
        content = token.get("content") if isinstance(token, dict) else None
        place = int(id) if id.isdecimal() and len(id) < 10 else -1
        if not 0 <= place < len(vocabulary) or vocabulary[place] != content:
            raise ValueError(
                f"{path}: `added_tokens_decoder` must hold tokens of the vocabulary only. "
                f"Received: {id}: {content!r}"
            )
