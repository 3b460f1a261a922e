import keras
import numpy as np
import pytest

from kerabert.layers.ids import check_ids


@pytest.mark.parametrize("convert", [np.asarray, keras.ops.convert_to_tensor])
def test_range(convert):
    check_ids("token_ids", convert(np.array([[0, 9]])), 10)
    check_ids("token_ids", convert(np.zeros((0, 3), "int32")), 10)
    with pytest.raises(
        ValueError, match=r"`token_ids` must lie in 0..9. Received: .* from 0 to 10"
    ):
        check_ids("token_ids", convert(np.array([[0, 10]])), 10)
    with pytest.raises(
        ValueError, match=r"`token_ids` must lie in 0..9. Received: .* from -1 to 3"
    ):
        check_ids("token_ids", convert(np.array([[-1, 3]])), 10)


def test_symbolic_ids_pass_unseen():
    check_ids("token_ids", keras.KerasTensor((None, None), dtype="int32"), 10)
