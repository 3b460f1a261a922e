"""The documents in one open file, whatever its kind and wherever it lies."""

import bz2
import contextlib
import gzip
import json
import lzma
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO
from zlib import error as ZlibError

MOST_LINE_BYTES = 16 * 2**20

_OPENERS: dict[str, Callable[[Any], Any]] = {
    ".gz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
}
_DAMAGE = (EOFError, ZlibError, gzip.BadGzipFile, lzma.LZMAError, OSError)


class DocumentFile:
    """Reads the texts of the documents of one file, one at a time; see `DocumentReader`.

    Args:
        path: str, where the file lies; its name says what it holds, and errors name it.
        text_key: str, the key or column that holds the text. Default "text".
        file_is_document: bool, whether a plain text file is one document. Default False.
        most_line_bytes: int, a longer line is left out. Default 16 MiB.

    Attributes:
        skipped: `collections.Counter` from a reason to how many lines, documents or files.

    Example:

    >>> import io
    >>> list(DocumentFile("a.jsonl").read(io.BytesIO(b'{"text": "One."}')))
    ['One.']
    """

    def __init__(
        self,
        path: str,
        text_key: str = "text",
        file_is_document: bool = False,
        most_line_bytes: int = MOST_LINE_BYTES,
    ) -> None:
        self.path = path
        self.text_key = text_key
        self.file_is_document = file_is_document
        self.most_line_bytes = most_line_bytes
        self.skipped: Counter[str] = Counter()

    def read(self, packed: BinaryIO) -> Iterator[str]:
        """Yield the texts of the file, which is open for bytes, as it is on the disk.

        Raises:
            ValueError: if the file is damaged, or a Parquet file has no such column.
        """
        kind = find_kind(self.path) or "text"
        if kind == "parquet":
            yield from self._read_parquet(packed)
            return
        unpack = _OPENERS.get(Path(self.path).suffix.lower(), contextlib.nullcontext)
        read = {"json": self._read_json, "xml": self._read_wiki, "text": self._read_text}[kind]
        try:
            with unpack(packed) as file:
                yield from read(file)
        except _DAMAGE as error:
            raise ValueError(f"{self.path}: the file is cut off or damaged: {error}") from error

    def _read_text(self, file: BinaryIO) -> Iterator[str]:
        lines: list[str] = []
        is_broken = False
        for number, line in enumerate(self._lines(file)):
            if line is not None and b"\0" in line and number < 100:
                self.skipped["binary file"] += 1
                return
            text = None if line is None else _decode(line)
            if text is None:
                if line is not None:
                    self.skipped["document of broken UTF-8"] += not is_broken
                    is_broken = True
            elif text.strip() or self.file_is_document:
                lines.append(text)
            else:
                if lines and not is_broken:
                    yield "\n".join(lines)
                lines, is_broken = [], False
        if lines and not is_broken:
            yield "\n".join(lines)

    def _read_json(self, file: BinaryIO) -> Iterator[str]:
        for line in self._lines(file):
            if line is None or not line.strip():
                continue
            try:
                content = json.loads(line)
            except (ValueError, RecursionError):
                self.skipped["line of broken JSON"] += 1
                continue
            text = content.get(self.text_key) if isinstance(content, dict) else None
            if isinstance(text, str):
                yield text.encode("utf-8", "replace").decode()  # halves of surrogate pairs
            else:
                self.skipped[f"line without a string under {self.text_key!r}"] += 1

    def _read_parquet(self, packed: BinaryIO) -> Iterator[str]:
        import pyarrow as pa
        import pyarrow.parquet

        try:
            file = pyarrow.parquet.ParquetFile(packed)
            if self.text_key not in file.schema_arrow.names:
                raise ValueError(
                    f"{self.path}: must have the column {self.text_key!r}. "
                    f"Received: {file.schema_arrow.names}"
                )
            for batch in file.iter_batches(batch_size=1000, columns=[self.text_key]):
                for text in batch.column(0).to_pylist():
                    if isinstance(text, str) and len(text) > self.most_line_bytes:
                        self.skipped["row that is too long"] += 1
                    elif isinstance(text, str):
                        yield text
                    else:
                        self.skipped["row without a string"] += 1
        except (OSError, pa.ArrowException) as error:
            raise ValueError(f"{self.path}: the file is damaged: {error}") from error

    def _read_wiki(self, file: BinaryIO) -> Iterator[str]:
        from xml.etree import ElementTree

        try:
            import mwparserfromhell
        except ModuleNotFoundError as error:
            raise ValueError(
                "`mwparserfromhell` must be installed to read a MediaWiki dump: "
                "pip install 'kerabert[corpora]'."
            ) from error
        try:
            for _, element in ElementTree.iterparse(file):
                if element.tag.rpartition("}")[2] != "page":
                    continue
                found = {part.tag.rpartition("}")[2]: part for part in element.iter()}
                wiki = found["text"].text if "text" in found else None
                is_article = "ns" not in found or found["ns"].text == "0"
                if is_article and "redirect" not in found and wiki:
                    code = mwparserfromhell.parse(wiki)
                    yield str(code.strip_code(normalize=True, collapse=True))
                else:
                    self.skipped["page that is no article"] += 1
                element.clear()
        except ElementTree.ParseError as error:
            raise ValueError(f"{self.path}: broken XML: {error}") from error

    def _lines(self, file: BinaryIO) -> Iterator[bytes | None]:
        """The lines of a file; None for one that is too long, which is never held as a whole."""
        while line := file.readline(self.most_line_bytes + 1):
            if len(line) > self.most_line_bytes and not line.endswith(b"\n"):
                while (rest := file.readline(2**20)) and not rest.endswith(b"\n"):
                    pass
                self.skipped["line that is too long"] += 1
                yield None
            else:
                yield line


def find_kind(path: str | os.PathLike[str]) -> str | None:
    """Return what a file's name says it holds: "text", "json", "parquet", "xml"; or None."""
    suffixes = [suffix.lower() for suffix in Path(path).suffixes[-2:]]
    if suffixes and suffixes[-1] in _OPENERS:
        suffixes.pop()
    ending = suffixes[-1] if suffixes else ".txt"
    kinds = {".jsonl": "json", ".ndjson": "json", ".xml": "xml", ".txt": "text"}
    if ending == ".parquet":
        return "parquet"
    return kinds.get(ending)


def _decode(line: bytes) -> str | None:
    try:
        return line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        return None
