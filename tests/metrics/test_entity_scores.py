import warnings

import numpy as np
import pytest

from kerabert.metrics import score_entities
from kerabert.text.tags import write_tags
from tests.text.test_tags import random_spans


def random_rows(generator, prefixes):
    """Rows of tags, some of them of no scheme, and others that often agree with them."""
    rows, others = [], []
    names = ["O", "O", *(f"{prefix}-{type}" for prefix in prefixes for type in ("a", "b-c"))]
    if generator.random() < 0.2:
        names += list(prefixes)  # without a type
    for _ in range(generator.integers(1, 4)):
        length = int(generator.integers(1, 10))
        if generator.random() < 0.5:
            scheme = "IOB2" if prefixes == "BI" else "BIOES"
            row = write_tags(random_spans(generator, length), length, scheme)
        else:
            row = [names[i] for i in generator.integers(0, len(names), length)]
        other = list(row)
        for place in np.flatnonzero(generator.random(length) < 0.3):
            other[place] = names[generator.integers(0, len(names))]
        rows.append(row)
        others.append(other)
    return rows, others


@pytest.mark.parametrize("prefixes", ["BI", "BIES"])
@pytest.mark.parametrize("strict", [False, True])
def test_equal_to_seqeval(prefixes, strict):
    """2,500 random cases for each of two schemes and two modes: exactly the same numbers."""
    metrics = pytest.importorskip("seqeval.metrics")
    schemes = pytest.importorskip("seqeval.scheme")
    scheme = "IOB2" if prefixes == "BI" else "BIOES"
    arguments = {"mode": "strict", "scheme": schemes.IOB2 if prefixes == "BI" else schemes.IOBES}
    arguments = arguments if strict else {}
    generator = np.random.default_rng(3)
    perfect = 0
    for _ in range(2500):
        rows, others = random_rows(generator, prefixes)
        scores = score_entities(rows, others, scheme if strict else None)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # where a score is a division by zero
            report = metrics.classification_report(rows, others, output_dict=True, **arguments)
            f1 = metrics.f1_score(rows, others, **arguments)
        assert f1 == scores.f1
        expected = [report.pop("micro avg"), report.pop("macro avg"), report.pop("weighted avg")]
        assert list(report) == list(scores.types)
        if scores.types:
            assert expected[1]["f1-score"] == scores.macro_f1
        ours = [scores.overall, *scores.types.values()]
        for one, other in zip([expected[0], *report.values()], ours, strict=True):
            assert one["precision"] == other.precision
            assert one["recall"] == other.recall
            assert one["f1-score"] == other.f1
            assert one["support"] == other.num_true
        perfect += scores.f1 == 1
    assert 50 < perfect < 2000


def test_prints_a_table():
    scores = score_entities([["B-city", "I-city"], ["B-person"]], [["B-city", "I-city"], ["O"]])
    assert str(scores).split("\n") == [
        "type    precision  recall      F1  entities",
        "city      100.00% 100.00% 100.00%         1",
        "person      0.00%   0.00%   0.00%         1",
        "all       100.00%  50.00%  66.67%         2",
    ]


@pytest.mark.parametrize(
    ("tags", "predicted", "scheme", "message"),
    [
        ([["O"]], [], None, "number of rows. Received: 1 and 0"),
        ([["O"], ["O"]], [["O"], []], None, "1 true and 0 predicted in row 1"),
        ([["X-a"]], [["O"]], None, "'X-a' in row 0 of `tags`"),
        ([["O"]], [["S-a"]], "IOB2", "'S-a' in row 0 of `predicted`"),
        ([["O"]], [["Ba"]], None, "'Ba' in row 0"),
        ([["O"]], [[""]], None, "'' in row 0"),
        ([["O"]], [[1]], None, r"`predicted\[0\]` must hold strings only"),
        ("O", "O", None, "must be a list of lists of tags"),
        ([["O"]], [["O"]], "IOB1", "`scheme` must be one of"),
    ],
)
def test_bad_arguments(tags, predicted, scheme, message):
    with pytest.raises(ValueError, match=message):
        score_entities(tags, predicted, scheme)
