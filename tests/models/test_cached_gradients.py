import keras
import numpy as np
import pytest

from kerabert.losses import MultipleNegativesRanking
from kerabert.models import BertTextEmbedder
from kerabert.models.cached_gradients import embed_in_chunks
from tests.checks import largest_difference
from tests.models.peers import randomize
from tests.models.test_backbone import INPUTS
from tests.tiny import make_backbone, make_tokenizer

ANCHORS = ["good film", "bad", "very good", "not bad", "awful film"]
POSITIVES = ["great", "very bad", "great film", "good", "it was awful ."]


def make(chunk_size, dropout_rate, learning_rate=1.0):
    rates = {"dropout_rate": dropout_rate, "attention_dropout_rate": dropout_rate}
    backbone = make_backbone(use_pooler=False, num_layers=1, **rates)
    model = BertTextEmbedder(backbone, make_tokenizer())
    if dropout_rate == 0:
        randomize(model)
    model.compile(
        keras.optimizers.SGD(learning_rate), MultipleNegativesRanking(3.0), chunk_size=chunk_size
    )
    return model


def step(model):
    """The loss of a step of training, and by how much it moved each weight."""
    before = model.get_weights()
    logs = model.fit((ANCHORS, POSITIVES), batch_size=5, shuffle=False, verbose=0).history
    return logs["loss"][0], [a - b for a, b in zip(before, model.get_weights(), strict=True)]


def test_the_gradient_is_the_same():
    whole, expected = step(make(None, 0.0))
    loss, gradients = step(make(2, 0.0))  # five texts: the last chunk is not full
    assert loss == pytest.approx(whole, rel=1e-5)
    assert max(np.abs(gradient).max() for gradient in expected) > 0.05
    assert largest_difference(gradients, expected) < 1e-5


def test_a_chunk_draws_the_same_masks_twice():
    """Else the gradient is not that of the loss: seen by a small step along it."""
    model = make(2, 0.3, learning_rate=1e-2)
    step(model)  # the first one may draw numbers to make the metrics
    start = [keras.ops.convert_to_numpy(variable.value).copy() for variable in seeds_of(model)]
    weights = model.get_weights()
    keras.utils.set_random_seed(5)
    _, moves = step(model)
    slope = np.sqrt(sum((move / 1e-2) ** 2 for move in map(np.linalg.norm, moves)))
    ends = [keras.ops.convert_to_numpy(variable.value).copy() for variable in seeds_of(model)]
    if keras.backend.backend() != "torch":  # there Keras draws from PyTorch's generator
        # Three chunks of anchors, then three of positives.
        assert [(a - b).tolist() for a, b in zip(ends, start, strict=True)] == [[0, 6]] * len(ends)

    losses = []
    for length in (3e-3, -3e-3):
        scale = length / (1e-2 * slope)
        model.set_weights([w + m * scale for w, m in zip(weights, moves, strict=True)])
        for variable, value in zip(seeds_of(model), start, strict=True):
            variable.assign(value)
        keras.utils.set_random_seed(5)
        losses.append(step(model)[0])
    assert (losses[0] - losses[1]) / 6e-3 == pytest.approx(slope, rel=0.02)


def seeds_of(model):
    weights = {id(weight) for weight in model.weights}
    return [v for v in model.non_trainable_variables if id(v) not in weights]


def test_no_more_than_a_chunk_is_computed_at_once():
    x = {name: keras.ops.convert_to_tensor(np.repeat(v, 4, axis=0)) for name, v in INPUTS.items()}
    rows = int(x["token_ids"].shape[0])
    seen = []

    def run(x):
        seen.append(tuple(x["token_ids"].shape))
        return keras.ops.cast(x["token_ids"], "float32")

    vectors = embed_in_chunks(run, x, 3)
    assert set(seen) == {(3, INPUTS["token_ids"].shape[1])}
    assert largest_difference(vectors, keras.ops.cast(x["token_ids"], "float32")) == 0
    seen.clear()
    embed_in_chunks(run, x, rows)
    assert seen == [tuple(x["token_ids"].shape)]


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="counts what PyTorch keeps")
def test_what_is_kept_for_the_backward_pass():
    import torch

    kept = {}
    x = {name: keras.ops.convert_to_tensor(np.repeat(v, 20, axis=0)) for name, v in INPUTS.items()}
    for chunk_size in (None, 2):
        model = make(chunk_size, 0.1)
        sizes = []
        with torch.autograd.graph.saved_tensors_hooks(
            lambda tensor: (sizes.append(tensor.numel()), tensor)[1],  # noqa: B023
            lambda tensor: tensor,
        ):
            model(x, training=True)
        kept[chunk_size] = sum(sizes)
    assert kept[2] < kept[None] / 20
