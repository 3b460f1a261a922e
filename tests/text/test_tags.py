from itertools import pairwise

import numpy as np
import pytest

from kerabert.text.tags import (
    find_fault,
    find_scheme,
    list_classes,
    may_follow,
    read_spans,
    read_strict_spans,
    write_tags,
)


def random_spans(generator, num_words):
    """Entities that do not overlap, some of them side by side."""
    cuts = np.unique(generator.integers(0, num_words + 1, 6)).tolist()
    return [
        (start, end, str(generator.choice(["a", "b-c"])))
        for start, end in pairwise(cuts)
        if generator.random() < 0.6
    ]


@pytest.mark.parametrize("scheme", ["IOB2", "BIOES"])
def test_spans_there_and_back(scheme):
    generator = np.random.default_rng(0)
    for _ in range(300):
        num_words = int(generator.integers(0, 12))
        spans = random_spans(generator, num_words)
        tags = write_tags(spans, num_words, scheme)
        assert len(tags) == num_words
        assert find_fault(tags, scheme) is None
        assert read_spans(tags) == read_strict_spans(tags, scheme) == spans


def test_schemes():
    assert find_scheme(["O", "B", "I"]) == "IOB2"
    assert find_scheme(["O", "B-x"]) == "IOB2"
    assert find_scheme(["O", "B-x", "E-x"]) == "BIOES"
    for plain in (None, [], ["O"], ["B-x", "I-x"], ["O", "I-x"], ["O", "Bx"], ["NOUN", "O"], [""]):
        assert find_scheme(plain) is None, plain


@pytest.mark.parametrize(
    ("tags", "scheme", "place"),
    [
        (["O", "I-a"], "IOB2", 1),
        (["B-a", "I-a", "I-b"], "IOB2", 2),
        (["I-a"], "IOB2", 0),
        (["B-a", "B-a", "O"], "IOB2", None),
        (["B-a"], "BIOES", 1),
        (["B-a", "O"], "BIOES", 1),
        (["B-a", "B-a"], "BIOES", 1),
        (["S-a", "I-a"], "BIOES", 1),
        (["B-a", "E-b"], "BIOES", 1),
        (["E-a"], "BIOES", 0),
        (["B-a", "I-a", "E-a", "S-b"], "BIOES", None),
    ],
)
def test_faults(tags, scheme, place):
    assert find_fault(tags, scheme) == place


def test_what_may_follow_is_what_is_read_back():
    """A row is without fault just where writing what was read gives it again."""
    generator = np.random.default_rng(1)
    for scheme, prefixes in (("IOB2", "BI"), ("BIOES", "BIES")):
        names = ["O", *(f"{prefix}-{type}" for prefix in prefixes for type in "ab")]
        found = set()
        for _ in range(2000):
            tags = [names[i] for i in generator.integers(0, len(names), generator.integers(1, 4))]
            same = write_tags(read_spans(tags), len(tags), scheme) == tags
            assert same == (find_fault(tags, scheme) is None), tags
            found.add(same)
        assert found == {True, False}
        assert may_follow(None, None, scheme)


def test_classes():
    rows = [["O", "S-b"], ["B-a", "E-a"]]
    assert list_classes(rows) == ["O", *(f"{p}-{t}" for t in "ab" for p in "BIES")]
    assert list_classes(rows, "IOB2") == ["O", "B-a", "I-a", "B-b", "I-b"]
    assert list_classes([["VERB", "NOUN"]]) == ["NOUN", "VERB"]
    assert list_classes([["I-a"], ["B-a"]]) == ["O", "B-a", "I-a"]
    spans = [[], [(0, 2, "b-c"), (3, 4, "a")]]
    assert list_classes(spans) == ["O", "B-a", "I-a", "B-b-c", "I-b-c"]
    with pytest.raises(ValueError, match="must hold at least one tag"):
        list_classes([[]])
    with pytest.raises(ValueError, match="`scheme` must be one of"):
        list_classes(rows, "BILOU")


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ("B-a", "`y` must be a list with the tags"),
        (["B-a", "O"], "a list of tags, or of spans, in row 0. Received: 'B-a'"),
        ([["O"], None], "in row 1. Received: None"),
        ([["O"], [3]], "Received: 3 of type int in row 1"),
        ([[(0, 4)]], r"Received: \(0, 4\) of type tuple in row 0"),
    ],
)
def test_what_is_no_row_of_tags_has_no_classes(y, message):
    with pytest.raises(ValueError, match=message):
        list_classes(y)
