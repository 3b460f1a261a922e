import numpy as np
import pytest

from kerabert.models import BertQuestionAnswerer
from kerabert.models.question_arguments import question_sizes
from tests.models.qa import CONTEXTS, QUESTIONS, make_answerer
from tests.tiny import make_backbone, make_tokenizer


@pytest.mark.parametrize(
    ("length", "sizes"),
    [(5, (1, 0)), (6, (1, 1)), (20, (8, 6)), (128, (62, 42)), (384, (64, 128)), (512, (64, 170))],
)
def test_defaults(length, sizes):
    model = make_answerer({"max_sequence_length": length}, sequence_length=length)
    assert question_sizes(model) == sizes
    assert length - 3 - sizes[0] > sizes[1]  # a window always gets on


def test_given():
    model = make_answerer(max_question_length=5, stride=11, no_answer_threshold=np.float32(0.5))
    assert question_sizes(model) == (5, 11)
    assert model.no_answer_threshold == 0.5 and type(model.no_answer_threshold) is float


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"max_question_length": 17}, "`max_question_length` must lie in 1..16, .* Received: .*17"),
        ({"max_question_length": 0}, "1..16"),
        ({"max_question_length": 3.0}, "Received: max_question_length=3.0"),
        ({"stride": 9}, "`stride` must lie in 0..8.* and `max_question_length`=8. Received: .*=9"),
        ({"stride": 12, "max_question_length": 5}, "0..11"),
        ({"stride": -1}, "0..8"),
        ({"stride": True}, "stride=True"),
        ({"max_answer_length": 0}, "`max_answer_length` must be an integer of 1 or more"),
        ({"max_answer_length": None}, "max_answer_length=None"),
        ({"no_answer_threshold": float("nan")}, "must be a finite number or None"),
        ({"no_answer_threshold": "0"}, "no_answer_threshold='0'"),
        ({"no_answer_threshold": True}, "no_answer_threshold=True"),
    ],
)
def test_bad_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        make_answerer(**kwargs)


def test_models_that_take_no_questions():
    short = make_answerer(sequence_length=4)
    with pytest.raises(ValueError, match=r"`sequence_length` must be at least 5.*Received: .*=4"):
        short.answer(QUESTIONS, CONTEXTS)
    single = BertQuestionAnswerer(make_backbone(num_segments=1), make_tokenizer())
    with pytest.raises(ValueError, match="must have two segments"):
        single.answer(QUESTIONS, CONTEXTS)
    with pytest.raises(ValueError, match="must have a tokenizer"):
        BertQuestionAnswerer(make_backbone()).answer(QUESTIONS, CONTEXTS)
