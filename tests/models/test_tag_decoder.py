from itertools import product

import numpy as np
import pytest

from kerabert.models.tag_decoder import TagDecoder
from kerabert.text.tags import find_fault, list_classes


@pytest.mark.parametrize("scheme", ["IOB2", "BIOES"])
def test_the_likeliest_of_all_sequences_that_are_allowed(scheme):
    classes = list_classes([["B-a"]], scheme)
    decode = TagDecoder(classes)
    generator = np.random.default_rng(0)
    changed = 0
    for _ in range(60):
        length = int(generator.integers(1, 5))
        scores = generator.normal(0, 2, (length, len(classes)))
        allowed = [
            path
            for path in product(range(len(classes)), repeat=length)
            if find_fault([classes[i] for i in path], scheme) is None
        ]
        sums = [scores[range(length), path].sum() for path in allowed]
        found = decode(scores)
        assert tuple(found) == allowed[int(np.argmax(sums))]
        changed += (found != scores.argmax(axis=1)).any()
    assert 5 < changed < 55


def test_long_rows_and_empty_ones():
    classes = list_classes([["B-a", "B-b"]])
    scores = np.random.default_rng(1).normal(0, 3, (700, len(classes)))
    found = TagDecoder(classes)(scores)
    assert find_fault([classes[i] for i in found], "IOB2") is None
    assert TagDecoder(classes)(scores[:0]).shape == (0,)


def test_plain_classes():
    scores = np.random.default_rng(1).normal(size=(20, 3))
    for classes in (None, ["NOUN", "VERB", "O"]):
        assert (TagDecoder(classes)(scores) == scores.argmax(axis=1)).all()
