import numpy as np
import pytest

from kerabert.metrics import score_answers
from kerabert.models.answer_predictions import AnswerPredictions
from kerabert.models.answer_threshold import best_threshold
from tests.models.peers import randomize
from tests.models.qa import ANSWERS, CONTEXTS, QUESTIONS, make_answerer

X = (QUESTIONS, CONTEXTS)


@pytest.fixture(scope="module")
def model():
    return randomize(make_answerer())


@pytest.mark.parametrize("metric", ["f1", "exact_match"])
def test_nothing_is_better(model, metric):
    """Half of the answers are made what the model gives: answering those is best."""
    found = AnswerPredictions(model, X)
    order = np.argsort(found.no_answer_scores)
    y = [None] * 4
    for row in order[:2]:
        y[row] = tuple(found.spans[found.offsets[row]].tolist())
    threshold = best_threshold(model, X, y, metric=metric)
    assert threshold == pytest.approx(found.no_answer_scores[order[1]], abs=1e-5)
    model.no_answer_threshold = None
    assert model.tune_threshold(X, y, metric=metric) == model.no_answer_threshold == threshold
    scores = model.score_answers(X, y)
    assert scores.exact_match == scores.f1 == 1
    # As many as there are without an answer are withheld.
    assert sum(answer is None for answer in model.answer(*X)) == 2


def test_nothing_should_be_answered(model):
    model.no_answer_threshold = None
    y = [None, None, None, ANSWERS[3]]
    texts = [answer.text for answer in model.answer(*X)]
    assert score_answers(texts[3:], [["goodly"]]).exact_match == 0
    model.tune_threshold(X, y, metric="exact_match")
    assert model.answer(*X) == [None] * 4
    model.no_answer_threshold = None


def test_bad_input(model):
    with pytest.raises(ValueError, match="4 with an answer, none without"):
        model.tune_threshold(X, [(0, 4)] * 4)
    with pytest.raises(ValueError, match="`metric` must be"):
        model.tune_threshold(X, ANSWERS, metric="accuracy")
    with pytest.raises(ValueError, match="`batch_size` must be"):
        model.tune_threshold(X, ANSWERS, batch_size=0)
    assert model.no_answer_threshold is None
