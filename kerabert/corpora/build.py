"""From documents to shards, on all cores of one machine."""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from kerabert.corpora.corpus_settings import claim_directory, describe_settings
from kerabert.corpora.documents import Document
from kerabert.corpora.sentences import split_sentences
from kerabert.corpora.shard import read_shard_facts, write_shard
from kerabert.corpora.token_documents import TokenDocuments
from kerabert.text.token_rows import check_integer
from kerabert.text.tokenizer import BertTokenizer


class BuiltCorpus(NamedTuple):
    """What `build_shards` made.

    Attributes:
        num_documents: int, documents in the shards.
        num_empty: int, documents without a token, which are in no shard.
        num_tokens: int.
        num_shards: int.
        num_reused: int, shards that an earlier run had finished.
        seconds: float, how long this run took.
    """

    num_documents: int
    num_empty: int
    num_tokens: int
    num_shards: int
    num_reused: int
    seconds: float


def build_shards(
    documents: Iterable[Document],
    directory: str | os.PathLike[str],
    tokenizer: BertTokenizer,
    split: Callable[[str], list[str]] = split_sentences,
    shard_characters: int = 4 * 2**20,
    workers: int | None = None,
    verbose: bool = True,
) -> BuiltCorpus:
    """Split documents into sentences, tokenise them, and write them as shards.

    The documents are read once, in order, and handed in blocks to a pool of processes; only a few
    blocks are in memory at a time. Each block becomes a shard `part-000000.parquet` and so on,
    written whole or not at all. A run that was cut short is started again in the same way: it
    reads the documents again, and makes only the shards that are missing.

    Args:
        documents: `Document`s in an order that is the same each time, as of `DocumentReader`.
        directory: path, made if it is not there.
        tokenizer: `BertTokenizer`.
        split: function from a text to its sentences, of a module (other processes import it).
            Default `split_sentences`.
        shard_characters: int, about how many characters of text a shard holds. Default 4 Mi.
        workers: int, processes; with 1 this process does it. Default: one for each core.
        verbose: bool, show progress with rate. Default True.

    Returns:
        `BuiltCorpus`.

    Raises:
        ValueError: if there is no document with a token, or the directory holds shards of
            another tokenizer, or of other settings.
        RuntimeError: if a process was ended from outside.

    Source: the sentences of a document are kept together as in `create_pretraining_data.py` of
    google-research/bert. Deliberate difference: that writes ten masked copies of the text; here
    pairs and masks are drawn when training reads the shards, and nothing is stored twice.
    """
    check_integer("shard_characters", shard_characters, 1)
    workers = workers or len(os.sched_getaffinity(0))
    check_integer("workers", workers, 1)
    if getattr(split, "__module__", None) == "__main__":
        raise ValueError(
            "`split` must be a function of a module that other processes can import. "
            f"Received: {split.__qualname__} of the script itself."
        )
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    claim_directory(folder, describe_settings(tokenizer, split, shard_characters=shard_characters))
    begin = time.monotonic()
    facts: dict[int, dict[str, Any]] = {}
    reused = 0
    progress = _Progress(verbose, documents)
    waiting: set[Future[tuple[int, dict[str, Any]]]] = set()

    with _pool(workers, tokenizer, split) as pool:
        try:
            for number, block in enumerate(_blocks(documents, shard_characters)):
                path = folder / f"part-{number:06d}.parquet"
                found = _finished(path, block)
                if found is not None:
                    facts[number], reused = found, reused + 1
                    continue
                waiting.add(pool.submit(_build_shard, number, str(path), block))
                if len(waiting) > workers + 1:  # what bounds the memory
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    facts |= dict(future.result() for future in done)
                    progress.show(facts)
            facts |= dict(future.result() for future in waiting)
        except BrokenProcessPool as error:
            raise RuntimeError(
                f"A process was ended while it built shards, perhaps for lack of memory. What is "
                f"finished stays in {folder}: start again, with fewer `workers`."
            ) from error
    progress.show(facts, is_last=True)
    built = BuiltCorpus(
        num_documents=sum(fact["num_documents"] for fact in facts.values()),
        num_empty=sum(fact["num_empty"] for fact in facts.values()),
        num_tokens=sum(fact["num_tokens"] for fact in facts.values()),
        num_shards=sum(fact["num_documents"] > 0 for fact in facts.values()),
        num_reused=reused,
        seconds=time.monotonic() - begin,
    )
    if not built.num_documents:
        raise ValueError("`documents` must hold a document with words. Received: none.")
    return built


def tokenize_documents(
    documents: list[Document], tokenizer: BertTokenizer, split: Callable[[str], list[str]]
) -> tuple[TokenDocuments, list[str]]:
    """Return the tokens and the names of the documents that have any."""
    lists, names = [], []
    for document in documents:
        sentences = [ids for ids in tokenizer(split(document.text)) if ids]
        if sentences:
            lists.append(sentences)
            names.append(document.name)
    return TokenDocuments.from_lists(lists), names


def _blocks(documents: Iterable[Document], characters: int) -> Iterator[list[Document]]:
    block: list[Document] = []
    size = 0
    for document in documents:
        block.append(document)
        size += len(document.text)
        if size >= characters:
            yield block
            block, size = [], 0
    if block:
        yield block


def _finished(path: Path, block: list[Document]) -> dict[str, Any] | None:
    """What an earlier run wrote of a block, or None."""
    if not path.is_file():
        return None
    try:
        facts = read_shard_facts(path)
    except ValueError:
        return None  # damaged: made again
    return facts | {"num_empty": len(block) - facts["num_documents"]}


# In the other processes.

_worker: dict[str, Any] = {}


def _start_worker(config: dict[str, Any], split: Callable[[str], list[str]]) -> None:
    _worker["tokenizer"] = BertTokenizer.from_config(config)
    _worker["split"] = split


def _build_shard(number: int, path: str, block: list[Document]) -> tuple[int, dict[str, Any]]:
    tokenizer = _worker["tokenizer"]
    documents, names = tokenize_documents(block, tokenizer, _worker["split"])
    write_shard(path, documents, names, tokenizer)
    return number, {
        "num_documents": len(documents),
        "num_empty": len(block) - len(documents),
        "num_tokens": documents.num_tokens,
    }


class _ThisProcess(Executor):
    """Does what it is given at once."""

    def submit(self, function: Any, /, *arguments: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(function(*arguments, **kwargs))
        return future


@contextmanager
def _pool(
    workers: int, tokenizer: BertTokenizer, split: Callable[[str], list[str]]
) -> Iterator[Executor]:
    """A pool of fresh processes, which only tokenise.

    Keras loads no backend in them, and they do not run the user's script once more, as processes
    of this kind otherwise do: it may lack `if __name__ == "__main__"`, and choose a backend.
    """
    if workers == 1:
        _start_worker(tokenizer.get_config(), split)
        yield _ThisProcess()
        return
    with ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start_worker,
        initargs=(tokenizer.get_config(), split),
    ) as pool:
        backend, script = os.environ.get("KERAS_BACKEND"), sys.modules["__main__"]
        os.environ["KERAS_BACKEND"], sys.modules["__main__"] = "numpy", ModuleType("__main__")
        try:
            pool.submit(os.getpid).result()  # the first task starts all of them
        finally:
            sys.modules["__main__"] = script
            if backend is None:
                del os.environ["KERAS_BACKEND"]
            else:
                os.environ["KERAS_BACKEND"] = backend
        yield pool


class _Progress:
    """A line that says how far it is, and how long it will take if the source can tell."""

    def __init__(self, verbose: bool, source: Any) -> None:
        self.verbose = verbose
        self.source = source
        self.begin = time.monotonic()
        self.shown = 0.0

    def show(self, facts: dict[int, dict[str, Any]], is_last: bool = False) -> None:
        now = time.monotonic()
        if self.verbose and (is_last or now - self.shown > 0.5):
            self.shown = now
            documents = sum(fact["num_documents"] for fact in facts.values())
            tokens = sum(fact["num_tokens"] for fact in facts.values())
            rate = documents / max(now - self.begin, 1e-9)
            text = f"\r{documents:,} documents, {rate:,.0f} a second, {tokens / 1e6:.1f} M tokens"
            share = getattr(self.source, "share_read", 0.0)
            if is_last:
                text += f", {len(facts)} shards\n"
            elif share > 0.01:  # else the guess would be a wild one
                left = (now - self.begin) * (1 - share) / share
                text += f", {share:.0%}, {left:.0f} s left   "
            print(text, end="", flush=True)
