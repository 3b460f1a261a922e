"""Rows of several texts, as people write them: with positives, hard negatives, or scores."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from kerabert.losses.vector_loss import VectorLoss
from kerabert.models.inputs import describe, is_dataset
from kerabert.models.labels import encode_numbers
from kerabert.models.preparation import count_buckets, draw_seed, split_validation, unpack
from kerabert.models.text_prompts import group_prompts
from kerabert.text.arguments import members
from kerabert.text.grouped_batches import GroupedBatches
from kerabert.text.token_rows import Array, TokenRows

if TYPE_CHECKING:
    from kerabert.models.text_embedder import BertTextEmbedder


class TextGroups:
    """Rows of as many texts each, every text kept once.

    Args:
        texts: list of str, all different.
        numbers: int array (rows, texts of a row), the place in `texts` of each text, -1 where a
            row has none.
    """

    def __init__(self, texts: list[str], numbers: Array) -> None:
        self.texts = texts
        self.numbers = numbers

    @classmethod
    def read(cls, x: Any, prompts: Sequence[str] = ("", "")) -> Self:
        """Read rows of texts.

        Args:
            x: a tuple of lists, one for the first text of each row, one for the second and so on;
                or a list of tuples, one a row. In place of a text there may be a list of texts,
                of any number: hard negatives.
            prompts: what is put before the first text of each row, and before the others.

        Raises:
            ValueError: if it is something else or empty, the lists of the tuple have different
                lengths, or a row has no two texts; with the row.

        Example:

        >>> groups = TextGroups.read((["a", "b"], ["c", "d"], [["e", "f"], ["c"]]))
        >>> groups.texts, groups.numbers.tolist()
        (['a', 'c', 'e', 'f', 'b', 'd'], [[0, 1, 2, 3], [4, 5, 1, -1]])
        """
        if isinstance(x, cls):
            return x
        rows = [_flatten(row, number) for number, row in enumerate(_rows(x))]
        if not rows:
            raise ValueError("`x` must hold at least one row. Received: none.")
        place: dict[str, int] = {}
        numbers = np.full((len(rows), max(map(len, rows))), -1)
        for number, row in enumerate(rows):
            prompted = [prompts[0] + row[0], *(prompts[1] + text for text in row[1:])]
            numbers[number, : len(row)] = [place.setdefault(t, len(place)) for t in prompted]
        return cls(list(place), numbers)

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, rows: slice) -> "TextGroups":
        return type(self)(self.texts, self.numbers[rows])


def is_groups(x: Any) -> bool:
    """Whether `x` is rows of several texts, not single texts, arrays or a dataset."""
    if isinstance(x, TextGroups):
        return True
    if x is None or isinstance(x, dict | str | bytes) or is_dataset(x) or hasattr(x, "shape"):
        return False
    if isinstance(x, tuple):
        return not all(isinstance(text, str) for text in x)
    return isinstance(x, list) and bool(x) and isinstance(x[0], tuple | list)


def group_batches(
    task: "BertTextEmbedder",
    groups: TextGroups,
    y: Any = None,
    sample_weight: Any = None,
    batch_size: int = 32,
    shuffle: bool = False,
    epoch: int = 0,
) -> GroupedBatches:
    """Return batches of rows of texts, with what the task's loss learns from."""
    tokens = TokenRows.from_lists(
        [*task.require_tokenizer()(groups.texts), []]  # the last one for where there is none
    )
    loss = task.loss if task.compiled and isinstance(task.loss, VectorLoss) else None
    learns_texts = loss is not None and not loss.takes_scores
    return GroupedBatches(
        [tokens.take(column % len(tokens)) for column in groups.numbers.T],
        packer=task.packer,
        numbers=groups.numbers if learns_texts else None,
        **({} if learns_texts else {"y": None if y is None else np.asarray(y)}),
        sample_weight=sample_weight,
        batch_size=batch_size,
        shuffle=shuffle,
        seed=draw_seed() if shuffle else 0,
        num_buckets=count_buckets(len(groups), batch_size, shuffle),
        epoch=epoch,
    )


def pack_columns(
    task: "BertTextEmbedder", tokenizer: Any, columns: tuple[Any, ...], pad_to: str
) -> dict[str, Any]:
    """Return the inputs of rows of texts inside a TensorFlow graph.

    Args:
        tokenizer: `TFBertTokenizer`.
        columns: string tensors (batch,), the first text of each row, the second and so on.
        pad_to: see `TFBertTokenizer.pack`.

    Returns:
        A dict of tensors (batch, texts, sequence).
    """
    import tensorflow as tf

    first, others = group_prompts(task)
    prompted = [tf.strings.join([others if i else first, x]) for i, x in enumerate(columns)]
    packed = tokenizer.pack(
        tf.reshape(tf.stack(prompted, axis=1), [-1]),
        sequence_length=task.sequence_length,
        pad_to=pad_to,
    )
    return {
        name: tf.reshape(values, [-1, len(columns), tf.shape(values)[1]])
        for name, values in packed.items()
    }


def prepare_fit(
    task: "BertTextEmbedder", x: Any, y: Any, arguments: dict[str, Any]
) -> tuple[Any, Any, dict[str, Any]]:
    """Return what `BertTask.fit` takes for the data of an embedder, validation data too."""
    x, y = prepare_data(task, x, y)
    share: float = arguments.get("validation_split") or 0.0
    validation: Any = arguments.get("validation_data")
    if validation is not None and not is_dataset(validation):
        if _is_rows_alone(task, validation):
            validation = (validation, None)
        data = unpack(validation)
        if not is_dataset(data[0]):
            arguments["validation_data"] = (*prepare_data(task, data[0], data[1]), data[2])
    elif share and isinstance(x, TextGroups):
        arguments.pop("validation_split")
        rows = [str(number) for number in range(len(x))]
        (head, *_), _ = split_validation(rows, None, None, share)
        data = (x, y, arguments.pop("sample_weight", None))
        (x, y, arguments["sample_weight"]), arguments["validation_data"] = (
            tuple(None if values is None else values[part] for values in data)
            for part in (slice(len(head)), slice(len(head), None))
        )
    return x, y, arguments


def _is_rows_alone(task: "BertTextEmbedder", data: Any) -> bool:
    """Whether `validation_data` is rows of texts by themselves: (anchors, positives)."""
    if not isinstance(data, tuple):
        return isinstance(data, dict | list | TextGroups)
    learns_texts = isinstance(task.loss, VectorLoss) and not task.loss.takes_scores
    return learns_texts and all(isinstance(column, list) for column in data)


def prepare_data(task: "BertTextEmbedder", x: Any, y: Any) -> tuple[Any, Any]:
    """Return what `BertTask.fit` takes for the (x, y) of an embedder; refuse what its loss cannot.

    Raises:
        ValueError: if a row has too few or too many texts for the loss, or `y` is given to one
            that takes none, lacks, or is no score in [-1, 1].
    """
    loss = task.loss
    if is_groups(x):
        x = TextGroups.read(x, group_prompts(task))
    if not isinstance(loss, VectorLoss) or is_dataset(x):
        return x, y
    name = type(loss).__name__
    num_texts = _num_texts(x)
    if not loss.takes_texts(num_texts):
        raise ValueError(f"A {name} must be given {loss.needed} texts a row. Received: {num_texts}")
    if isinstance(x, TextGroups) and (x.numbers[:, : loss.fewest_texts] < 0).any():
        row = int(np.argmax((x.numbers[:, : loss.fewest_texts] < 0).any(axis=1)))
        raise ValueError(
            f"A {name} must be given {loss.needed} texts a row. "
            f"Received: {(x.numbers[row] >= 0).sum()} in row {row}."
        )
    if not loss.takes_scores:
        if y is not None:
            raise ValueError(
                f"A {name} takes no `y`: it learns from which texts are in a row. "
                f"Received: y={describe(y)}"
            )
        return x, None
    if y is None:
        raise ValueError(f"`y` must be given to a {name}: a score in [-1, 1] a row. Received: None")
    num_rows = int(x["token_ids"].shape[0]) if isinstance(x, dict) else len(x)
    scores = encode_numbers(y, num_rows, 1)[:, 0]
    outside = np.flatnonzero(np.abs(scores) > 1)
    if len(outside):
        raise ValueError(
            f"The scores of a {name} must lie in [-1, 1], as cosines do: divide by the highest. "
            f"Received: row {outside[0]} is {scores[outside[0]]}."
        )
    return x, scores


def _num_texts(x: Any) -> int:
    """How many texts a row has, at most."""
    if isinstance(x, TextGroups):
        return int(x.numbers.shape[1])
    if isinstance(x, dict) and len(getattr(x.get("token_ids"), "shape", ())) == 3:
        return int(x["token_ids"].shape[1])
    return 1


def _rows(x: Any) -> Iterable[Sequence[Any]]:
    if not isinstance(x, tuple):
        return members(x, "`x` must be a list of rows of texts")
    if any(isinstance(column, str) for column in x) or len(x) < 2:
        raise ValueError(
            "`x` must be a tuple of two or more lists, the first text of each row, the second of "
            f"each and so on. Received: {describe(x)}"
        )
    columns = [members(column, f"`x[{i}]` must be a list of str") for i, column in enumerate(x)]
    sizes = [len(column) for column in columns]
    if len(set(sizes)) > 1:
        raise ValueError(
            f"The lists of `x` must have the same length. Received: {sizes} texts in them."
        )
    return zip(*columns, strict=True)


def _flatten(row: Any, number: int) -> list[str]:
    """The texts of a row, those of lists within it too."""
    if isinstance(row, str) or not isinstance(row, tuple | list):
        raise ValueError(f"Row {number} must be a tuple of texts. Received: {describe(row)}")
    found: list[str] = []
    for text in row:
        found += text if isinstance(text, list | tuple) else [text]
    for text in found:
        if not isinstance(text, str):
            raise ValueError(f"Row {number} must hold strings only. Received: {describe(text)}")
    if len(found) < 2:
        raise ValueError(f"Row {number} must hold two texts or more. Received: {describe(row)}")
    return found
