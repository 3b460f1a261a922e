"""README.md of a published preset: what it is, how to load it, and what its maker says of it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kerabert.checkpoints.formats import find_format
from kerabert.checkpoints.heads import HEADS
from kerabert.checkpoints.inspection import Inspection, inspect_preset
from kerabert.checkpoints.manifest import MANIFEST
from kerabert.checkpoints.preset_files import PresetFiles
from kerabert.text.tokenizer import BertTokenizer

CARD = "README.md"

# What the hub calls a task; a class that is not here has none there.
_TASKS = {
    "BertBackbone": "feature-extraction",
    "BertTextEmbedder": "sentence-similarity",
    "BertTextClassifier": "text-classification",
    "BertTextRegressor": "text-classification",
    "BertTokenClassifier": "token-classification",
    "BertQuestionAnswerer": "question-answering",
    "BertMaskedLM": "fill-mask",
    "BertPretrainer": "fill-mask",
}
_SIZES = {
    "num_layers": "layers",
    "hidden_dim": "size of a token's vector",
    "num_heads": "attention heads",
    "intermediate_dim": "inner size of a feed-forward network",
    "max_sequence_length": "longest sequence",
    "vocabulary_size": "vocabulary",
    "activation": "activation",
}
_NOT_STATED = "Not stated."
_MOST_LABELS = 100


def make_model_card(
    directory: str | Path,
    handle: str,
    *,
    license: str,
    language: str | Sequence[str] | None = None,
    base_model: str | None = None,
    description: str | None = None,
    data: str | None = None,
    scores: Mapping[str, float | str] | None = None,
    limits: str | None = None,
) -> str:
    """Return the model card of a preset, in Markdown with the hub's header.

    Class, sizes, tokenizer and labels are read from the preset; the rest is what is given. What
    is not given says so, so that it can be filled in.

    Args:
        directory: path of a preset that kerabert wrote.
        handle: str, `hf://owner/name`, where it is going to be.
        license: str, as the hub abbreviates it: "apache-2.0", "mit", "cc-by-4.0", "other".
        language: str or several, codes of two letters. Default: none is stated.
        base_model: str, `owner/name` of the model that this one was trained from. Default: none.
        description: str, what the model is for. Default: none.
        data: str, what it was trained on. Default: not stated.
        scores: dict from a measure and its data to the score. Default: not stated.
        limits: str, what it is not good for. Default: not stated.

    Raises:
        ValueError: if the preset is damaged or not one that kerabert wrote.
    """
    files = PresetFiles(Path(directory))
    if files.manifest is None:
        raise ValueError(
            f"{files.path(MANIFEST)}: the file must exist: what is published is what "
            "`save_to_preset` wrote."
        )
    for key, value in (("license", license), ("base_model", base_model), ("language", language)):
        if isinstance(value, str) and not value.strip():
            raise ValueError(f"`{key}` must not be empty. Received: {key}={value!r}")
    class_name = files.manifest.class_name
    if class_name == "BertTokenizer":
        found, settings = None, {}
        format = find_format(files)
        format_name = format.name
        arguments = format.read_tokenizer(files, {}, BertTokenizer).get_config()
        tokenizer: dict[str, Any] | None = arguments
        arguments["vocabulary_size"] = len(arguments.pop("vocabulary"))
    else:
        found = inspect_preset(Path(directory))
        format_name, tokenizer = found.format, found.tokenizer
        settings = found.heads.get(class_name, {})

    header: dict[str, Any] = {"license": license}
    if language is not None:
        header["language"] = [language] if isinstance(language, str) else list(language)
    header["library_name"] = _library(class_name, format_name)
    if class_name in _TASKS:
        header["pipeline_tag"] = _TASKS[class_name]
    if base_model is not None:
        header["base_model"] = base_model
    header["tags"] = ["kerabert", "keras", "bert"]

    repository = handle.removeprefix("hf://")
    sections = [
        _write_header(header),
        f"# {repository.split('/')[-1]}",
        description or f"A `{class_name}` made with kerabert.",
        "## Use",
        *_usage(class_name, repository, format_name, tokenizer is not None),
    ]
    if found is not None:
        sections += ["## Model", _table(_model_rows(found, settings))]
    if tokenizer is not None:
        sections += ["## Tokenizer", _table(_tokenizer_rows(tokenizer))]
    if settings.get("classes"):
        sections += ["## Labels", _list_labels(settings["classes"])]
    rows = [(measure, str(score)) for measure, score in (scores or {}).items()]
    sections += ["## Training data", data or _NOT_STATED]
    sections += ["## Scores", _table(rows) if rows else _NOT_STATED]
    sections += ["## Limits", limits or _NOT_STATED]
    return "\n\n".join(sections) + "\n"


def _write_header(header: dict[str, Any]) -> str:
    # A value of JSON is one of YAML, whatever characters it holds.
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in header.items()]
    return "\n".join(["---", *lines, "---"])


def _library(class_name: str, format: str) -> str:
    """What the hub shows code for: the library that opens the preset besides kerabert."""
    if format == "keras_hub":
        return "keras-hub"
    if format != "hugging_face":
        return "kerabert"
    return "sentence-transformers" if class_name == "BertTextEmbedder" else "transformers"


def _usage(class_name: str, repository: str, format: str, has_tokenizer: bool) -> list[str]:
    name = "tokenizer" if class_name == "BertTokenizer" else "model"
    blocks = [
        ["import kerabert", "", f'{name} = kerabert.{class_name}.from_preset("hf://{repository}")']
    ]
    library = _library(class_name, format)
    if library == "sentence-transformers":
        blocks.append(
            [
                "from sentence_transformers import SentenceTransformer",
                "",
                f'model = SentenceTransformer("{repository}")',
            ]
        )
    elif library == "transformers":
        classes, lines = [], []
        if has_tokenizer:
            classes.append("AutoTokenizer")
            lines.append(f'tokenizer = AutoTokenizer.from_pretrained("{repository}")')
        if name == "model":
            head = HEADS.get(class_name)
            classes.append("BertModel" if head is None else head.architecture)
            lines.append(f'model = {classes[-1]}.from_pretrained("{repository}")')
        blocks.append([f"from transformers import {', '.join(classes)}", "", *lines])
    elif library == "keras-hub":
        blocks.append(
            [
                "import keras_hub",
                "",
                f'{name} = keras_hub.models.{class_name}.from_preset("hf://{repository}")',
            ]
        )
    return ["\n".join(["```python", *lines, "```"]) for lines in blocks]


def _model_rows(found: Inspection, settings: dict[str, Any]) -> list[tuple[str, str]]:
    rows = [("class", f"`{found.class_name}`"), ("parameters", f"{found.num_parameters:,}")]
    rows += [(text, f"{found.arguments[key]}") for key, text in _SIZES.items()]
    others = {key: value for key, value in settings.items() if key != "classes"}
    return rows + [(f"`{key}`", f"`{value!r}`") for key, value in others.items()]


def _tokenizer_rows(tokenizer: dict[str, Any]) -> list[tuple[str, str]]:
    hidden = ("vocabulary_size", "memory_size")
    rows = [("pieces", f"{tokenizer['vocabulary_size']:,}")]
    others = {key: value for key, value in tokenizer.items() if key not in hidden}
    return rows + [(f"`{key}`", f"`{value!r}`") for key, value in others.items()]


def _table(rows: Sequence[tuple[str, str]]) -> str:
    lines = ["| | |", "|---|---|"]
    for row in rows:
        cells = (" ".join(cell.replace("|", "\\|").split()) for cell in row)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _list_labels(classes: Sequence[str]) -> str:
    lines = [f"{i}. `{json.dumps(name, ensure_ascii=False)}`" for i, name in enumerate(classes)]
    left_out = len(lines) - _MOST_LABELS
    more = [f"\n{left_out} more are in `config.json`."] if left_out > 0 else []
    return "\n".join([*lines[:_MOST_LABELS], *more])
