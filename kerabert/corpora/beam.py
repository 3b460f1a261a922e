"""The same shards as `build_shards` makes, by Apache Beam: for what outgrows one machine."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from kerabert.corpora.beam_documents import ReadDocuments
from kerabert.corpora.beam_files import FileSystems, beam, count, write_whole
from kerabert.corpora.cleaning import Step
from kerabert.corpora.cleaning_steps import ExactDuplicates, NearDuplicates
from kerabert.corpora.corpus_settings import (
    CORPUS,
    compare_settings,
    describe_settings,
    foreign_directory,
    format_settings,
    name_function,
)
from kerabert.corpora.documents import Document
from kerabert.corpora.sentences import split_sentences
from kerabert.corpora.shard import write_table
from kerabert.corpora.token_documents import TokenDocuments
from kerabert.text.token_rows import check_integer
from kerabert.text.tokenizer import BertTokenizer

__all__ = ["BuildShards", "ReadDocuments"]

# A document on its way into a shard: its name, its tokens, how long its sentences are.
_Row = tuple[str, bytes, bytes]
_EMPTY: _Row = ("", b"", b"")


class BuildShards(beam.PTransform):
    """Splits documents into sentences, tokenises them, and writes them as shards.

    Which shard a document goes to is decided by its name, and a shard holds its documents in the
    order of their names: the same documents give the same bytes, on any number of workers. A shard
    is put together in the memory of one worker, written aside and then renamed; one that is
    written twice, by a worker that was thought dead, is replaced by its like. So a shard is whole
    or not there, and a pipeline that failed is started again in the same way, into the same
    directory. It holds the documents that `build_shards` would write, in other shards.

    Beam's metrics of the namespace "kerabert" count documents, tokens, and what was left out.

    On many machines the pipeline is the same; its options say where it runs. The workers need
    kerabert[beam] and one backend of Keras, which they import and do not use: jax is the smallest.

    - Dataflow: `PipelineOptions(runner="DataflowRunner", project=..., region=...,
      temp_location="gs://...", sdk_container_image=...)`, of an image with kerabert[beam];
    - Flink: `PipelineOptions(runner="FlinkRunner", flink_master="host:8081",
      environment_type="DOCKER", environment_config=image)`;
    - Spark: `PipelineOptions(runner="SparkRunner", spark_master_url="spark://host:7077",
      environment_type="DOCKER", environment_config=image)`.

    Args:
        directory: str, on a file system that all workers see: "gs://bucket/shards". It is new,
            empty, or of an earlier run with the same settings, whose shards are written again.
        tokenizer: `BertTokenizer`.
        num_shards: int, how many files; best some 10 to 100 MB of text each. Default 64.
        split: function from a text to its sentences. Default `split_sentences`.
        steps: functions that clean a text or drop it, applied in order; see `CorpusCleaner`.
            Default none.
        drop_duplicates: bool, of documents that are the same after the steps, but for case and
            white space, keep the first as `DocumentReader` reads them. Default False.

    Inputs:
        documents: a PCollection of `Document`, each of another name.

    Outputs:
        A PCollection of a dict for each shard: `path`, `num_documents`, `num_tokens`.

    Raises:
        ValueError: if an argument is out of range, a step compares documents with each other, or
            the directory holds shards of other settings; while it runs, if there is no document
            with a token.

    Example:

    >>> import apache_beam as beam
    >>> from kerabert import BertTokenizer
    >>> tokenizer = BertTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "film"])
    >>> with beam.Pipeline() as pipeline:
    ...     documents = pipeline | beam.Create([Document("a:0", "Good film")])
    ...     shards = documents | BuildShards("shards", tokenizer, num_shards=1)
    >>> from kerabert.corpora import read_shard
    >>> read_shard("shards/part-000000.parquet")[0][0][0].tolist()
    [5, 6]
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        tokenizer: BertTokenizer,
        num_shards: int = 64,
        split: Callable[[str], list[str]] = split_sentences,
        steps: Sequence[Step] = (),
        drop_duplicates: bool = False,
    ) -> None:
        super().__init__()
        check_integer("num_shards", num_shards, 1)
        for step in steps:
            if not callable(step):
                raise ValueError(f"`steps` must be functions of a text. Received: steps={steps!r}")
            if isinstance(step, ExactDuplicates | NearDuplicates):
                raise ValueError(
                    "`steps` must look at one document at a time, since no worker sees all of "
                    f"them; see `drop_duplicates`. Received: {type(step).__name__}"
                )
        self.directory = os.fspath(directory).rstrip("/")
        self.tokenizer = tokenizer
        self.num_shards = num_shards
        self.split = split
        self.steps = list(steps)
        self.drop_duplicates = drop_duplicates

    def expand(self, documents: Any) -> Any:
        self._claim()
        if self.steps:
            documents |= "Clean" >> beam.ParDo(_Clean(self.steps))
        if self.drop_duplicates:
            documents = (
                documents
                | "Digest"
                >> beam.Map(lambda document: (ExactDuplicates.digest(document.text), document))
                | "KeepFirst" >> beam.CombinePerKey(_first)
                | beam.Values()
            )
        rows = documents | "Tokenize" >> beam.ParDo(
            _Tokenize(self.tokenizer, self.split, self.num_shards)
        ).with_output_types(tuple[int, _Row])
        # Each shard is written, one without documents too: nothing stays of an earlier run.
        every = documents.pipeline | "Shards" >> beam.Create(
            [(number, _EMPTY) for number in range(self.num_shards)]
        ).with_output_types(tuple[int, _Row])
        written = (
            (rows, every)
            | beam.Flatten()
            | beam.GroupByKey()
            | "Write" >> beam.ParDo(_WriteShard(self.directory, self.tokenizer))
        )
        _ = (
            written
            | beam.Map(lambda facts: facts["num_documents"])
            | beam.CombineGlobally(sum)
            | "Check" >> beam.Map(_check_not_empty)
        )
        return written

    def _claim(self) -> None:
        settings = describe_settings(
            self.tokenizer,
            self.split,
            num_shards=self.num_shards,
            steps=[name_function(step) for step in self.steps],
            drop_duplicates=self.drop_duplicates,
        )
        path = FileSystems.join(self.directory, CORPUS)
        if FileSystems.exists(path):
            with FileSystems.open(path) as file:
                compare_settings(path, file.read().decode("utf-8", "replace"), settings)
            return
        if FileSystems.match([FileSystems.join(self.directory, "*.parquet")])[0].metadata_list:
            raise ValueError(foreign_directory(self.directory))
        write_whole(path, lambda file: file.write(format_settings(settings).encode()))


# On the workers.


class _Clean(beam.DoFn):
    def __init__(self, steps: list[Step]) -> None:
        self.steps = steps

    def process(self, element: Document) -> Iterator[Document]:
        text: str | None = element.text
        for step in self.steps:
            text = step(str(text))
            if text is None:
                count(f"dropped by {name_function(step).rpartition('.')[2]}")
                return
        yield Document(element.name, str(text))


class _Tokenize(beam.DoFn):
    def __init__(
        self, tokenizer: BertTokenizer, split: Callable[[str], list[str]], num_shards: int
    ) -> None:
        self.tokenizer = tokenizer
        self.split = split
        self.num_shards = num_shards

    def process(self, element: Document) -> Iterator[tuple[int, _Row]]:
        sentences = [ids for ids in self.tokenizer(self.split(element.text)) if ids]
        if not sentences:
            count("documents without a token")
            return
        lengths = np.array([len(ids) for ids in sentences], "<u4")
        tokens = np.array([id for ids in sentences for id in ids], "<u4")
        count("documents")
        count("tokens", len(tokens))
        digest = hashlib.blake2b(element.name.encode(), digest_size=8).digest()
        shard = int.from_bytes(digest, "big") % self.num_shards
        yield shard, (element.name, tokens.tobytes(), lengths.tobytes())


class _WriteShard(beam.DoFn):
    def __init__(self, directory: str, tokenizer: BertTokenizer) -> None:
        self.directory = directory
        self.tokenizer = tokenizer

    def process(self, element: tuple[int, Iterable[_Row]]) -> Iterator[dict[str, Any]]:
        number, found = element
        rows = sorted((row for row in found if row != _EMPTY), key=lambda row: _place(row[0]))
        names = [row[0] for row in rows]
        documents = TokenDocuments.from_lists([])
        if rows:
            documents = TokenDocuments.from_arrays(
                [np.frombuffer(row[1], "<u4") for row in rows],
                [np.frombuffer(row[2], "<u4") for row in rows],
            )
        path = FileSystems.join(self.directory, f"part-{number:06d}.parquet")
        write_whole(path, lambda file: write_table(file, documents, names, self.tokenizer))
        yield {"path": path, "num_documents": len(rows), "num_tokens": documents.num_tokens}


def _place(name: str) -> tuple[Any, ...]:
    """What names are ordered by: as `DocumentReader` reads them."""
    file, _, number = name.rpartition(":")
    is_numbered = bool(file) and number.isdecimal()
    path = file if is_numbered else name
    return path.split("/"), int(number) if is_numbered else -1, name


def _first(documents: Iterable[Document]) -> Document:
    return min(documents, key=lambda document: _place(document.name))


def _check_not_empty(num_documents: int) -> None:
    if not num_documents:
        raise ValueError("`documents` must hold a document with words. Received: none.")
