import numpy as np
import pytest

from kerabert.models.answer_predictions import AnswerPredictions, predict_logits
from kerabert.models.question_windows import cut_windows, read_rows
from tests.checks import largest_difference
from tests.models.peers import randomize
from tests.models.qa import CONTEXTS, QUESTIONS, make_answerer

X = (QUESTIONS * 2, CONTEXTS + CONTEXTS[::-1])


@pytest.fixture(scope="module")
def model():
    return randomize(make_answerer(stride=4, max_answer_length=5))


def look_at_all(model):
    """Each row's spans with their best score, and the score of no answer: in plain loops."""
    rows = read_rows(model, X)
    windows = cut_windows(model, rows, np.arange(len(rows)))
    logits = model.predict(model.packer(windows.first, windows.second), verbose=0)
    spans = [{} for _ in range(len(rows))]
    no_answer = [np.inf] * len(rows)
    for window, row in enumerate(windows.row.tolist()):
        start, end = logits["start"][window], logits["end"][window]
        no_answer[row] = min(no_answer[row], float(start[0]) + float(end[0]))
        places = rows.located.spans_of(int(rows.located.number[row]))
        first = int(windows.first.lengths[window]) + 2
        size = int(windows.second.lengths[window])
        for i in range(size):
            for j in range(i, min(size, i + 5)):
                begin = int(windows.start[window])
                span = (int(places[begin + i, 0]), int(places[begin + j, 1]))
                score = float(start[first + i] + end[first + j])
                spans[row][span] = max(score, spans[row].get(span, -np.inf))
    return spans, no_answer


@pytest.mark.parametrize("num_candidates", [1, 6, 500])
def test_equals_a_look_at_all(model, num_candidates):
    spans, no_answer = look_at_all(model)
    found = AnswerPredictions(model, X, batch_size=3, num_candidates=num_candidates)
    assert found.no_answer == pytest.approx(no_answer, abs=1e-5)
    for row, some in enumerate(spans):
        part = slice(found.offsets[row], found.offsets[row + 1])
        best = sorted(some.values(), reverse=True)[:num_candidates]
        assert found.scores[part] == pytest.approx(best, abs=1e-5)
        for span, score in zip(found.spans[part].tolist(), found.scores[part], strict=True):
            assert some[tuple(span)] == pytest.approx(score, abs=1e-5)
        assert len({tuple(span) for span in found.spans[part].tolist()}) == len(best)
        assert found.no_answer_scores[row] == pytest.approx(no_answer[row] - best[0], abs=1e-5)


def test_scores_are_probabilities(model):
    found = AnswerPredictions(model, X, num_candidates=500)
    for answers in found.candidates:
        assert sum(answer.score for answer in answers) == pytest.approx(1)
        assert [a.score for a in answers] == sorted((a.score for a in answers), reverse=True)
    found.threshold = 0.0
    for row, answers in enumerate(found.candidates):
        none = 1 - sum(answer.score for answer in answers)
        ratio = np.exp(found.no_answer_scores[row])  # to the best span
        assert none == pytest.approx(ratio * answers[0].score)


def test_the_threshold_withholds(model):
    found = AnswerPredictions(model, X)
    found.threshold = float(np.median(found.no_answer_scores))
    withheld = [answer is None for answer in found.best]
    assert withheld == (found.no_answer_scores > found.threshold).tolist()
    assert 0 < sum(withheld) < len(withheld)
    found.threshold = None
    assert [answer.text for answer in found.best] == found.texts


@pytest.mark.parametrize("number", [60, pytest.param(100_000, marks=pytest.mark.slow)])
def test_random_texts_are_never_cut(number):
    """Of any characters: the text is what stands there, and no piece is cut."""
    generator = np.random.default_rng(0)
    letters = [
        *"good bad.,film ",
        *"\u0301\u0316\u200d\u00a0\u0130\u03a3\u00e9\ud55c\u5317\U0001f600",
    ]
    model = randomize(make_answerer(max_answer_length=4))
    contexts = [
        "good" + "".join([*generator.choice(letters, 20), chr(generator.integers(32, 0xD800))])
        for _ in range(number)
    ]
    found = AnswerPredictions(model, (["was it good"] * number, contexts))
    located = found.rows.located
    for row, (context, answers) in enumerate(zip(contexts, found.candidates, strict=True)):
        pieces = located.spans_of(int(located.number[row]))
        starts, ends = set(pieces[:, 0].tolist()), set(pieces[:, 1].tolist())
        assert answers
        for answer in answers:
            assert context[answer.start : answer.end] == answer.text
            assert answer.start in starts and answer.end in ends


def test_logits_of_a_row_that_fits():
    model = randomize(make_answerer({"max_sequence_length": 32}, sequence_length=32))
    logits = predict_logits(model, (QUESTIONS[:1], CONTEXTS[:1]))
    tokenizer = model.tokenizer
    question, context = tokenizer(QUESTIONS[0]), tokenizer(CONTEXTS[0])
    outputs = model.predict(model.packer([question], [context]), verbose=0)
    first = len(question) + 2
    for name in ("start", "end"):
        expected = outputs[name][0, first : first + len(context)]
        assert largest_difference(logits[name][0], expected) < 1e-5


def test_logits_come_from_the_window_with_most_context(model):
    rows = read_rows(model, X)
    windows = cut_windows(model, rows, np.arange(len(rows)))
    outputs = model.predict(model.packer(windows.first, windows.second), verbose=0)["end"]
    found = predict_logits(model, X)["end"]
    for row in range(len(rows)):
        for piece in range(len(found[row])):
            options = []
            for window in np.flatnonzero(windows.row == row):
                place = piece - int(windows.start[window])
                size = int(windows.second.lengths[window])
                if 0 <= place < size:
                    column = int(windows.first.lengths[window]) + 2 + place
                    options.append((min(place, size - 1 - place), outputs[window, column]))
            most = max(context for context, _ in options)
            best = [value for context, value in options if context == most]
            assert min(abs(found[row][piece] - value) for value in best) < 1e-5


def test_bad_input(model):
    for kwargs in ({"batch_size": 0}, {"num_candidates": 0}):
        with pytest.raises(ValueError, match="must be"):
            AnswerPredictions(model, X, **kwargs)
    broken = make_answerer()
    broken.span.bias.assign([np.nan, 0])
    with pytest.raises(ValueError, match=r"must be finite numbers. Received: others for row \d"):
        broken.answer(*X)
