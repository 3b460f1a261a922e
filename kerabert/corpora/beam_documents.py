"""Reading documents by Apache Beam."""

import os
from collections.abc import Iterator
from typing import Any

from kerabert.corpora.beam_files import FileSystems, beam, count, open_packed
from kerabert.corpora.document_file import MOST_LINE_BYTES, DocumentFile, find_kind
from kerabert.corpora.documents import Document, name_documents


class ReadDocuments(beam.PTransform):
    """Reads the documents of a file or a folder, as `DocumentReader` does, on many machines.

    The files are listed when the pipeline is made, and each is read by one worker, as a stream;
    the documents are then spread over all of them. Lines and documents that cannot be read are
    left out and counted, in Beam's metrics of the namespace "kerabert".

    Args:
        path: str, a file or a folder, here or wherever Beam reads: "gs://bucket/folder".
        text_key, file_is_document, most_line_bytes: see `DocumentReader`.

    Outputs:
        A PCollection of `Document`, with the names that `DocumentReader` gives.

    Raises:
        ValueError: if there is no such path, or a folder holds no file of a known kind; while it
            runs, if a file is damaged.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        text_key: str = "text",
        file_is_document: bool = False,
        most_line_bytes: int = MOST_LINE_BYTES,
    ) -> None:
        super().__init__()
        self.path = os.fspath(path).rstrip("/")
        self.arguments = (text_key, file_is_document, most_line_bytes)
        if set("*?[") & set(self.path):
            raise ValueError(f"`path` must be a file or a folder, no pattern. Received: {path}")

    def expand(self, pipeline: Any) -> Any:
        return (
            pipeline
            | "Files" >> beam.Create(self._find_files())
            | "SpreadFiles" >> beam.Reshuffle()
            | "Read" >> beam.ParDo(_ReadFile(*self.arguments))
            | "SpreadDocuments" >> beam.Reshuffle()
        )

    def _find_files(self) -> list[tuple[str, str]]:
        """The path and the name of each file."""
        found = FileSystems.match([f"{self.path}/**"])[0].metadata_list
        paths = [metadata.path for metadata in found]
        if not paths:
            if not FileSystems.exists(self.path):
                raise ValueError(f"`path` must be a file or a folder. Received: {self.path}")
            return [(self.path, FileSystems.split(self.path)[1])]
        known = sorted(path for path in paths if find_kind(path) is not None)
        if not known:
            raise ValueError(
                f"{self.path}: must hold files .txt, .jsonl, .parquet or .xml, plain or "
                f"compressed. Received: {len(paths)} files, none of them."
            )
        return [(path, path[len(self.path) + 1 :].replace(os.sep, "/")) for path in known]


class _ReadFile(beam.DoFn):
    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments

    def process(self, element: tuple[str, str]) -> Iterator[Document]:
        path, name = element
        content = DocumentFile(path, *self.arguments)
        with open_packed(path) as file:
            yield from name_documents(name, content, file)
        for reason, number in content.skipped.items():
            count(f"skipped: {reason}", number)
