"""[MASK] in strings: where they are, and what stands behind them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kerabert.layers.arguments import check_positive_integers
from kerabert.models.inputs import read_texts
from kerabert.models.packed_rows import one_example_a_row
from kerabert.text.batches import TokenBatches
from kerabert.text.tokenizer import BertTokenizer

if TYPE_CHECKING:
    from kerabert.models.task import BertTask


@dataclass(frozen=True)
class FilledMask:
    """A candidate for a [MASK].

    Attributes:
        token: str, the word piece.
        token_id: int.
        score: float, its probability.
    """

    token: str
    token_id: int
    score: float


def fill_mask(
    task: "BertTask",
    texts: Any,
    top_k: int,
    batch_size: int,
    get_logits: Callable[[Any], Any],
) -> list[list[list[FilledMask]]]:
    """Return the likeliest tokens for each mask in each text; see `BertMaskedLM.fill_mask`.

    Args:
        get_logits: from what the task predicts to its masked-LM logits.
    """
    check_positive_integers(top_k=top_k, batch_size=batch_size)
    tokenizer = task.require_tokenizer()
    reader = BertTokenizer.from_config(tokenizer.get_config() | {"special_tokens_in_strings": True})
    first, second = read_texts(texts)
    ids = reader(first)
    second_ids = None if second is None else reader(second)
    num_masks = np.array([row.count(tokenizer.mask_id) for row in ids])
    if second_ids is not None:
        num_masks += [row.count(tokenizer.mask_id) for row in second_ids]
    if not num_masks.all():
        raise ValueError(
            f"Each text must hold a {tokenizer.mask_token}. "
            f"Received: row {np.argmin(num_masks)} without one."
        )
    batches = TokenBatches(
        ids, second_ids, packer=task.packer, batch_size=batch_size, shuffle=False
    )
    order = iter(batches.order.tolist())
    packed = []  # all of them, so that nothing is computed before the last text is checked
    for (x,) in batches:
        is_mask = x["token_ids"] == tokenizer.mask_id
        # One width for all batches: on JAX each shape is a program of its own.
        positions = np.zeros((len(is_mask), num_masks.max()), "int32")
        rows = [next(order) for _ in is_mask]
        for i, row in enumerate(rows):
            places = np.flatnonzero(is_mask[i])
            if len(places) < num_masks[row]:
                raise ValueError(
                    "A text must fit into `sequence_length` up to its last "
                    f"{tokenizer.mask_token}. Received: row {row} is cut to "
                    f"{task.sequence_length} tokens before it."
                )
            positions[i, : len(places)] = places
        x = {**x, "mask_positions": positions}
        if getattr(task, "packed", False):
            x = one_example_a_row(x)
        task.check_inputs(x)
        packed.append((rows, x))
    results: list[list[list[FilledMask]]] = [[] for _ in first]
    for rows, x in packed:
        logits = get_logits(task.predict_on_batch(x))
        for row, masks in zip(rows, logits, strict=True):
            results[row] = [_candidates(mask, tokenizer, top_k) for mask in masks[: num_masks[row]]]
    return results


def _candidates(logits: Any, tokenizer: BertTokenizer, top_k: int) -> list[FilledMask]:
    logits = logits[: tokenizer.vocabulary_size].astype("float64")
    probabilities = np.exp(logits - logits.max())
    probabilities /= probabilities.sum()
    best = np.argsort(-probabilities, kind="stable")[:top_k]
    return [FilledMask(tokenizer.vocabulary[id], int(id), float(probabilities[id])) for id in best]
