"""What a token classifier says of each word, put together from windows and pieces."""

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from kerabert.layers.arguments import check_positive_integers
from kerabert.models.entities import Entity, read_entities
from kerabert.models.tag_decoder import TagDecoder
from kerabert.models.word_batches import cut_windows, unlabelled_batches
from kerabert.text.token_rows import TokenRows
from kerabert.text.word_rows import WordRows

if TYPE_CHECKING:
    from kerabert.models.token_classifier import BertTokenClassifier


class WordPredictions:
    """What a task says of words.

    Args:
        task: `BertTokenClassifier`.
        x: `WordRows`, or what they are read from.
        batch_size: int. Default 32.
        verbose: whether a progress bar is shown. Default 0.

    Attributes:
        rows: `WordRows`.
        scores: float32 array (words, classes), see `predict_words`.

    Raises:
        ValueError: if `x` is not what `WordRows.read` takes, or `batch_size` is not above 0.
    """

    def __init__(
        self, task: "BertTokenClassifier", x: Any, batch_size: int | None = None, verbose: Any = 0
    ) -> None:
        batch_size = 32 if batch_size is None else batch_size
        check_positive_integers(batch_size=batch_size)
        self.task = task
        self.rows = x if isinstance(x, WordRows) else WordRows.read(x, task.require_tokenizer())
        self.scores = predict_words(task, self.rows, batch_size, verbose)

    @property
    def logits(self) -> list[np.ndarray]:
        """The scores of each row."""
        return self.rows.split(self.scores)

    @property
    def numbers(self) -> list[np.ndarray]:
        """The number of the class of each word of each row: the likeliest that are allowed."""
        decode = TagDecoder(self.task.classes)
        return [decode(row) for row in self.logits]

    @property
    def tags(self) -> list[list[str]]:
        """The name of the class of each word of each row."""
        return name_classes(self.task, self.numbers)

    @property
    def entities(self) -> list[list[Entity]]:
        """The entities of each row."""
        names = class_names(self.task)
        return read_entities(self.rows, self.numbers, self.scores, names, self.task.scheme)


def class_names(task: "BertTokenClassifier") -> list[str]:
    """The classes' names; those without a name are called by number."""
    return task.classes or [str(number) for number in range(task.num_classes)]


def name_classes(task: "BertTokenClassifier", numbers: list[np.ndarray]) -> list[list[str]]:
    """The names of rows of classes."""
    names = class_names(task)
    return [[names[number] for number in row.tolist()] for row in numbers]


def predict_words(
    task: "BertTokenClassifier", rows: WordRows, batch_size: int = 32, verbose: Any = 0
) -> np.ndarray:
    """Return a score for each class of each word of the rows, float32 (words, num_classes).

    A word is read from the window where it has most context. Its scores are the logits of its
    first piece or, with `label_pieces="all"`, the mean log-probabilities of its pieces.
    """
    windows = cut_windows(task, rows)
    batches = unlabelled_batches(task, windows, batch_size)
    order = batches.order
    in_window = np.bincount(windows.home, minlength=len(windows))
    words_of = TokenRows(
        np.argsort(windows.home, kind="stable"), np.concatenate([[0], np.cumsum(in_window)])
    )
    num_words = len(windows.home)
    scores = np.zeros((num_words, task.num_classes), "float32")
    bar = keras.utils.Progbar(len(batches)) if verbose else None
    done = 0
    for step in range(len(batches)):
        (x,) = batches[step]
        outputs = np.asarray(task.predict_on_batch(x))
        numbers = order[done : done + len(outputs)]
        done += len(outputs)
        found = words_of.take(numbers)
        words, row = found.ids, np.repeat(np.arange(len(numbers)), found.lengths)
        column = rows.piece_offsets[words] - windows.begins[windows.home[words]] + 1  # [CLS]
        if task.label_pieces == "first":
            scores[words] = outputs[row, column]
        else:
            ends = np.minimum(
                column + rows.piece_offsets[words + 1] - rows.piece_offsets[words],
                1 + windows.pieces.lengths[windows.home[words]],
            )
            scores[words] = _mean_over(_log_softmax(outputs), row, column, ends)
        if bar is not None:
            bar.update(step + 1)
    return scores


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    logits = logits - logits.max(axis=-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


def _mean_over(
    values: np.ndarray, row: np.ndarray, begins: np.ndarray, ends: np.ndarray
) -> np.ndarray:
    """The means of `values[row, begin:end]`."""
    sums = np.zeros((len(row), values.shape[-1]), "float32")
    for place in range(int((ends - begins).max(initial=0))):
        some = np.flatnonzero(begins + place < ends)
        sums[some] += values[row[some], begins[some] + place]
    return sums / (ends - begins)[:, None]
