import keras
import numpy as np
import pytest

from kerabert.models.question_batches import QuestionBatches, prepare_fit
from kerabert.text.located_pieces import LocatedPieces
from tests.models.qa import ANSWERS, CONTEXTS, QUESTIONS, make_answerer
from tests.tiny import WORDS

X = (QUESTIONS, CONTEXTS)


def test_targets_point_at_the_answers():
    """Read back from the columns: the pieces of the answer, or [CLS] where they are not all."""
    generator = np.random.default_rng(0)
    model = make_answerer(stride=5)
    tokenizer = model.tokenizer
    contexts = [" ".join(generator.choice(WORDS, generator.integers(1, 40))) for _ in range(40)]
    questions = [" ".join(generator.choice(WORDS, generator.integers(1, 7))) for _ in range(40)]
    answers = []
    for context in contexts:
        spans = LocatedPieces([context], tokenizer).spans
        first = generator.integers(0, len(spans))
        last = generator.integers(first, min(len(spans), first + 12))
        answers.append((context[spans[first, 0] : spans[last, 1]], spans[first, 0]))
    answers[3] = None
    batches = QuestionBatches(model, (questions, contexts), answers, batch_size=7)
    numbers = batches.order
    found = {}
    for step in range(len(batches)):
        x, y = batches[step]
        for i, (first, last) in enumerate(zip(y["start"], y["end"], strict=True)):
            ids = x["token_ids"][i]
            separators = np.flatnonzero(ids == tokenizer.separator_id)
            window = numbers[step * 7 + i]
            if last:
                assert separators[0] < first <= last < separators[1]
                found.setdefault(window, []).append(ids[first : last + 1].tolist())
            else:
                assert first == 0
                found.setdefault(window, []).append(None)
    rows = [None if a is None else tokenizer(a[0]) for a in answers]
    # Which row each window is of: as many windows as rows, or more, in the order of the rows.
    from kerabert.models.question_windows import cut_windows

    windows = cut_windows(model, batches.rows, np.arange(40))
    has_whole = set()
    for window, row in enumerate(windows.row.tolist()):
        (pieces,) = found[window]
        if pieces is not None:
            assert pieces == rows[row]
            has_whole.add(row)
    # An answer of at most the stride's length is whole in a window.
    assert {r for r, pieces in enumerate(rows) if pieces and len(pieces) <= 6} <= has_whole
    assert 3 not in has_whole and len(windows.row) > 40


def test_the_first_answer_is_trained_on():
    model = make_answerer(sequence_length=32)
    batches = QuestionBatches(model, X, ANSWERS, shuffle=False)
    assert batches.texts == [["good film"], ["awful", "bad"], [], ["goodly"]]
    _, y = batches[0]
    back = {name: values[np.argsort(batches.order)] for name, values in y.items()}
    # [CLS] was it good [SEP] the film was awful
    assert (back["start"][1], back["end"][1]) == (8, 8)


def test_weights():
    batches = QuestionBatches(make_answerer(), X, ANSWERS, sample_weight=[0, 1, 2, 3.5])
    *_, weights = batches[0]
    assert set(weights) == {"start", "end"}
    for weight, message in (
        ([1, 1], "2 for 4 questions"),
        ([1, 1, -1, 1], "-1 for row 2"),
        ([1, 1, 1, float("inf")], "inf for row 3"),
        ([1, "a", 1, 1], "'a' for row 1"),
        (1.0, "must be a list"),
    ):
        with pytest.raises(ValueError, match=message):
            QuestionBatches(make_answerer(), X, ANSWERS, sample_weight=weight)


def test_every_answer_must_have_a_word():
    for answer in ((7, 8), [("good", 10), (7, 8)]):
        with pytest.raises(ValueError, match="characters 7 to 8 of the context of row 0"):
            QuestionBatches(make_answerer(), X, [answer, *ANSWERS[1:]])


def test_fit_is_prepared():
    model = make_answerer()
    stop = keras.callbacks.EarlyStopping(monitor="val_f1")
    other = keras.callbacks.EarlyStopping(monitor="val_loss")
    x, y, kwargs = prepare_fit(model, X, ANSWERS[:2] + [(0, 4)] * 2, {"callbacks": [stop, other]})
    assert x == X and len(y) == 4 and kwargs["callbacks"] == [stop, other]
    assert (stop.mode, other.mode) == ("max", "auto")
    assert model.no_answer_threshold is None  # each question has an answer
    prepare_fit(model, X, ANSWERS, {"callbacks": stop})
    assert model.no_answer_threshold == 0
    model.no_answer_threshold = 2.5
    prepare_fit(model, X, ANSWERS, {})
    assert model.no_answer_threshold == 2.5
    with pytest.raises(ValueError, match="give `sample_weight`"):
        prepare_fit(model, X, ANSWERS, {"class_weight": {0: 1.0}})
