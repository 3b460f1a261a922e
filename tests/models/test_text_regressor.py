import numpy as np
import pytest
import scipy.stats

from kerabert.models import BertTextRegressor
from tests.checks import largest_difference, to_numpy
from tests.models.test_task import PACKER, PAIRS, make_regressor
from tests.tiny import TEXTS, make_backbone, make_tokenizer


def test_output_is_the_dense_layer_of_the_pooled_output():
    model = make_regressor(num_outputs=2)
    x = PACKER(make_tokenizer()(TEXTS))
    kernel, bias = model.regressor.get_weights()
    expected = to_numpy(model.backbone(x)["pooled_output"]) @ kernel + bias
    assert largest_difference(model.predict(x, verbose=0), expected) < 1e-5


def test_score():
    model = make_regressor()
    scores = model.score(PAIRS, batch_size=3)
    assert all(type(score) is float for score in scores)
    np.testing.assert_allclose(scores, model.predict(PAIRS, verbose=0)[:, 0], atol=1e-5)
    rows = make_regressor(num_outputs=2).score(TEXTS[:2])
    assert [len(row) for row in rows] == [2, 2] and type(rows[0][0]) is float


def test_loss_and_metrics():
    model = make_regressor()
    y = np.arange(8.0)
    outputs = model.predict(PAIRS, verbose=0)[:, 0]
    errors = outputs - y
    loss, absolute, pearson, spearman = model.evaluate(PAIRS, y, batch_size=3, verbose=0)
    assert loss == pytest.approx((errors**2).mean(), rel=1e-5)
    assert absolute == pytest.approx(np.abs(errors).mean(), rel=1e-5)
    assert pearson == pytest.approx(scipy.stats.pearsonr(outputs, y).statistic, abs=1e-5)
    assert spearman == pytest.approx(scipy.stats.spearmanr(outputs, y).statistic, abs=1e-5)


def test_fit_learns():
    model = make_regressor()
    y = [float(len(text.split())) / 4 for text in TEXTS]
    before = model.evaluate(TEXTS, y, verbose=0)[0]
    model.compile(learning_rate=1e-2)
    model.fit(TEXTS, y, epochs=80, batch_size=8, verbose=0)
    assert model.evaluate(TEXTS, y, verbose=0)[0] < 0.2 * before


def test_bad_targets():
    for y, message in (([1.0] * 7 + [float("nan")], "row 7 is nan"), (["a"] * 8, "1 number a row")):
        with pytest.raises(ValueError, match=message):
            make_regressor().fit(TEXTS, y, verbose=0)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"num_outputs": 0}, "`num_outputs` must be a positive integer"),
        ({"dropout_rate": -1}, "`dropout_rate` must lie"),
        ({"backbone": make_backbone(use_pooler=False)}, "must have a pooler"),
    ],
)
def test_bad_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        BertTextRegressor(**{"backbone": make_backbone(), **kwargs})
