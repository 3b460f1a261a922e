"""From files of text to what pretraining reads: cleaned, a vocabulary, shards, some held out."""

import gzip
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from kerabert.corpora import cleaning_steps
from kerabert.corpora.build import build_shards
from kerabert.corpora.cleaning import CorpusCleaner
from kerabert.corpora.documents import Document, DocumentReader
from kerabert.text.new_words import choose_new_words
from kerabert.text.tokenizer import BertTokenizer
from kerabert.text.vocabulary import train_vocabulary
from kerabert.text.vocabulary_file import write_vocabulary

CLEANING_STEPS = {
    "repair_unicode": cleaning_steps.repair_unicode,
    "remove_control_characters": cleaning_steps.remove_control_characters,
    "remove_markup": cleaning_steps.remove_markup,
    "remove_boilerplate": cleaning_steps.remove_boilerplate,
    "mask_personal_data": cleaning_steps.mask_personal_data,
    "length": cleaning_steps.LengthFilter,
    "language": cleaning_steps.LanguageFilter,
    "repetition": cleaning_steps.RepetitionFilter,
    "exact_duplicates": cleaning_steps.ExactDuplicates,
    "near_duplicates": cleaning_steps.NearDuplicates,
}
DEFAULT_CLEANING = (
    "repair_unicode",
    "remove_control_characters",
    "length",
    "exact_duplicates",
)


def clean_corpus(
    folder: Path,
    paths: Sequence[str],
    cleaning: Sequence[str | dict[str, Any]] = DEFAULT_CLEANING,
    **reading: Any,
) -> Path:
    """Read and clean documents, and keep them as `documents.jsonl.gz` with a report and a picture.

    Args:
        folder: `pathlib.Path`, where they are kept; what is there already is not made again.
        paths: files and folders, read in this order.
        cleaning: steps in order: a name of `CLEANING_STEPS`, or a dict with `step` and the
            arguments of the step.
        **reading: see `DocumentReader`.

    Returns:
        The path of the documents.

    Raises:
        ValueError: if there is no such step, path or document.
    """
    target = folder / "documents.jsonl.gz"
    if target.exists():
        return target
    if not paths:
        raise ValueError("`paths` must name a file or folder of text. Received: none.")
    readers = [DocumentReader(path, **reading) for path in paths]
    cleaner = CorpusCleaner([_make_step(step) for step in cleaning])
    folder.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        # Without a time and a name in it, the same documents make the same file.
        with aside.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as file:
            for document in cleaner(chain.from_iterable(readers)):
                line = {"name": document.name, "text": document.text}
                file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        skipped = sum((reader.skipped for reader in readers), readers[0].skipped.__class__())
        lines = [str(cleaner.report), *(f"skipped  {n:>11,} {why}" for why, n in skipped.items())]
        (folder / "cleaning.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        if not cleaner.report.num_documents_kept:
            raise ValueError(
                f"`paths` must hold a document that cleaning keeps. Received: "
                f"{cleaner.report.num_documents} documents, none kept; {folder / 'cleaning.txt'} "
                "says why."
            )
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)
    return target


def read_documents(path: Path) -> Iterator[Document]:
    """Yield the documents that `clean_corpus` kept, with their own names."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield Document(**json.loads(line))


def make_vocabulary(path: Path, documents: Path, **arguments: Any) -> BertTokenizer:
    """Train a vocabulary on documents, or take the one that is there.

    Args:
        path: `pathlib.Path` of the vocabulary file.
        documents: what `clean_corpus` returned.
        **arguments: `size` and others of `train_vocabulary`; `lowercase` and so on are those of
            the tokenizer too.
    """
    rules = ("lowercase", "strip_accents", "split_cjk")
    tokenizer_arguments = {name: arguments[name] for name in rules if name in arguments}
    if not path.exists():
        texts = (document.text for document in read_documents(documents))
        pieces = train_vocabulary(texts, **{"size": 30000, **arguments})
        write_vocabulary(pieces, path)
    return BertTokenizer(path, **tokenizer_arguments)


def add_words(
    path: Path, documents: Path, tokenizer: BertTokenizer, additions: int, **arguments: Any
) -> BertTokenizer:
    """Return a tokenizer with words of the documents added, or with those that were chosen before.

    Args:
        path: `pathlib.Path` of the larger vocabulary's file.
        documents: what `clean_corpus` returned.
        tokenizer: `BertTokenizer`.
        additions: int, how many words at most.
        **arguments: of `choose_new_words`.
    """
    if not path.exists():
        texts = (document.text for document in read_documents(documents))
        words = choose_new_words(texts, tokenizer, additions, **arguments)
        write_vocabulary([*tokenizer.vocabulary, *words], path)
    vocabulary = BertTokenizer(path).vocabulary
    return BertTokenizer.from_config(tokenizer.get_config() | {"vocabulary": vocabulary})


def make_shards(
    folder: Path, documents: Path, tokenizer: BertTokenizer, held_out_rate: float, **arguments: Any
) -> tuple[Path, Path]:
    """Build shards to train on and shards that are held out.

    Which document is held out follows from a hash of its text, so that a document that is found
    again in another file is on the same side.

    Returns:
        The folders of both.

    Raises:
        ValueError: if `held_out_rate` is not in (0, 1), or one side has no document.
    """
    if not 0 < held_out_rate < 1:
        raise ValueError(f"`held_out_rate` must lie in (0, 1). Received: {held_out_rate}")
    sides = (folder / "train", folder / "held_out")
    for side, is_wanted in zip(sides, (False, True), strict=True):
        chosen = _choose(read_documents(documents), held_out_rate, is_wanted)
        try:
            build_shards(chosen, side, tokenizer, **arguments)
        except ValueError as error:
            if "must hold a document" not in str(error):
                raise
            raise ValueError(
                f"`held_out_rate` must leave documents on both sides. Received: {held_out_rate}, "
                f"with no document in {side}."
            ) from error
    return sides


def _choose(documents: Iterable[Document], rate: float, is_held_out: bool) -> Iterator[Document]:
    for document in documents:
        digest = hashlib.sha256(document.text.encode()).digest()
        if (int.from_bytes(digest[:8], "big") < rate * 2**64) == is_held_out:
            yield document


def _make_step(step: str | dict[str, Any]) -> Any:
    arguments = dict(step) if isinstance(step, dict) else {"step": step}
    name = arguments.pop("step", None)
    if name not in CLEANING_STEPS:
        raise ValueError(f"`cleaning` must be of {list(CLEANING_STEPS)}. Received: {name!r}")
    function = CLEANING_STEPS[name]
    return function(**arguments) if isinstance(function, type) else function
