import keras
import numpy as np
import pytest

from kerabert.models.inputs import (
    check_arrays,
    has_strings,
    is_dataset,
    is_python_data,
    read_texts,
)
from tests.models.test_backbone import INPUTS
from tests.tiny import make_backbone

PAIRS = (["a", "b"], ["c", "d"])


@pytest.mark.parametrize(
    "x", [["a", "b"], np.array(["a", "b"]), np.array(["a", "b"], dtype=object)]
)
def test_texts(x):
    assert read_texts(x) == (["a", "b"], None)


@pytest.mark.parametrize(
    "x", [PAIRS, (np.array(PAIRS[0]), np.array(PAIRS[1])), [("a", "c"), ("b", "d")]]
)
def test_pairs(x):
    assert read_texts(x) == PAIRS


def test_a_pandas_series_is_a_list_and_a_table_is_not():
    pandas = pytest.importorskip("pandas")
    assert read_texts(pandas.Series(["a", "b"], index=[7, 3])) == (["a", "b"], None)
    table = pandas.DataFrame({"a": PAIRS[0], "b": PAIRS[1]})  # as a list, the names of its columns
    for x in table, (table, table), (table["a"], table):
        with pytest.raises(ValueError, match=r"must be.*DataFrame"):
            read_texts(x)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ("a text", "`x` must be a list of str"),
        (b"bytes", "`x` must be a list of str"),
        (None, "`x` must be a list of str"),
        (3, "`x` must be a list of str"),
        ({"a": "b"}, "`x` must be a list of str"),
        ([], "must hold at least one text"),
        (([], []), "must hold at least one text"),
        ((["a"], ["b"], ["c"]), "Received: 1 at position 0"),
        ((["a"], ["b", "c"]), "1 first texts, 2 second texts"),
        (["a", None], "None of type NoneType at position 1"),
        (["a", b"b"], "b'b' of type bytes at position 1"),
        (["a", float("nan")], "nan of type float at position 1"),
        (["a", ("b", "c")], "of type tuple at position 1"),
        ((["a", "b"], ["c", None]), r"`pairs\[1\]` must hold strings only.* at position 1"),
        ([("a", "c"), ("b",)], "Received: 1 at position 1"),
        ([("a", "c"), "b"], r"`pairs\[1\]` must be"),
        (np.zeros((2, 3)), "must hold strings only"),
        ([1, 2], "1 of type int at position 0"),
    ],
)
def test_bad_texts(x, message):
    with pytest.raises(ValueError, match=message):
        read_texts(x)


def test_arrays():
    backbone = make_backbone()
    check_arrays(INPUTS, backbone)
    bad = [
        ({"token_ids": INPUTS["token_ids"]}, "must have the keys"),
        ({**INPUTS, "token_ids": INPUTS["token_ids"] + 20}, r"`token_ids` must lie in 0..16"),
        ({**INPUTS, "segment_ids": INPUTS["segment_ids"] - 1}, r"`segment_ids` must lie in 0..1"),
        ({**INPUTS, "padding_mask": INPUTS["padding_mask"][:, :3]}, r"padding_mask \(2, 3\)"),
        (
            {**INPUTS, "token_ids": INPUTS["token_ids"].tolist()},
            "must be arrays. Received: token_ids",
        ),
        ({**INPUTS, "token_ids": INPUTS["token_ids"] * 1.0}, "`token_ids` must be integers"),
        ({name: values[0] for name, values in INPUTS.items()}, r"\(batch, sequence\)"),
        ({name: values[:0] for name, values in INPUTS.items()}, "must not be empty"),
        ({name: np.tile(v, (1, 9)) for name, v in INPUTS.items()}, "Received: 54 tokens"),
    ]
    for x, message in bad:
        with pytest.raises(ValueError, match=message):
            check_arrays(x, backbone)


class OneBatch(keras.utils.PyDataset):
    def __init__(self, token_ids):
        super().__init__()
        self.token_ids = token_ids

    def __len__(self):
        return 1

    def __getitem__(self, index):
        return {**INPUTS, "token_ids": self.token_ids}, np.zeros(2)


def test_kinds():
    assert is_dataset(OneBatch(None)) and is_dataset(iter([]))
    assert not any(is_dataset(x) for x in (["a"], PAIRS, INPUTS, np.array(["a"])))


def test_has_strings():
    tf = pytest.importorskip("tensorflow")
    assert not has_strings(OneBatch(None))
    for x, expected in (
        (["a"], True),
        ((["a"], [1]), True),
        (((["a"], ["b"]), [1]), True),
        (([1], ["a"]), False),
        (({"token_ids": [1]}, [1]), False),
    ):
        assert has_strings(tf.data.Dataset.from_tensor_slices(x)) == expected


def test_python_data_is_neither_arrays_nor_a_dataset():
    assert is_python_data(["a"]) and is_python_data(PAIRS)
    assert not any(map(is_python_data, (None, INPUTS, iter(["a"]))))
