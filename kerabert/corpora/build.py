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
from kerabert.corpora.documents import Document, check_documents
from kerabert.corpora.light_process import light_start
from kerabert.corpora.sentences import split_sentences
from kerabert.corpora.shard import clear_leftovers, read_shard_facts
from kerabert.corpora.shard_worker import build_shard, digest_block, start_process, start_worker
from kerabert.text.token_rows import check_integer
from kerabert.text.tokenizer import BertTokenizer

_OTHER_DOCUMENTS = (
    "must be made of the documents of this run, to go on with an earlier one: take a new "
    "`directory`. Received: a shard of other documents."
)
_ARROW_POOL = "ARROW_DEFAULT_MEMORY_POOL"


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
        ValueError: if there is no document with a token, one is no `Document`, or the directory
            holds shards of another tokenizer, of other settings or of other documents.
        OSError: if a shard cannot be written, as on a full disk; the message names it. What is
            finished stays.
        RuntimeError: if a process was ended from outside.

    Source: the sentences of a document are kept together as in `create_pretraining_data.py` of
    google-research/bert. Deliberate difference: that writes ten masked copies of the text; here
    pairs and masks are drawn when training reads the shards, and nothing is stored twice.
    """
    check_integer("shard_characters", shard_characters, 1)
    workers = workers or _count_cores()
    check_integer("workers", workers, 1)
    if getattr(split, "__module__", None) == "__main__":
        raise ValueError(
            "`split` must be a function of a module that other processes can import. "
            f"Received: {split.__qualname__} of the script itself."
        )
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    claim_directory(folder, describe_settings(tokenizer, split, shard_characters=shard_characters))
    clear_leftovers(folder)
    begin = time.monotonic()
    facts: dict[int, dict[str, Any]] = {}
    reused = 0
    progress = _Progress(verbose, documents)
    waiting: set[Future[tuple[int, dict[str, Any]]]] = set()

    with _make_pool(workers, tokenizer, split) as pool:
        try:
            for number, block in enumerate(_blocks(documents, shard_characters)):
                path = folder / f"part-{number:06d}.parquet"
                found = _finished(path, block)
                if found is not None:
                    facts[number], reused = found, reused + 1
                    continue
                waiting.add(pool.submit(build_shard, number, str(path), block))
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
    if (left := folder / f"part-{len(facts):06d}.parquet").exists():
        raise ValueError(f"{left}: {_OTHER_DOCUMENTS}")
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
        nothing = _describe_nothing(documents)
        raise ValueError(f"`documents` must hold a document with words. Received: {nothing}")
    return built


def _describe_nothing(documents: Any) -> str:
    """What was found where nothing was, as far as the documents' reader tells."""
    path, skipped = getattr(documents, "path", None), getattr(documents, "skipped", None)
    found = "none" if path is None else f"none in {path}"
    return f"{found}; skipped: {dict(skipped)}" if skipped else f"{found}."


def _count_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _blocks(documents: Iterable[Document], characters: int) -> Iterator[list[Document]]:
    block: list[Document] = []
    size = 0
    for document in check_documents(documents):
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
    if facts.get("source") is None:
        return None  # of nobody knows what
    if facts["source"] != digest_block(block):
        raise ValueError(f"{path}: {_OTHER_DOCUMENTS}")
    return facts | {"num_empty": len(block) - facts["num_documents"]}


class _ThisProcess(Executor):
    """Does what it is given at once."""

    def submit(self, function: Any, /, *arguments: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(function(*arguments, **kwargs))
        return future


class _LightPool(ProcessPoolExecutor):
    """Fresh processes, which only tokenise.

    Keras is not imported in them, and they do not run the user's script once more, as processes
    of this kind otherwise do: it may lack `if __name__ == "__main__"`, and choose a backend.
    """

    def __init__(
        self, workers: int, tokenizer: BertTokenizer, split: Callable[[str], list[str]]
    ) -> None:
        initializer, arguments = light_start(start_process, tokenizer, split)
        super().__init__(
            workers,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=initializer,
            initargs=arguments,
        )

    def submit(self, function: Any, /, *arguments: Any, **kwargs: Any) -> Future[Any]:
        with _without_script():  # this may start a process, and any submit may
            return super().submit(function, *arguments, **kwargs)


@contextmanager
def _without_script() -> Iterator[None]:
    """What a process that is started now takes over from this one: all but the script."""
    pool, script = os.environ.get(_ARROW_POOL), sys.modules["__main__"]
    os.environ[_ARROW_POOL] = "system"  # the others keep what they have once had
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script
        if pool is None:
            del os.environ[_ARROW_POOL]
        else:
            os.environ[_ARROW_POOL] = pool


def _make_pool(
    workers: int, tokenizer: BertTokenizer, split: Callable[[str], list[str]]
) -> Executor:
    if workers > 1:
        return _LightPool(workers, tokenizer, split)
    start_worker(tokenizer, split)
    return _ThisProcess()


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
