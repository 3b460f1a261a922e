"""What the processes of `build_shards` do: documents in, a shard on the disk."""

import hashlib
import multiprocessing
import os
import threading
from collections.abc import Callable
from itertools import chain
from typing import Any

import numpy as np

from kerabert.corpora.documents import Document
from kerabert.corpora.shard import write_shard
from kerabert.corpora.token_documents import Array, TokenDocuments
from kerabert.text.tokenizer import BertTokenizer

_worker: dict[str, Any] = {}


def start_worker(tokenizer: BertTokenizer, split: Callable[[str], list[str]]) -> None:
    """Keep what all blocks of this process need."""
    _worker.update(tokenizer=tokenizer, split=split)


def start_process(tokenizer: BertTokenizer, split: Callable[[str], list[str]]) -> None:
    """The same in a process of its own, which ends when the one that started it is gone."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    start_worker(tokenizer, split)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        # Killed, it told nobody. What is half written is under another name: see write_shard.
        os._exit(1)


def build_shard(number: int, path: str, block: list[Document]) -> tuple[int, dict[str, Any]]:
    """Write one shard; return its number and its facts."""
    tokenizer = _worker["tokenizer"]
    documents, names = tokenize_documents(block, tokenizer, _worker["split"])
    write_shard(path, documents, names, tokenizer, digest_block(block))
    return number, {
        "num_documents": len(documents),
        "num_empty": len(block) - len(documents),
        "num_tokens": documents.num_tokens,
    }


def digest_block(block: list[Document]) -> str:
    """A checksum of documents, by which a shard is known as theirs."""
    digest = hashlib.blake2b(digest_size=16)
    for document in block:
        for text in document:
            digest.update(len(text).to_bytes(8, "little") + text.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def tokenize_documents(
    documents: list[Document], tokenizer: BertTokenizer, split: Callable[[str], list[str]]
) -> tuple[TokenDocuments, list[str]]:
    """Return the tokens and the names of the documents that have any."""
    dtype = "uint16" if tokenizer.vocabulary_size <= 2**16 else "uint32"
    names: list[str] = []
    tokens: list[Array] = []
    lengths: list[Array] = []
    for document in documents:
        sentences = [ids for ids in tokenizer(split(document.text)) if ids]
        if sentences:  # as arrays at once: lists of them all would take four times the memory
            names.append(document.name)
            tokens.append(np.array(list(chain.from_iterable(sentences)), dtype))
            lengths.append(np.array([len(ids) for ids in sentences]))
    if not names:
        return TokenDocuments.from_lists([]), names
    return TokenDocuments.from_arrays(tokens, lengths), names
