import numpy as np
import pytest

from kerabert.metrics import find_best_threshold, normalize_answer, score_answers

# (predicted, true answers, exact, F1): worked out by hand from the rules of SQuAD 2.0.
CASES = [
    ("Denver Broncos", ["Denver Broncos", "The Broncos"], 1, 1),
    ("the broncos!", ["Denver Broncos"], 0, 2 / 3),
    ("Denver", ["Denver Broncos"], 0, 2 / 3),
    ("red red blue", ["red blue blue"], 0, 2 / 3),  # two words in common, each as often as in both
    ("another", ["other"], 0, 0),  # articles are words
    ("U.S.", ["us"], 1, 1),
    ("été", ["ete"], 0, 0),  # accents count
    ("«moon»", ["moon"], 0, 0),  # as do marks that are not ASCII
    ("a\u00a0moon", ["Moon"], 1, 1),
    ("", ["moon"], 0, 0),
    ("moon", [], 0, 0),
    ("", [], 1, 1),
    ("The", [], 1, 1),  # nothing remains of it
    ("sun", ["the", "sun sun"], 0, 2 / 3),  # nor of one true answer, which does not count
    ("an", ["the"], 1, 1),
]


def test_the_rules():
    predicted, answers, exact, overlap = map(list, zip(*CASES, strict=True))
    scores = score_answers(predicted, answers)
    assert scores.exact.tolist() == exact
    assert scores.overlap == pytest.approx(overlap)
    assert scores.exact_match == pytest.approx(np.mean(exact))
    assert scores.f1 == pytest.approx(np.mean(overlap))
    assert scores.has_answer.tolist() == [bool(texts) for texts in answers]
    assert score_answers([None], [[]]).f1 == 1
    # What differs in 1.1: nothing is in common of two answers of which nothing remains.
    scores = score_answers(["an", "sun"], [["the"], ["the", "sun sun"]], version="1.1")
    assert scores.exact.tolist() == [1, 0] and scores.overlap.tolist() == [0, 2 / 3]
    assert score_answers([""], [["the"]], version="1.1").exact_match == 1


def test_equals_torchmetrics():
    """10,000 cases, and all of 2.0, are compared by `benchmarks/answer_scores.py`."""
    squad = pytest.importorskip("torchmetrics.functional.text.squad")
    words = ["the", "sun", "Sun's", "moon,", "-", "U.S.", "12", "été", "of"]
    generator = np.random.default_rng(0)
    for _ in range(200):
        found, *truth = (
            " ".join(generator.choice(words, generator.integers(1, 5))) for _ in range(3)
        )
        if not all(map(normalize_answer, [found, *truth])):
            continue
        target = {"answers": {"answer_start": [0, 0], "text": truth}, "id": "0"}
        totals = squad.squad([{"prediction_text": found, "id": "0"}], [target])
        scores = score_answers([found], [truth], version="1.1")
        assert 100 * scores.exact_match == float(totals["exact_match"])
        assert 100 * scores.f1 == pytest.approx(float(totals["f1"]), rel=1e-6)


def test_best_threshold():
    """Against a look at every threshold that there is."""
    generator = np.random.default_rng(1)
    for _ in range(100):
        size = generator.integers(1, 12)
        values, margins = generator.random(size), generator.normal(size=size)
        has_answer, is_answered = generator.random((2, size)) < 0.5
        values = np.where(has_answer, values, 0)
        best, threshold = find_best_threshold(values, has_answer, is_answered, margins)

        def mean(threshold):
            withheld = margins > threshold  # noqa: B023
            given = np.where(has_answer, values, ~is_answered)  # noqa: B023
            return np.where(withheld, ~has_answer, given).mean()  # noqa: B023

        means = [mean(threshold) for threshold in [margins.min() - 1, *margins]]
        assert best == pytest.approx(max(means))
        if best > (~has_answer).mean():
            assert mean(threshold) == pytest.approx(best)
        else:
            assert threshold == 0


def test_prints_a_table():
    scores = score_answers(["sun", "moon", ""], [["sun"], [], []])
    assert str(scores).splitlines() == [
        "questions       exact match      F1   number",
        "with an answer      100.00% 100.00%        1",
        "without              50.00%  50.00%        2",
        "all                  66.67%  66.67%        3",
    ]
    assert len(str(scores.take([0])).splitlines()) == 2


@pytest.mark.parametrize(
    ("predicted", "answers", "kwargs", "message"),
    [
        (["a"], [["a"], []], {}, "Received: 1 and 2"),
        ([], [], {}, "at least 1"),
        ([3], [["a"]], {}, "`predicted` must hold strings only.* position 0"),
        (["a", "b"], [["a"], "b"], {}, r"`answers\[1\]`"),
        (["a"], [["a"]], {"version": "2"}, "`version` must be"),
        (["a", "b"], [["a"], []], {"version": "1.1"}, "none for row 1"),
    ],
)
def test_bad_input(predicted, answers, kwargs, message):
    with pytest.raises(ValueError, match=message):
        score_answers(predicted, answers, **kwargs)
