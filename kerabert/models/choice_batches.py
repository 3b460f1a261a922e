"""Batches of premises with their choices, and what a model says of them."""

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from kerabert.layers.arguments import check_positive_integers
from kerabert.models.choice_rows import ChoiceRows, split_choices
from kerabert.models.choices import encode_choices
from kerabert.models.preparation import count_buckets, draw_seed, split_validation
from kerabert.text.batch_plan import BatchPlan
from kerabert.text.batches import TokenBatches
from kerabert.text.buckets import choose_boundaries
from kerabert.text.token_rows import Array, count_up

if TYPE_CHECKING:
    from kerabert.models.multiple_choice import BertMultipleChoice

NO_CHOICE = -1e9  # the logit of a choice that a row does not have: its probability is 0
_UNLIKE = -1  # in place of a length: a choice and some tokens more


class ChoiceBatches(TokenBatches):
    """`TokenBatches` of premises with their choices, (batch, choices, sequence).

    A batch holds rows of similar length, the longest choice of each counting, and among these of
    about as many choices. It is as wide as its row with the most choices: the others are filled up
    with choices that are all padding.

    Args:
        task: `BertMultipleChoice`.
        x, y: as in its `fit`; `y` may be None.
        sample_weight: a number for each row, or None.
        **kwargs: those of `TokenBatches`.

    Attributes:
        rows: `ChoiceRows`.

    Outputs:
        `batches[i]` is `(x,)`, `(x, y)` or `(x, y, sample_weight)`; `y` is int32 (batch,).
    """

    def __init__(
        self,
        task: "BertMultipleChoice",
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        batch_size: int = 32,
        shuffle: bool = False,
        **kwargs: Any,
    ) -> None:
        self.rows = rows = read_rows(task, x)
        if y is not None and task.encodes_targets:
            y = encode_choices(y, rows.counts)
        packer = task.packer
        of_row = np.repeat(np.arange(len(rows)), rows.counts)
        first, second = packer.truncate(rows.premise_pieces.take(of_row), rows.choice_pieces)
        assert second is not None
        self._first, self._second = first, second  # of each choice
        lengths = packer.lengths(first, second)
        longest = np.lexsort((lengths, of_row))[rows.offsets[1:] - 1]
        num_buckets = count_buckets(len(rows), batch_size, shuffle)
        most = int(rows.counts.max())
        widths = np.array(choose_boundaries(rows.counts, (num_buckets + 1) // 2, most, multiple=1))
        self._widths = widths[np.searchsorted(widths, rows.counts)]
        super().__init__(
            first.take(longest),
            second.take(longest),
            packer=packer,
            y=y,
            sample_weight=sample_weight,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=draw_seed() if shuffle else 0,
            num_buckets=num_buckets,
            **kwargs,
        )
        # Rows of one length are put together by their width: both are one number to the plan.
        self._row_lengths = self._row_lengths * (most + 1) + self._widths
        order = np.argsort(-self._row_lengths, kind="stable")
        self._plan_unshuffled = BatchPlan.in_order(order, self._row_lengths, batch_size)

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The distinct shapes (batch, choices, length) of `token_ids` in the present epoch."""
        return sorted(set(self._shapes()))

    @property
    def padding_fraction(self) -> float:
        """The share of padding among the tokens of an epoch."""
        real = self._first.lengths.sum() + self._second.lengths.sum() + 3 * len(self._first)
        return 1.0 - float(real) / sum(np.prod(shape) for shape in self._shapes())

    def _shapes(self) -> list[tuple[int, ...]]:
        begin = self.epoch * len(self)
        batches = [self._batch(begin + step) for step in range(len(self))]
        return [(len(rows), int(self._widths[rows].max()), length) for rows, length in batches]

    def _batch(self, place: int) -> tuple[Array, int]:
        rows, number = super()._batch(place)
        return rows, number // (int(self.rows.counts.max()) + 1)

    def _pack(self, place: int, length: int | None = None) -> tuple[Any, ...]:
        rows, planned_length = self._batch(place)
        width, longer = int(self._widths[rows].max()), planned_length
        if length == _UNLIKE:
            # Larger than any batch is, also than the first.
            width, longer = int(self.rows.counts.max()) + 1, self.packer.sequence_length + 8
        counts = self.rows.counts[rows]
        row = np.repeat(np.arange(len(rows)), counts)
        number = count_up(counts)
        pairs = self.rows.offsets[rows][row] + number
        packed = self.packer(self._first.take(pairs), self._second.take(pairs), length=longer)
        x = {}
        for name, values in packed.items():
            padding = self.packer.padding_id if name == "token_ids" else 0
            x[name] = np.full((len(rows), width, longer), padding, values.dtype)
            x[name][row, number] = values
        parts = [part for part in (self.y, self.sample_weight) if part is not None]
        return (x, *(keras.tree.map_structure(lambda array: array[rows], part) for part in parts))

    def _unlike_first(self, start: int) -> int | None:
        # Of the first two batches TensorFlow also learns that the numbers of choices differ.
        is_one = len(set(self._row_lengths.tolist())) == 1
        return None if is_one else _UNLIKE


def read_rows(task: "BertMultipleChoice", x: Any) -> ChoiceRows:
    """Return the rows of what `split_choices` takes, if a task can read them."""
    rows = ChoiceRows.read(x, task.require_tokenizer())
    if task.backbone.num_segments < 2:
        raise ValueError(
            "The backbone must have two segments to take a premise and a choice. "
            f"Received: num_segments={task.backbone.num_segments}."
        )
    return rows


def predict_choices(
    task: "BertMultipleChoice", x: Any, batch_size: int | None, verbose: Any
) -> Array:
    """Return the logits of rows, float32 (rows, most choices of a row), in the order given."""
    batch_size = 32 if batch_size is None else batch_size
    check_positive_integers(batch_size=batch_size)
    batches = ChoiceBatches(task, x, batch_size=batch_size)
    logits = np.full((len(batches.rows), batches.rows.counts.max()), NO_CHOICE, "float32")
    bar = keras.utils.Progbar(len(batches)) if verbose else None
    order, done = batches.order, 0
    for step in range(len(batches)):
        (inputs,) = batches[step]
        outputs = np.asarray(task.predict_on_batch(inputs), "float32")
        logits[order[done : done + len(outputs)], : outputs.shape[1]] = outputs
        done += len(outputs)
        if bar is not None:
            bar.update(step + 1)
    return logits


def prepare_fit(x: Any, y: Any, arguments: dict[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
    """Return what `BertTask.fit` takes for premises and choices.

    Args:
        x, y: as in `BertMultipleChoice.fit`.
        arguments: the others of `fit`. `validation_split` becomes `validation_data`.
    """
    arguments = dict(arguments)
    if arguments.get("class_weight") is not None:
        raise ValueError(
            "Choices are no classes: give `sample_weight`. Received: "
            f"class_weight={arguments['class_weight']!r}."
        )
    share = arguments.pop("validation_split", 0.0)
    if not share or arguments.get("validation_data") is not None:
        return x, y, arguments
    premises, choices = split_choices(x)
    (head, *_), _ = split_validation(premises, None, None, share)
    train, validation = (
        (
            (premises[part], choices[part]),
            *(None if v is None else v[part] for v in (y, arguments.get("sample_weight"))),
        )
        for part in (slice(len(head)), slice(len(head), None))
    )
    arguments |= {"sample_weight": train[2], "validation_data": validation}
    return train[0], train[1], arguments
