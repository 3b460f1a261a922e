"""Reading documents out of files: text, JSON lines, Parquet, MediaWiki dumps, folders of them."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from kerabert.corpora.document_file import MOST_LINE_BYTES, DocumentFile, find_kind
from kerabert.text.arguments import described, hides_members


class Document(NamedTuple):
    """A text, and where it came from: the file's path in its folder, and its number there."""

    name: str
    text: str


def check_documents(documents: Iterable[Document]) -> Iterator[Document]:
    """Yield documents, or raise `ValueError` where one is something else, such as a str."""
    what = "`documents` must be `Document`s, as of `DocumentReader(path)`. Received: "
    if hides_members(documents) or not isinstance(documents, Iterable):
        raise ValueError(f"{what}{described(documents)}.")
    for number, document in enumerate(documents):
        if not isinstance(document, Document) or not isinstance(document.text, str):
            raise ValueError(f"{what}number {number} is {described(document)}.")
        yield document


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
        most_line_bytes: int, a longer line, or text in a Parquet file, is left out. Default 16 MiB.

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
        self._sizes = {path: path.stat().st_size for path in self.files}
        self._bytes_before = 0

    @property
    def share_read(self) -> float:
        """How much of all files has been read in the present pass, from 0 to 1."""
        total = sum(self._sizes.values())
        is_open = self._packed is not None and not self._packed.closed
        place = self._packed.tell() if self._packed is not None and is_open else 0
        return min((self._bytes_before + place) / max(total, 1), 1.0)

    def _find_files(self) -> list[Path]:
        if self.path.is_file():
            return [self.path]
        if not self.path.is_dir():
            raise ValueError(f"`path` must be a file or a folder. Received: {self.path}")
        paths = sorted(path for path in self.path.rglob("*") if path.is_file())
        known = [path for path in paths if find_kind(path) is not None]
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
            self._bytes_before += self._sizes[path]

    def read_file(self, path: Path) -> Iterator[Document]:
        """Yield the documents of one of `files`."""
        name = path.name if path == self.path else path.relative_to(self.path).as_posix()
        content = DocumentFile(
            str(path), self.text_key, self.file_is_document, self.most_line_bytes
        )
        content.skipped = self.skipped
        try:
            with path.open("rb") as self._packed:
                yield from name_documents(name, content, self._packed)
        except OSError as error:
            raise ValueError(f"{path}: the file cannot be read: {error}") from error


def name_documents(name: str, content: DocumentFile, packed: BinaryIO) -> Iterator[Document]:
    """Yield the documents of an open file, numbered, without those that are empty."""
    for number, text in enumerate(content.read(packed)):
        text = text.strip()
        if text:
            yield Document(f"{name}:{number}", text)
        else:
            content.skipped["empty document"] += 1
