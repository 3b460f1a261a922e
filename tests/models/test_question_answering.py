"""`BertQuestionAnswerer` on questions and contexts: the whole way."""

import keras
import numpy as np
import pytest

from kerabert.metrics import score_answers
from kerabert.models import BertQuestionAnswerer
from tests.checks import check_keras_file, largest_difference
from tests.models.qa import ANSWERS, CONTEXTS, QUESTIONS, make_answerer

X = (QUESTIONS, CONTEXTS)


@pytest.fixture(scope="module")
def fitted():
    model = make_answerer(stride=4)
    model.compile(learning_rate=0.05, run_eagerly=keras.backend.backend() == "tensorflow")
    stop = keras.callbacks.EarlyStopping(monitor="val_f1", patience=50)
    history = model.fit(
        X, ANSWERS, epochs=40, validation_data=(X, ANSWERS), callbacks=[stop], verbose=0
    )
    return model, history.history


def test_learns_and_answers(fitted):
    model, history = fitted
    assert {"start_accuracy", "val_loss", "val_exact_match", "val_f1"} <= set(history)
    assert len(history["val_f1"]) == len(history["loss"])
    assert model.no_answer_threshold == 0  # one question has no answer
    answers = model.answer(*X)
    assert [answer and answer.text for answer in answers] == ["good film", "awful", None, "goodly"]
    for answer, context in zip(answers, CONTEXTS, strict=True):
        if answer is not None:
            assert context[answer.start : answer.end] == answer.text and 0 < answer.score <= 1
    assert answers[3].start == 73  # behind the first window
    logs = model.evaluate(X, ANSWERS, verbose=0, return_dict=True)
    assert logs["exact_match"] == logs["f1"] == history["val_f1"][-1] == 1


def test_one_or_many(fitted):
    model, _ = fitted
    answers = model.answer(*X)
    one = model.answer(QUESTIONS[0], CONTEXTS[0])
    assert (one.text, one.start, one.end) == answers[0][:3]
    assert one.score == pytest.approx(answers[0].score, abs=1e-5)
    assert model.answer(QUESTIONS[2], CONTEXTS[2]) is None
    many = model.answer(QUESTIONS, CONTEXTS[3])
    assert len(many) == 4 and many[3].text == "goodly"
    best = model.answer(QUESTIONS[2], CONTEXTS[2], num_answers=3)
    assert len(best) == 3 and best[0].score >= best[1].score >= best[2].score
    rows = model.answer(QUESTIONS, CONTEXTS, num_answers=30)
    assert rows[0][0].text == "good film"
    assert len(rows[2]) == 6  # "good", ",", "bad": all its spans
    with pytest.raises(ValueError, match="With one question `context` must be one str"):
        model.answer(QUESTIONS[0], CONTEXTS)
    for number in (0, 1.5):
        with pytest.raises(ValueError, match="`num_answers` must be"):
            model.answer(*X, num_answers=number)


def test_metrics_are_those_of_the_answers(fitted):
    model, _ = fitted
    y = [(0, 2), [(4, 8), (13, 18)], None, None]
    texts = [None if answer is None else answer.text for answer in model.answer(*X)]
    expected = score_answers(texts, [["It"], ["film", "awful"], [], []])
    logs = model.evaluate(X, y, verbose=0, return_dict=True)
    assert (logs["exact_match"], logs["f1"]) == (expected.exact_match, expected.f1)
    assert 0 < expected.f1 < 1
    values = model.evaluate(X, y, verbose=0)
    loss = logs.pop("loss")
    assert values == pytest.approx([loss, *(logs[name] for name in sorted(logs))])
    assert {"end_accuracy", "exact_match", "f1", "start_accuracy"} <= set(logs)
    scores = model.score_answers(X, y)
    assert scores.f1 == expected.f1 and "without" in str(scores)
    with pytest.raises(ValueError, match="each question must have an answer"):
        model.score_answers(X, y, version="1.1")


def test_forms_of_data_are_equal():
    model = make_answerer()
    logs = model.evaluate(X, ANSWERS, verbose=0, return_dict=True)
    pairs = list(zip(*X, strict=True))
    y = [
        {"text": ["good film"], "answer_start": [10]},
        {"text": ["awful"], "answer_start": [13]},
        {"text": [], "answer_start": []},
        (73, 79),
    ]
    again = model.evaluate(pairs, y, verbose=0, return_dict=True)
    assert again["loss"] == logs["loss"]
    logits = model.predict(X, verbose=0)
    assert largest_difference(model.predict(pairs, verbose=0), logits) == 0
    lengths = [len(ids) for ids in model.tokenizer(CONTEXTS)]
    for name in ("start", "end"):
        assert [len(row) for row in logits[name]] == lengths


def test_is_kept(fitted, tmp_path):
    model, _ = fitted
    answers = model.answer(*X)
    loaded = check_keras_file(model, X, tmp_path / "model.keras")
    assert loaded.answer(*X) == answers
    model.save_to_preset(tmp_path / "preset")
    loaded = BertQuestionAnswerer.from_preset(tmp_path / "preset")
    assert loaded.head_config() == model.head_config() and loaded.no_answer_threshold == 0
    # Its program may be another one, and differ in the last bits.
    for answer, again in zip(answers, loaded.answer(*X), strict=True):
        assert (answer and answer[:3]) == (again and again[:3])
        assert answer is None or answer.score == pytest.approx(again.score, abs=1e-5)
    loaded.no_answer_threshold = None
    assert None not in loaded.answer(*X)
    other = BertQuestionAnswerer.from_preset(tmp_path / "preset", no_answer_threshold=-1e9)
    assert other.answer(*X) == [None] * 4


def test_validation_split_weights_and_resume(tmp_path):
    from kerabert.training import ExactResume

    model = make_answerer()
    history = model.fit(
        (QUESTIONS * 2, CONTEXTS * 2),
        ANSWERS * 2,
        batch_size=4,
        epochs=2,
        sample_weight=[1.0] * 4 + [0.5] * 4,
        validation_split=0.25,
        callbacks=[ExactResume(tmp_path / "state")],
        verbose=0,
    ).history
    assert len(history["val_exact_match"]) == 2
    with_none = model.evaluate(X, ANSWERS, sample_weight=[1, 1, 0, 1], verbose=0)
    assert np.isfinite(with_none).all()


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (X, ANSWERS[:3], "Received: 3 for 4 questions"),
        (X, None, "`y` must be given"),
        (X, {"start": [0] * 4, "end": [0] * 4}, "must be a list with an answer"),
        (X, [("film", 0), *ANSWERS[1:]], "'film' at 0 in row 0, where there is 'It w'"),
        (X, [*ANSWERS[:3], (3, 300)], "start=3, end=300 in row 3"),
        ((QUESTIONS, CONTEXTS[:3]), ANSWERS, "4 questions, 3 contexts"),
        (QUESTIONS, ANSWERS, "1 text in row 0"),
        ((["", *QUESTIONS[1:]], CONTEXTS), ANSWERS, "must have at least one word.*row 0"),
        ((QUESTIONS, [*CONTEXTS[:3], None]), ANSWERS, "`contexts` must hold strings.*position 3"),
    ],
)
def test_bad_input(x, y, message):
    model = make_answerer()
    for call in (model.fit, model.evaluate):
        with pytest.raises(ValueError, match=message):
            call(x, y, verbose=0)


def test_bad_arguments():
    model = make_answerer()
    with pytest.raises(ValueError, match=r"takes no \['steps'\]"):
        model.predict(X, steps=1)
    for call in (model.evaluate, model.score_answers):
        with pytest.raises(ValueError, match="`batch_size` must be"):
            call(X, ANSWERS, batch_size=0)
