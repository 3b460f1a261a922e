import keras
import numpy as np
import pytest

from kerabert.models import BertTextClassifier, BertTextRegressor
from kerabert.models.integrated_gradients import BASELINES, integrate_gradients
from tests.checks import to_numpy
from tests.tiny import make_backbone, make_tokenizer

SEGMENTS = [[5, 7, 8, 14], [9, 6, 7]]


@pytest.fixture(scope="module")
def model():
    return BertTextClassifier(make_backbone(), num_classes=3, tokenizer=make_tokenizer())


def log_odds(model, segments, number):
    """What the model itself says, through its graph."""
    x = model.packer(*([ids] for ids in segments))
    logits = model.predict(x, verbose=0)[0].astype("float64")
    others = np.delete(logits, number)
    return logits[number] - np.log(np.exp(others).sum())


@pytest.mark.parametrize("baseline", BASELINES)
def test_scores_add_up_to_the_difference(model, baseline):
    for segments in (SEGMENTS, SEGMENTS[:1]):
        found = integrate_gradients(model, segments, 1, True, 32, baseline)
        assert [len(scores) for scores in found.scores] == [len(ids) for ids in segments]
        assert found.output == pytest.approx(log_odds(model, segments, 1), abs=1e-5)
        total = sum(scores.sum() for scores in found.scores)
        assert total == pytest.approx(found.output - found.baseline_output, abs=1e-5)
        if baseline != "zero":
            id = 4 if baseline == "[MASK]" else 0
            masked = [[id] * len(ids) for ids in segments]
            assert found.baseline_output == pytest.approx(log_odds(model, masked, 1), abs=1e-5)


def test_equals_numeric_gradients():
    """Against differences of the model's own outputs: no derivative of a backend."""
    model = BertTextRegressor(make_backbone(num_layers=1), make_tokenizer(), num_outputs=2)
    generator = np.random.default_rng(0)
    for weight in model.weights:
        if keras.backend.is_float_dtype(weight.dtype):
            weight.assign(generator.normal(0, 0.7, weight.shape))
    ids = [5, 7, 8]
    found = integrate_gradients(model, [ids], 1, False, 4, "[MASK]")
    table = model.backbone.embedding.token_embedding.embeddings
    before = to_numpy(table)
    # Words that stand once: to move along the way is to change their rows of the table.
    nodes, weights = np.polynomial.legendre.leggauss(4)
    step, x = 1e-2, model.packer([ids], length=8)

    def output(rows):
        changed = before.copy()
        changed[ids] = rows
        table.assign(changed)
        return float(to_numpy(model(x))[0, 1])

    text, start = before[ids], before[[4] * 3]
    scores = np.zeros(3)
    for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        for i in range(3):
            way = start + node * (text - start)
            ends = []
            for sign in (1, -1):
                moved = way.copy()
                moved[i] += sign * step * (text[i] - start[i])
                ends.append(output(moved))
            scores[i] += weight * (ends[0] - ends[1]) / (2 * step)
    table.assign(before)
    assert found.scores[0] == pytest.approx(scores, abs=1e-3)
    assert np.abs(scores).max() > 0.02


def test_windows_of_a_long_text():
    model = BertTextClassifier(
        make_backbone(num_layers=1),
        num_classes=2,
        tokenizer=make_tokenizer(),
        sequence_length=8,
        long_documents="attention",
        max_windows=3,
    )
    model.pooling.attention.set_weights([np.random.default_rng(0).normal(size=(8, 1))])
    for segments, read in (([[5, 7, 8, 9, 6] * 3], [14]), ([[5, 9], [7] * 20], [2, 5])):
        found = integrate_gradients(model, segments, 0, True, 32, "[MASK]")
        assert found.output == pytest.approx(log_odds(model, segments, 0), abs=1e-5)
        total = sum(scores.sum() for scores in found.scores)
        assert total == pytest.approx(found.output - found.baseline_output, abs=1e-5)
        # Pieces behind the last window are not read.
        assert [len(scores) for scores in found.scores] == read


def test_weights_that_changed_count(model):
    before = integrate_gradients(model, SEGMENTS, 1, True, 32, "[MASK]")
    weights = model.classifier.get_weights()
    model.classifier.set_weights([2 * weights[0], weights[1]])
    after = integrate_gradients(model, SEGMENTS, 1, True, 32, "[MASK]")
    model.classifier.set_weights(weights)
    assert abs(after.output - before.output) > 1e-3
