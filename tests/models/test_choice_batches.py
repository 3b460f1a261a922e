import numpy as np
import pytest

from kerabert.models.choice_batches import ChoiceBatches, prepare_fit
from tests.models.test_multiple_choice import make
from tests.tiny import WORDS

PREMISES = ["good", "bad film", "it was very very very good", "awful"]
CHOICES = [["bad", "great"], ["not good", "it", "very bad"], ["film"], ["was it", "good"] * 2]
X = (PREMISES, CHOICES)
Y = [1, 2, 0, 3]


def many_rows(count=200):
    generator = np.random.default_rng(0)

    def text(longest):
        return " ".join(generator.choice(WORDS, generator.integers(1, longest)))

    premises = [text(8) for _ in range(count)]
    return premises, [[text(6) for _ in range(generator.integers(1, 6))] for _ in range(count)]


def test_packs_each_choice_with_its_premise():
    model = make()
    batches = ChoiceBatches(model, X, Y, [1.0, 2.0, 3.0, 4.0])
    (x, y, weights), *more = batches
    assert not more and x["token_ids"].shape == (4, 4, 16)
    packer, tokenizer = model.packer, model.tokenizer
    order = batches.order.tolist()
    assert y.tolist() == [Y[row] for row in order]
    assert weights.tolist() == [row + 1 for row in order]
    for place, row in enumerate(order):
        count = len(CHOICES[row])
        expected = packer(tokenizer([PREMISES[row]] * count), tokenizer(CHOICES[row]), length=16)
        for name, values in expected.items():
            np.testing.assert_array_equal(x[name][place, :count], values)
            assert not x[name][place, count:].any()


def test_every_row_once_in_batches_of_like_length_and_width():
    x = many_rows()
    y = [row % len(choices) for row, choices in enumerate(x[1])]
    model = make()
    batches = ChoiceBatches(model, x, y, batch_size=4, shuffle=True)
    assert len(batches) == 50 and len(np.unique(batches.boundaries)) > 1
    real = computed = 0
    for epoch in range(2):
        batches.seek(epoch)
        rows = batches.order
        assert sorted(rows) == list(range(200)) and not np.array_equal(rows, range(200))
        assert [int(label) for _, labels in batches for label in labels] == [y[i] for i in rows]
        for step, (inputs, _) in enumerate(batches):
            exists = inputs["padding_mask"].any(axis=2)
            own = rows[4 * step : 4 * step + 4]
            assert exists.sum(axis=1).tolist() == [len(x[1][row]) for row in own]
            assert inputs["token_ids"].shape[1:][1] == batches._batch(epoch * 50 + step)[1]
            real, computed = real + exists.sum(), computed + exists.size
        tokens = [inputs["padding_mask"] for inputs, _ in batches]
        assert set(batches.shapes) == {mask.shape for mask in tokens}
        share = 1 - sum(mask.sum() for mask in tokens) / sum(mask.size for mask in tokens)
        assert batches.padding_fraction == pytest.approx(share)
    assert real / computed > 0.75  # at random: 0.6
    # The order is that of the seed and the epoch, also after a restart.
    again = ChoiceBatches(model, x, y, batch_size=4, shuffle=True)
    again.restore({"seed": batches.seed, "epoch": 1, "first_step": 0})
    np.testing.assert_array_equal(again.order, rows)


def test_validation_split():
    x, y, arguments = prepare_fit(X, Y, {"validation_split": 0.25, "sample_weight": [1, 2, 3, 4]})
    assert (x, y) == ((PREMISES[:3], CHOICES[:3]), Y[:3])
    assert arguments["sample_weight"] == [1, 2, 3]
    assert arguments["validation_data"] == ((PREMISES[3:], CHOICES[3:]), Y[3:], [4])
    with pytest.raises(ValueError, match="Choices are no classes"):
        prepare_fit(X, Y, {"class_weight": {0: 1.0}})
