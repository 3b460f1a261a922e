import numpy as np
import pytest

from kerabert.models import (
    BertMultipleChoice,
    BertQuestionAnswerer,
    BertTextClassifier,
    BertTextRegressor,
    BertTokenClassifier,
)
from kerabert.reports import ClassificationReport
from tests.models.test_task import pack
from tests.tiny import LABELS, TEXTS, make_plain_backbone, make_tokenizer


def make(task, **kwargs):
    return task(make_plain_backbone(), tokenizer=make_tokenizer(), **kwargs)


@pytest.fixture
def calls(monkeypatch):
    """Counts how often a model is computed."""
    calls = []
    of_keras = next(k for k in BertTextClassifier.__mro__ if k.__module__.startswith("keras."))
    for name in ("predict_on_batch", "predict"):
        original = getattr(of_keras, name)

        def counted(self, *args, original=original, name=name, **kwargs):
            calls.append(name)
            return original(self, *args, **kwargs)

        monkeypatch.setattr(of_keras, name, counted)
    return calls


def test_classes(calls):
    model = make(BertTextClassifier, classes=["no", "yes"])
    model.compile()
    report = model.report(TEXTS, LABELS)
    assert len(calls) == 1
    assert report.accuracy == pytest.approx(model.evaluate(TEXTS, LABELS, verbose=0)[1])
    found = [result.label for result in model.classify(TEXTS)]
    wrong = [i for i, label in enumerate(LABELS) if found[i] != ["no", "yes"][label]]
    assert sorted(error.row for error in report.errors) == wrong
    assert {error.text for error in report.errors} == {TEXTS[i] for i in wrong}
    assert model.report(pack(TEXTS), LABELS).confusion.tolist() == report.confusion.tolist()
    pairs = model.report((TEXTS, TEXTS[::-1]), ["no"] * 8)
    assert all(
        error.text == f"{TEXTS[error.row]} | {TEXTS[7 - error.row]}" for error in pairs.errors
    )


def test_class_sets():
    model = make(BertTextClassifier, classes=["a", "b"], multi_label=True)
    report = model.report(TEXTS, [["a"], []] * 4, threshold=0.45)
    found = [set(result.labels) for result in model.classify(TEXTS, threshold=0.45)]
    expected = [found[i] == [{"a"}, set()][i % 2] for i in range(8)]
    assert report.exact_match == np.mean(expected)


def test_numbers(calls):
    model = make(BertTextRegressor)
    report = model.report(TEXTS, LABELS)
    assert len(calls) == 1
    assert report.predicted[:, 0] == pytest.approx(model.score(TEXTS), abs=1e-6)
    assert report.errors[0].text in TEXTS


def test_words():
    model = make(BertTokenClassifier, classes=["O", "B-a", "I-a"])
    words = [text.split() for text in TEXTS]
    tags = [["B-a", *["O"] * (len(row) - 1)] for row in words]
    report = model.report(words, tags)
    assert report.scores == model.score_entities(words, tags)
    assert all(error.text == TEXTS[error.row] for error in report.errors)
    spans = [[(0, len(row[0]), "a")] for row in words]
    assert model.report(TEXTS, spans).confusion.tolist() == report.confusion.tolist()
    plain = make(BertTokenClassifier, classes=["noun", "verb"])
    report = plain.report(words, [["noun"] * len(row) for row in words])
    assert isinstance(report, ClassificationReport)
    assert report.scores.total.num_true == sum(map(len, words))
    with pytest.raises(ValueError, match="lists of words or texts"):
        model.report(pack(TEXTS), [])


def test_answers():
    model = make(BertQuestionAnswerer, no_answer_threshold=0.0)
    x = (["good?"] * 4, TEXTS[:4])
    y = [(0, 4), None, ("very", 7), None]
    report = model.report(x, y)
    scores = model.score_answers(x, y)
    assert report.scores.f1 == scores.f1 and report.scores.exact_match == scores.exact_match
    found = model.answer(*x)
    assert report.decisions.sum(axis=0).tolist() == [
        sum(answer is None for answer in found), sum(answer is not None for answer in found)
    ]  # fmt: skip
    with pytest.raises(ValueError, match="questions and contexts"):
        model.report(pack(TEXTS), y)


def test_choices():
    model = make(BertMultipleChoice)
    x = (TEXTS[:4], [["good", "bad"], ["bad", "film"], ["good", "very bad", "film"], ["it", "was"]])
    y = [0, 1, 2, 1]
    report = model.report(x, y)
    found = model.choose(*x)
    assert report.accuracy == np.mean([f.label == i for f, i in zip(found, y, strict=True)])
    assert all(error.chosen == found[error.row].text for error in report.errors)
    (batch,) = (x for x, _ in model.make_batches(x, y))
    order = model.make_batches(x, y).order
    again = model.report(batch, np.array(y)[order])
    assert again.accuracy == report.accuracy and again.by_number == report.by_number


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (TEXTS, None, "labels must be given"),
        (TEXTS, LABELS[:3], "same number of rows"),
        (TEXTS, [9] * 8, r"whole number in 0\.\.1"),
        (iter([]), LABELS, "must be of texts or arrays. Received: a dataset"),
    ],
)
def test_bad_data(x, y, message):
    with pytest.raises(ValueError, match=message):
        make(BertTextClassifier, num_classes=2).report(x, y)


def test_outputs_that_are_no_numbers():
    model = make(BertTextClassifier, num_classes=2)
    model.classifier.set_weights([np.full((8, 2), np.nan), np.zeros(2)])
    with pytest.raises(ValueError, match=r"must be finite numbers\. Received: others for row 0"):
        model.report(TEXTS, LABELS)
