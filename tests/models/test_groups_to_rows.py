import keras
import numpy as np

from kerabert.models.groups_to_rows import GroupsToRows, group_inputs
from tests.checks import to_numpy
from tests.tiny import make_backbone


def test_rows_are_the_sequences_of_one_group_after_another():
    x = np.arange(24, dtype="int32").reshape(2, 3, 4)
    assert np.array_equal(to_numpy(GroupsToRows()(x)), x.reshape(6, 4))


def test_inputs_are_those_of_the_backbone_with_an_axis_more():
    backbone = make_backbone()
    inputs, rows = group_inputs(backbone)
    assert set(inputs) == set(rows) == set(backbone.input)
    for name, tensor in backbone.input.items():
        assert inputs[name].shape == (None, None, None)
        assert rows[name].shape == (None, None)
        dtypes = {keras.backend.standardize_dtype(t.dtype) for t in (inputs[name], rows[name])}
        assert dtypes == {keras.backend.standardize_dtype(tensor.dtype)}
