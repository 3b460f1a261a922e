"""Batches of rows of words, with a target and a weight for each piece."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kerabert.models.class_weights import check_weight, read_class_weights
from kerabert.models.preparation import count_buckets, draw_seed, split_validation
from kerabert.models.word_labels import encode_word_labels
from kerabert.text.arguments import members
from kerabert.text.batches import TokenBatches
from kerabert.text.labelled_batches import LabelledBatches
from kerabert.text.token_rows import TokenRows
from kerabert.text.word_rows import WordRows
from kerabert.text.word_windows import WordWindows

if TYPE_CHECKING:
    from kerabert.models.token_classifier import BertTokenClassifier


class WordWeights(NamedTuple):
    """What is known of the words' weights: `sample_weight` and `class_weight` of `fit`."""

    rows: Any = None
    classes: Any = None


class WordBatches(LabelledBatches):
    """`LabelledBatches` that know the words they were made of.

    Args:
        task: `BertTokenClassifier`.
        x, y, sample_weight: as in its `fit`; `sample_weight` may be `WordWeights`.
        **kwargs: those of `TokenBatches`.

    Attributes:
        rows: `WordRows`.
        word_labels: int32 array (words,), the class of each word.
    """

    def __init__(
        self,
        task: "BertTokenClassifier",
        x: Any,
        y: Any,
        sample_weight: Any = None,
        batch_size: int = 32,
        shuffle: bool = False,
        **kwargs: Any,
    ) -> None:
        rows = WordRows.read(x, task.require_tokenizer())
        windows = cut_windows(task, rows)
        labels = encode_word_labels(
            y, rows, task.num_classes, task.classes, task.scheme, task.repair_tags
        )
        weights = encode_word_weights(sample_weight, rows, labels, task.classes, task.num_classes)
        # Each word counts once: in the window that it is read from.
        pieces = windows.piece_numbers
        words = rows.word_of_piece[pieces]
        counts = windows.home[words] == np.repeat(np.arange(len(windows)), windows.pieces.lengths)
        if task.label_pieces == "first":
            counts &= pieces == rows.piece_offsets[words]
        offsets = windows.pieces.offsets
        self.rows, self.word_labels = rows, labels
        super().__init__(
            windows.pieces,
            labels=TokenRows(labels[words], offsets),
            weights=TokenRows(np.where(counts, weights[words], 0).astype("float32"), offsets),
            packer=task.packer,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=draw_seed() if shuffle else 0,
            num_buckets=count_buckets(len(windows), batch_size, shuffle),
            **kwargs,
        )


def cut_windows(task: "BertTokenClassifier", rows: WordRows) -> WordWindows:
    """Return the windows of rows that a task reads."""
    length = task.sequence_length
    stride = min(length // 4, length - 3) if task.stride is None else task.stride
    return WordWindows(rows, room=length - 2, stride=stride)


def check_word_arguments(
    label_pieces: Any, stride: Any, repair_tags: Any, sequence_length: int
) -> None:
    """Raise `ValueError` unless these are arguments of `BertTokenClassifier`."""
    if label_pieces not in ("first", "all"):
        raise ValueError(
            f'`label_pieces` must be "first" or "all". Received: label_pieces={label_pieces!r}'
        )
    if not isinstance(repair_tags, bool):
        raise ValueError(f"`repair_tags` must be a bool. Received: repair_tags={repair_tags!r}")
    longest = sequence_length - 3
    if stride is not None and not (type(stride) is int and 0 <= stride <= longest):
        raise ValueError(
            f"`stride` must lie in 0..{longest}, `sequence_length` - 3. Received: stride={stride!r}"
        )


def encode_word_weights(
    weights: Any, rows: WordRows, labels: np.ndarray, classes: list[str] | None, num_classes: int
) -> np.ndarray:
    """Return the weight of each word, float32 (words,).

    Args:
        weights: None; a number for each row; a list of numbers, one a word, for each row; or
            `WordWeights` of such and of what `read_class_weights` takes.
        rows: `WordRows`.
        labels: int array (words,).

    Raises:
        ValueError: if there is not one finite weight of 0 or more for each row, or for each word,
            or a class is unknown; with the row.
    """
    by_row, by_class = weights if isinstance(weights, WordWeights) else (weights, None)
    result = np.ones(len(labels), "float32")
    if by_row is not None:
        result = np.concatenate([result[:0], *_read_weights(by_row, rows)])
    if by_class is not None:
        of_class = read_class_weights(by_class, labels, classes, num_classes)
        result = result * of_class[labels]
    return result


def _read_weights(weights: Any, rows: WordRows) -> list[np.ndarray]:
    found = members(weights, "`sample_weight` must be a list with the weight, or weights, of rows")
    if len(found) != len(rows):
        raise ValueError(
            "`sample_weight` must have a weight, or a list of them, for each row. "
            f"Received: {len(found)} for {len(rows)} rows."
        )
    read = []
    for row, (weight, count) in enumerate(zip(found, rows.num_words.tolist(), strict=True)):
        if np.ndim(weight) == 0:
            read.append(np.full(count, check_weight(weight, f"row {row}"), "float32"))
            continue
        if len(weight) != count:
            raise ValueError(
                "`sample_weight` must have one weight for each row, or for each word. "
                f"Received: {len(weight)} weights for the {count} words of row {row}."
            )
        read.append(np.array([check_weight(w, f"row {row}") for w in weight], "float32"))
    return read


def unlabelled_batches(
    task: "BertTokenClassifier", windows: WordWindows, batch_size: int
) -> TokenBatches:
    """Return batches of windows to predict, the longest first."""
    return TokenBatches(
        windows.pieces,
        packer=task.packer,
        batch_size=batch_size,
        shuffle=False,
        num_buckets=count_buckets(len(windows), batch_size, shuffle=False),
    )


def prepare_fit(x: Any, y: Any, arguments: dict[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
    """Return what `BertTask.fit` takes for rows of words or texts.

    Args:
        x: rows of words, or texts.
        y: their tags, or spans.
        arguments: the others of `fit`. `validation_split` becomes `validation_data`, and
            `class_weight` a part of `sample_weight`.
    """
    arguments = dict(arguments)
    share = arguments.pop("validation_split", 0.0)
    if share and arguments.get("validation_data") is None:
        rows = [str(number) for number in range(len(x))]
        (head, *_), _ = split_validation(rows, None, None, share)
        data = (x, y, arguments.pop("sample_weight", None))
        (x, y, arguments["sample_weight"]), arguments["validation_data"] = (
            tuple(None if values is None else values[part] for values in data)
            for part in (slice(len(head)), slice(len(head), None))
        )
    class_weight = arguments.pop("class_weight", None)
    if class_weight is not None:
        arguments["sample_weight"] = WordWeights(arguments.get("sample_weight"), class_weight)
    return x, y, arguments
