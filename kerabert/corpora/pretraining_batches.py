"""Batches of pretraining examples, drawn from shards while the model trains."""

import os
from collections.abc import Sequence
from typing import Any, Literal

import keras
import numpy as np

from kerabert.corpora.segment_pairs import SegmentPair, SegmentPairs
from kerabert.corpora.shard import (
    find_shards,
    read_shard,
    read_shard_facts,
    vocabulary_digest,
)
from kerabert.corpora.token_documents import TokenDocuments
from kerabert.text.example_packer import ExamplePacker
from kerabert.text.sequence_packer import SequencePacker
from kerabert.text.token_masker import TokenMasker
from kerabert.text.token_rows import check_integer
from kerabert.text.tokenizer import BertTokenizer


class PretrainingBatches(keras.utils.PyDataset):
    """An endless Keras dataset of masked pairs of segments, other ones in each epoch.

    An epoch goes through the shards in an order of its own, a pool of some shards at a time. The
    examples of a pool are drawn, shuffled and cut into batches; what is left at its end, less than
    a batch, is dropped. Every batch is a function of `(seed, place)`, on every backend, with
    any number of workers and after a restart. `place_of` says where a run is: a dataset that begins
    there gives the same batches that would have come.

    Args:
        shards: path of a folder of shards, or list of paths.
        tokenizer: `BertTokenizer` that the shards were made with.
        sequence_length: int, the tokens of a row. Default 128.
        batch_size: int, the rows of a batch. Default 32.
        steps_per_epoch: int, how many batches Keras counts as an epoch: how often it validates
            and calls back. Default 1000.
        pairs: "next", "order" or None; see `SegmentPairs`. Default "next".
        short_rate: float in [0, 1]; see `SegmentPairs`. Default 0.1.
        masker: `TokenMasker`. Default: that of the tokenizer, with this `seed`.
        pool_tokens: int, about how many tokens a pool has: what is shuffled together, and where
            random segments come from. Default 2**24.
        seed: int, 0 or more. Default 0.
        place: tuple (epoch, pool, batch) where the batches begin. Default (0, 0, 0).
        pack: bool, whether short examples of a pool share a row, for models made with
            `packed=True`: the same examples with the same masks, without the padding. Default
            False.
        max_examples: int, the most examples of a row with `pack`; documents shorter than
            `sequence_length / max_examples` tokens leave padding. Default: a 32nd of
            `sequence_length`, and 8 at least.

    Outputs:
        `batches[i]` is (x, y, sample_weight). `x` has `token_ids`, `segment_ids`, `padding_mask`
        (batch, sequence) and `mask_positions` (batch, masks). With pairs, as `BertPretrainer`
        takes them, `y` has `masked_lm` (batch, masks) and `next_sentence` (batch,), and
        `sample_weight` the same keys; without, as `BertMaskedLM` takes them, both are arrays.
        With `pack`, `x` has `example_ids` (batch, sequence) and `example_starts` (batch, examples)
        in place of `padding_mask`, and `next_sentence` is (batch, examples).

    Raises:
        ValueError: if there are no shards, one is damaged or of another vocabulary, or a pool
            does not fill a batch.

    Source: Devlin et al., 2019, appendix A.2; masks are drawn anew each epoch as in Liu et al.,
    2019, section 4.1; packed rows: Krell et al., 2021.
    """

    def __init__(
        self,
        shards: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        tokenizer: BertTokenizer,
        sequence_length: int = 128,
        batch_size: int = 32,
        steps_per_epoch: int = 1000,
        pairs: Literal["next", "order"] | None = "next",
        short_rate: float = 0.1,
        masker: TokenMasker | None = None,
        pool_tokens: int = 2**24,
        seed: int = 0,
        place: tuple[int, int, int] = (0, 0, 0),
        pack: bool = False,
        max_examples: int | None = None,
    ) -> None:
        super().__init__()
        check_integer("batch_size", batch_size, 1)
        check_integer("steps_per_epoch", steps_per_epoch, 1)
        check_integer("pool_tokens", pool_tokens, 1)
        self.paths = find_shards(shards)
        self.facts = [read_shard_facts(path) for path in self.paths]
        digest = vocabulary_digest(tokenizer)
        for path, facts in zip(self.paths, self.facts, strict=True):
            if facts["vocabulary_sha256"] != digest:
                raise ValueError(
                    f"{path}: must have been made with this tokenizer. Received: a shard of "
                    f"another one, with {facts['vocabulary_size']} pieces."
                )
        sizes = [facts["num_documents"] for facts in self.facts]
        self._first_document = np.cumsum([0, *sizes])
        # Documents are numbered over all shards, in the order of their names.
        self.drawing = SegmentPairs(sequence_length, pairs, short_rate, seed)
        self.packer = SequencePacker(
            tokenizer.start_id, tokenizer.separator_id, tokenizer.padding_id, sequence_length
        )
        self.masker = masker or TokenMasker.from_tokenizer(tokenizer, seed=seed)
        if max_examples is None:
            max_examples = max(8, sequence_length // 32)
        self.example_packer = (
            ExamplePacker(sequence_length, tokenizer.padding_id, max_examples) if pack else None
        )
        self.batch_size = batch_size
        self.steps_per_epoch = steps_per_epoch
        self.pool_tokens = pool_tokens
        self.seed = seed
        self.num_masks = self.masker.num_masks(
            sequence_length, 1 if self.example_packer is None else max_examples
        )
        self._places = [place]  # of the batches of the present pass, as far as they are known
        self._taken: set[int] = set()  # what Keras took of the pass
        self._within_epoch = False
        self._keras_is_new = False  # it did not yet begin its first pass
        self._drawn: tuple[tuple[int, int], list[list[SegmentPair]]] | None = None

    @property
    def num_batches(self) -> int:
        return self.steps_per_epoch

    def place_of(self, index: int) -> tuple[int, int, int]:
        """Where batch `index` of the present pass is: (epoch, pool, batch).

        A run that has taken `n` steps of the pass goes on with `place=batches.place_of(n)`.
        """
        while len(self._places) <= index:
            epoch, pool, batch = self._places[-1]
            if batch + 1 < len(self._rows(epoch, pool)) // self.batch_size:
                self._places.append((epoch, pool, batch + 1))
            elif pool + 1 < len(self._pools(epoch)):
                self._places.append((epoch, pool + 1, 0))
            else:
                self._places.append((epoch + 1, 0, 0))
        return self._places[index]

    def state_at(self, step: int) -> dict[str, Any]:
        """Where the batches go on after `step` of the present pass, in a form for JSON."""
        return {"place": list(self.place_of(step)), **self._settings()}

    def restore(self, state: dict[str, Any]) -> None:
        """Begin the next pass where `state_at` said.

        Raises:
            ValueError: if that was of other settings, or of other shards.
        """
        for name, value in self._settings().items():
            if state[name] != value:
                raise ValueError(
                    f"`{name}` must be that of the batches that go on, {state[name]}. "
                    f"Received: {value}"
                )
        epoch, pool, batch = state["place"]
        self._places, self._taken = [(epoch, pool, batch)], set()

    def _settings(self) -> dict[str, Any]:
        """What decides the batches, besides the shards and the masker."""
        return {
            "num_shards": len(self.paths),
            "num_documents": int(self._first_document[-1]),
            "sequence_length": self.packer.sequence_length,
            "batch_size": self.batch_size,
            "pairs": self.drawing.pairs,
            "short_rate": self.drawing.short_rate,
            "pool_tokens": self.pool_tokens,
            "pack": self.example_packer is not None,
            "seed": self.seed,
        }

    def __getitem__(self, index: int) -> tuple[Any, Any, Any]:
        if not 0 <= index < self.steps_per_epoch:
            raise IndexError(
                f"`index` must lie in 0..{self.steps_per_epoch - 1}. Received: index={index}"
            )
        if self._within_epoch:
            self._taken.add(index)
        epoch, pool, batch = self.place_of(index)
        start = batch * self.batch_size
        rows = self._rows(epoch, pool)[start : start + self.batch_size]
        pairs = [pair for row in rows for pair in row]
        has_pairs = self.drawing.pairs is not None
        second = [pair.second for pair in pairs if pair.second is not None]
        x = self.packer([pair.first for pair in pairs], second if has_pairs else None)
        x = self.masker(x, [pair.number for pair in pairs], epoch)
        labels = np.array([pair.label for pair in pairs], "int32")
        weights = np.ones(len(labels), "float32")
        if self.example_packer is not None:
            ends = np.cumsum([len(row) for row in rows])
            numbers = np.split(np.arange(len(pairs)), ends[:-1])
            x = self.example_packer(x, numbers, self.num_masks)
            weights = x.pop("example_weights")
            of_rows = np.zeros(weights.shape, "int32")
            of_rows[weights > 0] = labels
            labels = of_rows
        mask_ids, mask_weights = x.pop("mask_ids"), x.pop("mask_weights")
        if not has_pairs:
            return x, mask_ids, mask_weights
        return (
            x,
            {"masked_lm": mask_ids, "next_sentence": labels},
            {"masked_lm": mask_weights, "next_sentence": weights},
        )

    def on_epoch_begin(self) -> None:
        """Called by Keras when it begins a pass, or to look at its first batch only."""
        self._within_epoch = True

    def on_epoch_end(self) -> None:
        """Called by Keras after a pass, after a part of it, and before the first one of a `fit`."""
        if len(self._taken) == self.steps_per_epoch:
            self._places = [self.place_of(self.steps_per_epoch)]
            self._taken = set()
        elif self._keras_is_new:  # that was a look at the first batch: it comes again
            self._taken = set()
        self._within_epoch = self._keras_is_new = False

    @property
    def workers(self) -> int:
        """What Keras reads to start threads of its own: always 1; see `TokenBatches`."""
        self._within_epoch = False  # Keras reads this before anything else of a new `fit`
        self._keras_is_new = True
        self._taken = set()
        return 1

    def _pools(self, epoch: int) -> list[list[int]]:
        """The numbers of the shards of each pool of an epoch."""
        pools: list[list[int]] = [[]]
        tokens = 0
        for shard in self._random(epoch, 0).permutation(len(self.paths)).tolist():
            if pools[-1] and tokens + self.facts[shard]["num_tokens"] > self.pool_tokens:
                pools.append([])
                tokens = 0
            pools[-1].append(shard)
            tokens += self.facts[shard]["num_tokens"]
        return pools

    def _rows(self, epoch: int, pool: int) -> list[list[SegmentPair]]:
        """The examples in each row of a pool, in the order in which they come."""
        if self._drawn is None or self._drawn[0] != (epoch, pool):
            shards = self._pools(epoch)[pool]
            documents = TokenDocuments.concatenate([self._read(shard) for shard in shards])
            numbers = np.concatenate(
                [np.arange(*self._first_document[shard : shard + 2]) for shard in shards]
            )
            examples = [
                example
                for document, number in enumerate(numbers.tolist())
                for example in self.drawing.draw(documents, document, epoch, number)
            ]
            random = self._random(epoch, 1 + pool)
            order = random.permutation(len(examples)).tolist()
            rows = [[examples[i]] for i in order]
            if self.example_packer is not None:
                plan = self.example_packer.plan([_length(example) for [example] in rows])
                order = random.permutation(len(plan)).tolist()  # they come sorted by length
                rows = [[rows[i][0] for i in plan[row]] for row in order]
            if len(rows) < self.batch_size:
                raise ValueError(
                    "The documents of a pool must fill a batch: take fewer rows a batch, more "
                    f"text, or a larger `pool_tokens`. Received: {len(examples)} examples, "
                    f"{len(rows)} rows, batch_size={self.batch_size}."
                )
            self._drawn = (epoch, pool), rows
        return self._drawn[1]

    def _read(self, shard: int) -> TokenDocuments:
        path = self.paths[shard]
        documents, _ = read_shard(path)
        if (found := read_shard_facts(path)) != self.facts[shard]:
            raise ValueError(
                f"{path}: must stay the shard that it was when the batches began. Received: one "
                f"with {found['num_documents']} documents of {found['num_tokens']} tokens."
            )
        return documents

    def _random(self, epoch: int, stream: int) -> np.random.Generator:
        # The streams of documents and masks end in counters below 2**33: this one is another.
        key = np.array([self.seed, stream], "uint64")
        return np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, 2**33 + epoch]))


def _length(example: SegmentPair) -> int:
    """The tokens of an example with [CLS] and [SEP]."""
    if example.second is None:
        return len(example.first) + 2
    return len(example.first) + len(example.second) + 3
