"""Whether a text follows another, for people."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kerabert.layers.arguments import check_positive_integers
from kerabert.models.inputs import read_texts
from kerabert.models.packed_rows import one_example_a_row
from kerabert.text.batches import TokenBatches

if TYPE_CHECKING:
    from kerabert.models.task import BertTask


@dataclass(frozen=True)
class NextSentence:
    """Whether the second text of a pair follows the first.

    Attributes:
        is_next: bool, whether that is the likelier.
        score: float, the probability that it follows.
    """

    is_next: bool
    score: float


def judge_pairs(task: "BertTask", first: Any, second: Any, batch_size: int, key: str = "") -> Any:
    """Return whether second texts follow first ones; see `BertNextSentencePredictor.is_next`.

    Args:
        key: the name of the logits among the task's outputs; "" if it has no others.
    """
    check_positive_integers(batch_size=batch_size)
    is_single = isinstance(first, str) and isinstance(second, str)
    pairs = ([first], [second]) if is_single else (first, second)
    first, second = read_texts(pairs)
    if second is None:
        raise ValueError("Texts must come in pairs. Received: single texts.")
    batches = TokenBatches(
        *task.tokenize_texts(first, second),
        packer=task.packer,
        batch_size=batch_size,
        shuffle=False,
    )
    logits = np.zeros((len(first), 2), "float32")
    done, order = 0, batches.order
    for (x,) in batches:
        if "mask_positions" in task.input:  # of which nothing is wanted: one, the fewest
            x = {**x, "mask_positions": np.zeros((len(x["token_ids"]), 1), "int32")}
        if getattr(task, "packed", False):
            x = one_example_a_row(x)
        task.check_inputs(x)
        outputs = task.predict_on_batch(x)
        found = outputs[key] if key else outputs
        rows = order[done : done + len(found)]
        logits[rows] = np.asarray(found).reshape(len(rows), 2)
        done += len(rows)
    results = [NextSentence(score >= 0.5, score) for score in probability_of_next(logits)]
    return results[0] if is_single else results


def probability_of_next(logits: np.ndarray) -> list[float]:
    """Return the probability of class 0 for each row of two logits."""
    difference = logits[:, 1].astype("float64") - logits[:, 0]
    # Of the negative exponent on either side: nothing overflows.
    far = np.exp(-np.abs(difference))
    return (np.where(difference > 0, far, 1.0) / (1 + far)).tolist()
