import numpy as np
import pytest

from kerabert.models.choices import encode_choices, make_choice


def test_softmax_over_the_choices_of_the_row():
    logits = np.array([1.0, 3.0, -2.0, -1e9, -1e9], "float32")
    choice = make_choice(["a", "b", "c"], logits)
    expected = np.exp([1.0, 3.0, -2.0]) / np.exp([1.0, 3.0, -2.0]).sum()
    np.testing.assert_allclose(choice.scores, expected)
    assert (choice.label, choice.text, choice.score) == (1, "b", choice.scores[1])
    assert all(type(score) is float for score in choice.scores) and type(choice.label) is int
    assert make_choice(["a"], np.array([-1e6])).scores == (1.0,)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([0, 2], "Received: row 1 is 2, with 2 choices"),
        ([-1, 0], "row 0 is -1"),
        ([0.5, 0], "row 0 is 0.5"),
        ([0], "2 in x, 1 in y"),
        (["a", "b"], "one class number a row"),
    ],
)
def test_bad_labels(y, message):
    with pytest.raises(ValueError, match=message):
        encode_choices(y, np.array([3, 2]))
