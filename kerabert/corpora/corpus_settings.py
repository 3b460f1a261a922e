"""The file corpus.json beside the shards, which says how they were made."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kerabert.corpora.shard import vocabulary_digest
from kerabert.text.tokenizer import BertTokenizer

CORPUS = "corpus.json"


def describe_settings(
    tokenizer: BertTokenizer, split: Callable[[str], list[str]], **others: Any
) -> dict[str, Any]:
    """Return what decides the content of shards, fit for JSON.

    Args:
        tokenizer: `BertTokenizer`.
        split: function from a text to its sentences.
        **others: more settings.
    """
    return {
        "vocabulary_sha256": vocabulary_digest(tokenizer),
        "split": name_function(split),
        **others,
    }


def name_function(function: Any) -> str:
    """The name of a function, or of the class of an object that is called, with its module."""
    named = function if hasattr(function, "__qualname__") else type(function)
    return f"{getattr(named, '__module__', None)}.{named.__qualname__}"


def claim_directory(folder: Path, settings: dict[str, Any]) -> None:
    """Write down the settings of a new directory, or compare them with those of an old one.

    Raises:
        ValueError: if the directory holds shards of other settings.
        OSError: if the file cannot be written; the message names it.
    """
    path = folder / CORPUS
    if path.exists():
        compare_settings(path, path.read_text(encoding="utf-8", errors="replace"), settings)
        return
    if any(folder.glob("*.parquet")):
        raise ValueError(foreign_directory(folder))
    aside = path.with_name(f".{CORPUS}.{os.getpid()}.new")
    try:
        aside.write_text(format_settings(settings), encoding="utf-8")
        aside.replace(path)
    except OSError as error:
        raise OSError(error.errno, f"the file could not be written: {error}", str(path)) from error
    finally:
        aside.unlink(missing_ok=True)


def foreign_directory(folder: Path | str) -> str:
    """What is said of a directory with shards that say not how they were made."""
    return (
        f"`directory` must be new, empty or of an earlier run. Received: {folder}, which "
        f"holds Parquet files and no {CORPUS}."
    )


def format_settings(settings: dict[str, Any]) -> str:
    """The text of corpus.json."""
    return json.dumps(settings, indent=2) + "\n"


def compare_settings(path: Path | str, text: str, settings: dict[str, Any]) -> None:
    """Compare settings with those that a corpus.json holds.

    Raises:
        ValueError: if one is another, or the text is no JSON.
    """
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{path}: must hold JSON. Received: {error}") from error
    if not isinstance(found, dict):
        raise ValueError(f"{path}: must hold a JSON object. Received: {found!r}")
    for key, value in settings.items():
        if found.get(key) != value:
            raise ValueError(
                f"{path}: `{key}` must be that of this run, {value!r}, to go on with an earlier "
                f"one. Received: {found.get(key)!r}"
            )
