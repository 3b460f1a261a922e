import numpy as np
import pytest

from kerabert.models import BertNextSentencePredictor, BertPretrainer, NextSentence
from kerabert.models.next_sentence import probability_of_next
from tests.checks import to_numpy
from tests.models.peers import randomize
from tests.tiny import make_plain_backbone, make_tokenizer

PAIRS = (["good film", "it was very bad .", "not"], ["it was great", "awful", "very good . not"])


@pytest.fixture(scope="module")
def model():
    model = randomize(
        BertNextSentencePredictor(make_plain_backbone(), make_tokenizer(), sequence_length=20)
    )
    difference = np.median(np.diff(model.predict(PAIRS, verbose=0), axis=1))
    bias = model.next_sentence_head.dense.bias
    bias.assign(to_numpy(bias.value) + np.array([difference + 0.01, 0], "float32"))  # some follow
    return model


def test_the_score_is_the_probability_of_class_0(model):
    logits = model.predict(PAIRS, verbose=0)
    expected = np.exp(logits[:, 0]) / np.exp(logits).sum(axis=1)
    answers = model.is_next(*PAIRS, batch_size=2)
    for answer, score in zip(answers, expected, strict=True):
        assert type(answer) is NextSentence and type(answer.score) is float
        assert answer.score == pytest.approx(score, abs=1e-6)
        assert answer.is_next is bool(score >= 0.5)
    assert len({answer.is_next for answer in answers}) == 2
    single = model.is_next(PAIRS[0][1], PAIRS[1][1])
    assert single.score == pytest.approx(answers[1].score, abs=1e-6)


@pytest.mark.parametrize("packed", [False, True])
def test_the_pretrainer_says_the_same(model, packed):
    backbone = make_plain_backbone()
    pretrainer = BertPretrainer(backbone, make_tokenizer(), sequence_length=20, packed=packed)
    backbone.set_weights(model.backbone.get_weights())
    pretrainer.next_sentence_head.set_weights(model.next_sentence_head.get_weights())
    for answer, other in zip(pretrainer.is_next(*PAIRS), model.is_next(*PAIRS), strict=True):
        assert answer.score == pytest.approx(other.score, abs=1e-5)


def test_far_logits():
    logits = np.array([[3e4, -3e4], [-3e4, 3e4]], "float32")
    with np.errstate(all="raise", under="ignore"):
        assert probability_of_next(logits) == pytest.approx([1, 0])


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("good film", ["it was"], "must"),
        (["good", "bad"], ["it"], "2 first texts, 1 second"),
        (["good"], [None], "at position 0"),
        ([], [], "at least one text"),
        (["good"], None, "must be"),
    ],
)
def test_bad_texts(model, first, second, message):
    with pytest.raises(ValueError, match=message):
        model.is_next(first, second)
