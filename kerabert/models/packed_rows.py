"""What a model for packed rows takes, and what is refused."""

from typing import Any

import keras
import numpy as np

_NAMES = {"token_ids", "segment_ids", "example_ids", "example_starts"}


def check_packed_rows(x: dict[str, Any]) -> dict[str, Any]:
    """Raise `ValueError` unless the rows' examples are where `x` says; return ordinary inputs.

    Args:
        x: dict of arrays. `example_ids` (batch, sequence) has in each row 1 at the tokens of the
            first example, 2 at those of the second and so on, then 0 at padding; `example_starts`
            (batch, examples) says where they begin, then 0.

    Returns:
        A dict with `padding_mask` in place of those two, not yet checked itself.

    Example:

    >>> x = {
    ...     "token_ids": np.array([[2, 7, 3, 2, 8, 3, 0]]),
    ...     "segment_ids": np.zeros((1, 7), "int32"),
    ...     "example_ids": np.array([[1, 1, 1, 2, 2, 2, 0]]),
    ...     "example_starts": np.array([[0, 3]]),
    ... }
    >>> check_packed_rows(x)["padding_mask"].astype(int).tolist()
    [[1, 1, 1, 1, 1, 1, 0]]
    """
    if set(x) != _NAMES:
        hint = "" if "example_ids" in x else ". Rows of one example need a model without `packed`"
        raise ValueError(
            "A dict of inputs must have the keys "
            f"{sorted(_NAMES)}, for a model made with `packed=True`{hint}. "
            f"Received: keys={sorted(x)}"
        )
    shape = tuple(getattr(x["token_ids"], "shape", ()))
    for name in ("example_ids", "example_starts"):
        found = tuple(getattr(x[name], "shape", ()))
        dtype = str(getattr(x[name], "dtype", type(x[name]).__name__))
        fits = found == shape if name == "example_ids" else found[:1] == shape[:1] and found[1:]
        if len(found) != 2 or not fits or not all(found) or "int" not in dtype:
            axes = f"the shape of `token_ids`, {shape}" if name == "example_ids" else "2 axes"
            raise ValueError(
                f"`{name}` must be integers with {axes}, a row for each row of tokens. "
                f"Received: {dtype} {found}."
            )
    ids = keras.ops.convert_to_numpy(x["example_ids"])
    starts = keras.ops.convert_to_numpy(x["example_starts"])
    before = np.pad(ids[:, :-1], ((0, 0), (1, 0)))
    step = ids - before
    begins = (step == 1) & ((before > 0) | (np.arange(ids.shape[1]) == 0))
    goes_on = (step == 0) & (np.arange(ids.shape[1]) > 0)
    bad = np.flatnonzero(~(begins | goes_on | ((ids == 0) & (before > 0))).all(axis=1))
    if len(bad):
        raise ValueError(
            "`example_ids` must be 1, then 2 and so on, without gaps, then 0 for padding in each "
            f"row. Received: row {bad[0]} is {ids[bad[0]].tolist()}"
        )
    if ids.max() > starts.shape[1]:
        raise ValueError(
            f"A row must have at most as many examples as `example_starts` is wide, "
            f"{starts.shape[1]}. Received: row {np.argmax(ids.max(axis=1))} with {ids.max()}."
        )
    expected = np.zeros(starts.shape, "int64")
    rows, places = np.nonzero(begins)
    expected[rows, ids[rows, places] - 1] = places
    bad = np.flatnonzero((expected != starts).any(axis=1))
    if len(bad):
        raise ValueError(
            "`example_starts` must be the places where the examples of `example_ids` begin, then "
            f"0. Received: row {bad[0]} is {starts[bad[0]].tolist()} in place of "
            f"{expected[bad[0]].tolist()}"
        )
    rest = {name: x[name] for name in ("token_ids", "segment_ids")}
    return rest | {"padding_mask": ids > 0}


def one_example_a_row(x: dict[str, Any]) -> dict[str, Any]:
    """Turn ordinary inputs into those of a model for packed rows.

    Example:

    >>> one_example_a_row({"padding_mask": np.array([[True, True, False]])})
    {'example_ids': array([[1, 1, 0]], dtype=int32), 'example_starts': array([[0]], dtype=int32)}
    """
    rest = dict(x)
    mask = np.asarray(rest.pop("padding_mask"))
    starts = np.zeros((len(mask), 1), "int32")
    return {**rest, "example_ids": mask.astype("int32"), "example_starts": starts}
