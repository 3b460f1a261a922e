import keras
import numpy as np
import pytest

from kerabert.text import ExamplePacker, SequencePacker, TokenMasker
from tests.checks import largest_difference, to_numpy
from tests.tiny import VOCABULARY, make_backbone, make_plain_backbone

ROWS = [[1], [3, 0], [2, 5, 4]]  # the examples of each row


def make_examples():
    """Six pairs of segments in rows of their own, with masks."""
    generator = np.random.default_rng(0)
    first, second = (
        [generator.integers(5, len(VOCABULARY), n) for n in lengths]
        for lengths in ([4, 9, 5, 8, 2, 3], [5, 8, 3, 5, 1, 4])
    )
    masker = TokenMasker(4, range(5), len(VOCABULARY), mask_rate=0.3)
    return masker(SequencePacker(2, 3, 0, 24)(first, second), np.arange(6))


EXAMPLES = make_examples()
PACKED = ExamplePacker(32, padding_id=0, max_examples=4)(EXAMPLES, ROWS, num_masks=16)
INPUTS = {name: EXAMPLES[name] for name in ("token_ids", "segment_ids", "padding_mask")}
PACKED_INPUTS = {
    name: PACKED[name] for name in ("token_ids", "segment_ids", "example_ids", "example_starts")
}


def by_example(sequence, pooled=None):
    """The vectors of each example's tokens, and of each example, taken out of packed rows."""
    tokens, vectors = {}, {}
    for row, examples in enumerate(ROWS):
        for number, example in enumerate(examples):
            tokens[example] = sequence[row, PACKED["example_ids"][row] == number + 1]
            if pooled is not None:
                vectors[example] = pooled[row, number]
    return [tokens[i] for i in range(6)], [vectors[i] for i in sorted(vectors)]


def alone(outputs):
    sequence, mask = outputs["sequence_output"], EXAMPLES["padding_mask"]
    return [sequence[i, mask[i]] for i in range(6)], list(outputs["pooled_output"])


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_examples_get_the_vectors_that_they_have_alone(dtype):
    backbone = make_backbone(dtype=dtype)
    expected = alone(to_numpy(backbone.predict(INPUTS, verbose=0)))
    packed = backbone.for_packed_rows()
    for outputs in (packed.predict(PACKED_INPUTS, verbose=0), packed(PACKED_INPUTS)):
        outputs = to_numpy(outputs)
        assert outputs["pooled_output"].shape == (3, 4, 8)
        found = by_example(outputs["sequence_output"], outputs["pooled_output"])
        assert largest_difference(found, expected) < (1e-5 if dtype == "float32" else 0.1)


def test_weights_are_those_of_the_backbone():
    backbone = make_backbone(use_pooler=False)
    packed = backbone.for_packed_rows()
    assert [id(w) for w in packed.weights] == [id(w) for w in backbone.weights]
    assert set(packed(PACKED_INPUTS)) == {"sequence_output"}


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"dropout_rate": 0.3, "attention_dropout_rate": 0.3},
        {"dropout_rate": 0.3, "attention_dropout_rate": 0.3, "gradient_checkpointing": True},
    ],
)
def test_no_example_sees_another_in_training(settings):
    """Dropout draws the same for both, since they are made alike."""
    outputs = []
    for shift in (0, 3):
        keras.utils.set_random_seed(5)
        packed = make_plain_backbone(num_layers=2, **settings).for_packed_rows()
        x = dict(PACKED_INPUTS)
        others = np.isin(x["example_ids"], [0, 2])
        x["token_ids"] = (x["token_ids"] + others * shift) % len(VOCABULARY)
        outputs.append(to_numpy(packed(x, training=True)))
    one, other = (values["sequence_output"] for values in outputs)
    assert largest_difference(one[~others], other[~others]) < 1e-6
    assert largest_difference(one[others], other[others]) > 0.01
    kept = [[0, 0], [1, 0], [2, 0], [2, 2]]  # the first and third examples
    one, other = (np.stack([values["pooled_output"][r, n] for r, n in kept]) for values in outputs)
    assert largest_difference(one, other) < 1e-6
