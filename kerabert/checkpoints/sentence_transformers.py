"""The files of sentence-transformers <-> the settings of `BertTextEmbedder`.

modules.json lists the steps from a text to its vector, and the folder of each: a `Transformer`, a
`Pooling`, perhaps a `Normalize`. The settings of the first are in sentence_bert_config.json, those
of the others in their folder's config.json, prompts in config_sentence_transformers.json.

Source: sentence-transformers 6.2; the older forms, with the BERT in 0_Transformer, are read too.
"""

from typing import Any, NoReturn

from kerabert.checkpoints.bert_config import read_bert_config
from kerabert.checkpoints.json_file import dump_json, parse_json, parse_json_list
from kerabert.checkpoints.manifest import is_inner_path
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.layers.sentence_pooling import POOLINGS
from kerabert.models.vector_search import SIMILARITIES
from kerabert.text.tokenizer import BertTokenizer

MODULES = "modules.json"
PROMPTS = "config_sentence_transformers.json"
TRANSFORMER = "sentence_bert_config.json"
CONFIG = "config.json"
TOKENIZER_CONFIG = "tokenizer_config.json"

_PACKAGE = "sentence_transformers."
_MODULES = ("Transformer", "Pooling", "Normalize")

# How config.json of a pooling names its modes up to version 5.3: a flag for each.
_FLAGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_max_tokens": "max",
}
# Keys that would make other vectors, and the only values that do not; None where they are missing.
_ONLY: dict[str, dict[str, tuple[Any, ...]]] = {
    TRANSFORMER: {
        "transformer_task": (None, "feature-extraction"),
        "module_output_name": (None, "token_embeddings"),
        "modality_config": (
            None,
            {"text": {"method": "forward", "method_output_name": "last_hidden_state"}},
        ),
        "processing_kwargs": (None, {}),
        "processor_kwargs": (None, {}),
        "tokenizer_args": (None, {}),
        "config_kwargs": (None, {}),
        "config_args": (None, {}),
        "query_length": (None,),
        "document_length": (None,),
        "query_expansion": (None,),
    },
    PROMPTS: {"model_type": (None, "SentenceTransformer"), "truncate_dim": (None,)},
    "Normalize": {
        "module_input_name": (None, "sentence_embedding"),
        "module_output_name": (None, "sentence_embedding"),
    },
}


def transformer_files(files: PresetFiles) -> PresetFiles:
    """Return the files of the BERT, which are in a folder of their own in old directories.

    Raises:
        ValueError: if modules.json is damaged.
    """
    if MODULES in files:
        for kind, folder in _read_modules(files):
            if kind == "Transformer":
                return files.within(folder) if folder else files
    return files


def read_embedder(files: PresetFiles) -> dict[str, Any] | None:
    """Return the settings of `BertTextEmbedder` that a directory's files state.

    Returns:
        A dict; None if the directory is none of sentence-transformers.

    Raises:
        ValueError: if a file is missing or damaged, or asks for what `BertTextEmbedder` does not
            compute; the message names the file and the key.
    """
    if MODULES not in files:
        return None
    modules = _read_modules(files)
    kinds = tuple(kind for kind, _ in modules)
    if kinds not in (_MODULES[:2], _MODULES):
        raise ValueError(
            f"{files.path(MODULES)}: `type` must be that of a Transformer, a Pooling and, at will, "
            f"a Normalize of sentence_transformers, in this order. Received: {list(kinds)}"
        )
    inner = transformer_files(files)
    path = inner.path(CONFIG)
    arguments = read_bert_config(parse_json(inner.read(CONFIG), path), path)
    settings = _read_prompts(files)
    has_prompts = any(settings.get("prompts", {}).values())
    settings["pooling"] = _read_pooling(files.within(modules[1][1]), arguments, has_prompts)
    settings["normalize"] = len(modules) > 2
    if settings["normalize"] and modules[2][1]:
        inside = files.within(modules[2][1])
        if CONFIG in inside:
            _check_only(_read(inside, CONFIG), "Normalize", inside.path(CONFIG))
    length = _read_length(inner, arguments["max_sequence_length"])
    return settings | ({} if length is None else {"sequence_length": length})


def read_embedder_tokenizer(files: PresetFiles, tokenizer: BertTokenizer) -> BertTokenizer:
    """Return the tokenizer that an embedder's texts go through, given the one that is stored.

    sentence-transformers can write texts in lower case before a tokenizer for cased ones.
    """
    if MODULES not in files:
        return tokenizer
    inner = transformer_files(files)
    value = _read(inner, TRANSFORMER).get("do_lower_case")
    if not isinstance(value, bool | None):
        _refuse(inner.path(TRANSFORMER), "do_lower_case", "be true or false", value)
    if not value or tokenizer.lowercase:
        return tokenizer
    arguments = tokenizer.get_config()
    accents = bool(arguments["strip_accents"])  # lower case alone does not take them away
    return type(tokenizer)(**arguments | {"lowercase": True, "strip_accents": accents})


def write_embedder(settings: dict[str, Any], backbone: Any) -> dict[str, bytes]:
    """Return the files that sentence-transformers reads such settings from, by path.

    They are in the oldest form that says all, so that its older versions read them too.
    """
    kinds = _MODULES if settings["normalize"] else _MODULES[:2]
    modules = [
        {
            "idx": i,
            "name": str(i),
            "path": f"{i}_{kind}" if i else "",
            "type": f"{_PACKAGE}models.{kind}",
        }
        for i, kind in enumerate(kinds)
    ]
    modes = {flag: mode == settings["pooling"] for flag, mode in _FLAGS.items()}
    pooling = {"word_embedding_dimension": backbone.hidden_dim, **modes, "include_prompt": True}
    prompts = {
        "model_type": "SentenceTransformer",
        "prompts": settings["prompts"],
        "default_prompt_name": settings["default_prompt"],
        "similarity_fn_name": settings["similarity_function"],
    }
    transformer = {"max_seq_length": settings["sequence_length"], "do_lower_case": False}
    return {
        MODULES: dump_json(modules),
        PROMPTS: dump_json(prompts),
        TRANSFORMER: dump_json(transformer),
        f"1_Pooling/{CONFIG}": dump_json(pooling),
    }


def _read_modules(files: PresetFiles) -> list[tuple[str, str]]:
    """The class of each module, without the package if it is the library's own, and its folder."""
    path = files.path(MODULES)
    modules = []
    for entry in parse_json_list(files.read(MODULES), path):
        kind, folder = (entry.get(k) if isinstance(entry, dict) else None for k in ("type", "path"))
        if not isinstance(kind, str):
            _refuse(path, "type", "be a string", kind)
        if not isinstance(folder, str) or (folder and not is_inner_path(folder)):
            _refuse(path, "path", "name a folder of the directory", folder)
        modules.append((kind.split(".")[-1] if kind.startswith(_PACKAGE) else kind, folder))
    return modules


def _read_pooling(files: PresetFiles, arguments: dict[str, Any], has_prompts: bool) -> str:
    path = files.path(CONFIG)
    config = parse_json(files.read(CONFIG), path)
    hidden_dim = arguments["hidden_dim"]
    key = "embedding_dimension" if "embedding_dimension" in config else "word_embedding_dimension"
    if not _is_integer(config.get(key)) or config[key] != hidden_dim:
        _refuse(path, key, f"be `hidden_size`, {hidden_dim}", config.get(key))
    include = config.get("include_prompt")
    if include not in (None, True) and (include is not False or has_prompts):
        _refuse(path, "include_prompt", "be true where there are prompts", include)
    if "pooling_mode" in config:
        value = config["pooling_mode"]
        modes = value if isinstance(value, list) else [value]
        if len(modes) != 1 or modes[0] not in POOLINGS:
            _refuse(path, "pooling_mode", f"be one of {list(POOLINGS)}", value)
        return str(modes[0])
    flags = {key: value for key, value in config.items() if key.startswith("pooling_mode_")}
    for key, value in flags.items():
        if not isinstance(value, bool):
            _refuse(path, key, "be true or false", value)
    chosen = [key for key, value in flags.items() if value]
    if len(chosen) > 1 or not set(chosen) <= set(_FLAGS):
        raise ValueError(
            f"{path}: one of {list(_FLAGS)} must be true, and no other mode. Received: {chosen}"
        )
    return _FLAGS[chosen[0]] if chosen else "mean"


def _read_length(files: PresetFiles, longest: int) -> int | None:
    """The longest sequence; the tokenizer's where the Transformer's own is not stated."""
    config = _read(files, TRANSFORMER)
    _check_only(config, TRANSFORMER, files.path(TRANSFORMER))
    value = config.get("max_seq_length")
    if value is not None:
        if not _is_integer(value) or not 3 <= value <= longest:
            must = f"lie in 3..{longest}, the `max_position_embeddings` of {CONFIG}"
            _refuse(files.path(TRANSFORMER), "max_seq_length", must, value)
        return int(value)
    value = _read(files, TOKENIZER_CONFIG).get("model_max_length")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 3:
        _refuse(files.path(TOKENIZER_CONFIG), "model_max_length", "be at least 3", value)
    return int(min(value, longest))  # a tokenizer without limit states one of 1e30


def _read_prompts(files: PresetFiles) -> dict[str, Any]:
    config, path = _read(files, PROMPTS), files.path(PROMPTS)
    _check_only(config, PROMPTS, path)
    prompts = config.get("prompts")
    prompts = {} if prompts is None else prompts
    if not isinstance(prompts, dict) or not all(
        isinstance(text, str | None) for text in prompts.values()
    ):
        _refuse(path, "prompts", "be an object of strings", prompts)
    default = config.get("default_prompt_name")
    if default is not None and (not isinstance(default, str) or default not in prompts):
        _refuse(path, "default_prompt_name", f"be one of `prompts`, {sorted(prompts)}", default)
    similarity = config.get("similarity_fn_name")
    if similarity is not None and similarity not in SIMILARITIES:
        _refuse(path, "similarity_fn_name", f"be one of {list(SIMILARITIES)}", similarity)
    return {
        "prompts": {name: text or "" for name, text in prompts.items()},
        "default_prompt": default,
        "similarity_function": similarity or "cosine",
    }


def _read(files: PresetFiles, name: str) -> dict[str, Any]:
    return parse_json(files.read(name), files.path(name)) if name in files else {}


def _check_only(config: dict[str, Any], kind: str, path: str) -> None:
    for key, allowed in _ONLY[kind].items():
        if config.get(key) not in allowed:
            must = "be " + " or ".join(
                "null" if value is None else repr(value) for value in allowed
            )
            _refuse(path, key, must, config[key])


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _refuse(path: str, key: str, must: str, value: Any) -> NoReturn:
    raise ValueError(f"{path}: `{key}` must {must}. Received: {key}={str(value)[:200]!r}")
