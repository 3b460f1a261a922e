"""One shard of a corpus: a Parquet file of tokenised documents."""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from kerabert.corpora.token_documents import Array, TokenDocuments
from kerabert.text.tokenizer import BertTokenizer

FORMAT_VERSION = 1
_KEY = b"kerabert"


def write_shard(
    path: str | os.PathLike[str],
    documents: TokenDocuments,
    names: list[str],
    tokenizer: BertTokenizer,
    source: str | None = None,
) -> None:
    """Write tokenised documents as a Parquet file, whole or not at all.

    The columns are `document`, a string that says where the document came from, and `sentences`,
    a list of sentences, each a list of token ids (uint16, or uint32 for larger vocabularies). The
    file's metadata hold the vocabulary's size and checksum and the number of tokens.

    Args:
        path: the file to make.
        documents: `TokenDocuments`.
        names: list of str, one a document.
        tokenizer: `BertTokenizer` that made the ids.
        source: str, a checksum of what the shard was made of, for the file's metadata. Default
            None.

    Raises:
        OSError: if it cannot be written, as on a full disk; the message names the file.
    """
    path = Path(path)
    aside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with aside.open("wb") as file:
            write_table(file, documents, names, tokenizer, source)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError as error:
        raise OSError(error.errno, f"the shard could not be written: {error}", str(path)) from error
    finally:
        aside.unlink(missing_ok=True)


def clear_leftovers(folder: Path) -> None:
    """Remove what processes of this machine left half written that are no more."""
    for path in folder.glob(".*.new"):
        pid = path.name.rsplit(".", 2)[1]
        if pid.isdecimal() and not _is_alive(int(pid)):
            path.unlink(missing_ok=True)


def _is_alive(pid: int) -> bool:
    if os.name == "nt":
        return True  # there a signal 0 ends it
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def write_table(
    file: BinaryIO,
    documents: TokenDocuments,
    names: list[str],
    tokenizer: BertTokenizer,
    source: str | None = None,
) -> None:
    """Write the content of a shard into an open file; see `write_shard`."""
    import pyarrow as pa
    import pyarrow.parquet

    tokens = _to_arrow(
        documents.tokens, "uint16" if tokenizer.vocabulary_size <= 2**16 else "uint32"
    )
    sentences = pa.LargeListArray.from_arrays(_to_arrow(documents.sentence_starts, "int64"), tokens)
    column = pa.LargeListArray.from_arrays(_to_arrow(documents.document_starts, "int64"), sentences)
    about = {
        "format_version": FORMAT_VERSION,
        "vocabulary_size": tokenizer.vocabulary_size,
        "vocabulary_sha256": vocabulary_digest(tokenizer),
        "num_documents": len(documents),
        "num_tokens": documents.num_tokens,
        "source": source,
    }
    table = pa.table({"document": _to_strings(names), "sentences": column})
    table = table.replace_schema_metadata({_KEY: json.dumps(about)})
    # Small pages: less memory, and the files are no larger.
    pyarrow.parquet.write_table(table, file, compression="zstd", data_page_size=2**16)


# Of their bytes, since pyarrow.array imports pandas where that is installed: 100 MB a process.


def _to_arrow(numbers: Array, dtype: str) -> Any:
    import pyarrow as pa

    numbers = np.ascontiguousarray(numbers, dtype)
    buffers = [None, pa.py_buffer(numbers)]
    return pa.Array.from_buffers(pa.from_numpy_dtype(numbers.dtype), len(numbers), buffers)


def _to_strings(strings: list[str]) -> Any:
    import pyarrow as pa

    encoded = [string.encode() for string in strings]
    ends = np.cumsum([0, *map(len, encoded)]).astype("int32")
    return pa.StringArray.from_buffers(
        len(encoded), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))
    )


def read_shard_facts(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return what a shard's metadata say: sizes, and the vocabulary's checksum.

    Raises:
        ValueError: if the file is missing, damaged, or no shard of this version.
    """
    import pyarrow as pa
    import pyarrow.parquet

    try:
        metadata = pyarrow.parquet.read_schema(path).metadata or {}
    except (OSError, pa.ArrowException) as error:
        raise ValueError(f"{os.fspath(path)}: must be a Parquet file. Received: {error}") from error
    facts = json.loads(metadata.get(_KEY, b"{}"))
    if facts.get("format_version") != FORMAT_VERSION:
        raise ValueError(
            f"{os.fspath(path)}: must be a shard of a corpus of kerabert, format version "
            f"{FORMAT_VERSION}. Received: {facts.get('format_version')}"
        )
    return dict(facts)


def read_shard(path: str | os.PathLike[str]) -> tuple[TokenDocuments, list[str]]:
    """Return the documents of a shard and their names.

    Raises:
        ValueError: if the file is missing or damaged, or no shard of this version.
    """
    import pyarrow as pa
    import pyarrow.parquet

    facts = read_shard_facts(path)
    try:
        table = pyarrow.parquet.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise ValueError(f"{os.fspath(path)}: the file is damaged: {error}") from error
    column = table.column("sentences").combine_chunks()
    sentences = column.values
    documents = TokenDocuments(
        sentences.values.to_numpy(zero_copy_only=False),
        np.asarray(sentences.offsets.to_numpy()),
        np.asarray(column.offsets.to_numpy()),
    )
    if len(documents) != facts["num_documents"] or documents.num_tokens != facts["num_tokens"]:
        raise ValueError(
            f"{os.fspath(path)}: must hold the {facts['num_documents']} documents that it says. "
            f"Received: {len(documents)}"
        )
    return documents, table.column("document").to_pylist()


def vocabulary_digest(tokenizer: BertTokenizer) -> str:
    """The SHA-256 of what decides a tokenizer's ids: its pieces and rules."""
    config = tokenizer.get_config()
    config.pop("memory_size")
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()


def find_shards(
    shards: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
) -> list[Path]:
    """Return the paths of the shards in a folder, in the order of their names; or those given.

    Raises:
        ValueError: if there are none, or one is not there.
    """
    if isinstance(shards, str | os.PathLike):
        folder = Path(shards)
        paths = sorted(folder.glob("*.parquet"))
        if not paths:
            raise ValueError(f"`shards` must be a folder with Parquet files. Received: {folder}")
        return paths
    paths = [Path(path) for path in shards]
    missing = [str(path) for path in paths if not path.is_file()]
    if missing or not paths:
        raise ValueError(f"`shards` must be files. Received: {missing or 'none'}")
    return paths
