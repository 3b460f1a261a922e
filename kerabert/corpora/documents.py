"""Reading documents out of files: text, JSON lines, Parquet, MediaWiki dumps, folders of them."""

import bz2
import contextlib
import gzip
import json
import lzma
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from zlib import error as ZlibError

MOST_LINE_BYTES = 16 * 2**20

_OPENERS: dict[str, Callable[[Any], Any]] = {
    ".gz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
}
_DAMAGE = (EOFError, ZlibError, gzip.BadGzipFile, lzma.LZMAError, OSError)


class Document(NamedTuple):
    """A text, and where it came from: the file's path in its folder, and its number there."""

    name: str
    text: str


class DocumentReader:
    """Reads the documents of a file or a folder, one at a time.

    What a file is shows in its name, without the ending of a compression (`.gz`, `.bz2`, `.xz`):

    - `.jsonl`, `.ndjson`: an object a line, with the text under `text_key`;
    - `.parquet`: a row a document, with the text in the column `text_key`;
    - `.xml`: a dump of a MediaWiki, its articles without markup (needs `mwparserfromhell`);
    - `.txt` and names without an ending: plain text in UTF-8, a paragraph a line, a blank line
      between documents.

    A folder's files are read in the order of their paths. What cannot be read is left out and
    counted in `skipped`, by reason; a file that is cut off or damaged as a whole raises.

    Args:
        path: a file or a folder.
        text_key: str, the key or column that holds the text. Default "text".
        file_is_document: bool, whether each plain text file is one document, blank lines and all.
            Default False.
        most_line_bytes: int, a longer line is left out. Default 16 MiB.

    Attributes:
        skipped: `collections.Counter` from a reason to how many lines, documents or files.

    Raises:
        ValueError: if there is no such path, a folder holds no file of a known kind, a Parquet
            file has no such column, or a file is damaged; the message names the file.

    Example:

    >>> from pathlib import Path
    >>> _ = Path("book.txt").write_text("One.\\nTwo.\\n\\nThree.\\n")
    >>> [document.text for document in DocumentReader("book.txt")]
    ['One.\\nTwo.', 'Three.']
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        text_key: str = "text",
        file_is_document: bool = False,
        most_line_bytes: int = MOST_LINE_BYTES,
    ) -> None:
        self.path = Path(path)
        self.text_key = text_key
        self.file_is_document = file_is_document
        self.most_line_bytes = most_line_bytes
        self.skipped: Counter[str] = Counter()
        self.files = self._find_files()
        self._packed: BinaryIO | None = None  # the file that is being read, as it is on the disk
        self._bytes_before = 0

    @property
    def share_read(self) -> float:
        """How much of all files has been read in the present pass, from 0 to 1."""
        total = sum(path.stat().st_size for path in self.files)
        is_open = self._packed is not None and not self._packed.closed
        place = self._packed.tell() if self._packed is not None and is_open else 0
        return min((self._bytes_before + place) / max(total, 1), 1.0)

    def _find_files(self) -> list[Path]:
        if self.path.is_file():
            return [self.path]
        if not self.path.is_dir():
            raise ValueError(f"`path` must be a file or a folder. Received: {self.path}")
        paths = sorted(path for path in self.path.rglob("*") if path.is_file())
        known = [path for path in paths if _kind(path) is not None]
        if len(paths) > len(known):
            self.skipped["file of another kind"] += len(paths) - len(known)
        if not known:
            raise ValueError(
                f"{self.path}: must hold files .txt, .jsonl, .parquet or .xml, plain or "
                f"compressed. Received: {len(paths)} files, none of them."
            )
        return known

    def __iter__(self) -> Iterator[Document]:
        self._bytes_before = 0
        for path in self.files:
            yield from self.read_file(path)
            self._bytes_before += path.stat().st_size

    def read_file(self, path: Path) -> Iterator[Document]:
        """Yield the documents of one of `files`."""
        name = path.name if path == self.path else path.relative_to(self.path).as_posix()
        kind = _kind(path) or "text"
        texts = self._read_parquet(path) if kind == "parquet" else self._read_stream(path, kind)
        for number, text in enumerate(texts):
            text = text.strip()
            if text:
                yield Document(f"{name}:{number}", text)
            else:
                self.skipped["empty document"] += 1

    def _read_stream(self, path: Path, kind: str) -> Iterator[str]:
        unpack = _OPENERS.get(path.suffix, contextlib.nullcontext)
        read = {"json": self._read_json, "xml": self._read_wiki, "text": self._read_text}[kind]
        try:
            with path.open("rb") as self._packed, unpack(self._packed) as file:
                yield from read(file)
        except _DAMAGE as error:
            raise ValueError(f"{path}: the file is cut off or damaged: {error}") from error

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

    def _read_parquet(self, path: Path) -> Iterator[str]:
        import pyarrow as pa
        import pyarrow.parquet

        try:
            file = pyarrow.parquet.ParquetFile(path)
            if self.text_key not in file.schema_arrow.names:
                raise ValueError(
                    f"{path}: must have the column {self.text_key!r}. "
                    f"Received: {file.schema_arrow.names}"
                )
            for batch in file.iter_batches(batch_size=1000, columns=[self.text_key]):
                for text in batch.column(0).to_pylist():
                    if isinstance(text, str):
                        yield text
                    else:
                        self.skipped["row without a string"] += 1
        except (OSError, pa.ArrowException) as error:
            raise ValueError(f"{path}: the file is damaged: {error}") from error

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
            raise ValueError(f"{getattr(file, 'name', 'dump')}: broken XML: {error}") from error

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


def _kind(path: Path) -> str | None:
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
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
