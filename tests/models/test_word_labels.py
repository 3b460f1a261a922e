import numpy as np
import pytest

from kerabert import list_classes
from kerabert.models.word_labels import encode_word_labels
from kerabert.text.tags import find_fault, read_spans, write_tags
from kerabert.text.word_rows import WordRows
from tests.models.ner import SPANS, TAGS, TEXTS, WORDS, make_tagger
from tests.tiny import make_tokenizer


@pytest.fixture(scope="module")
def tagger():
    return make_tagger()


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([], [], "must hold at least one row"),
        ("good", ["O"], "must be a list of str or a list of lists of words"),
        ([["good", ""]], [["O", "O"]], "word 1 of row 0 is empty"),
        ([["good"], ["bad", 1]], [["O"], ["O", "O"]], r"`x\[1\]` must hold strings only"),
        (["good", None], [[], []], "at position 1"),
        (WORDS, TAGS[:2], "4 in x, 2 in y"),
        (WORDS[:1], [["O"]], "row 0 has 2 words and 1 tags"),
        (WORDS[:1], [["O", "B-place"]], "word 1 of row 0 has 'B-place'"),
        (WORDS[:1], [["O", 5]], "word 1 of row 0 has 5"),
        (WORDS[:1], [["O", None]], "word 1 of row 0 has None"),
        (WORDS[:1], ["OO"], "as row 0 must"),
        (WORDS[:1], 3, "`y` must be a list"),
        (WORDS[:2], [["O", "O"], ["O", "I-mood", "O", "O"]], "in row 1, word 1 has 'I-mood'"),
        (WORDS[:1], [["I-mood", "O"]], "in row 0, word 0 has 'I-mood' at the beginning"),
        (TEXTS[:1], [[(0, 4)]], r"must be \(start, end, type\)"),
        (TEXTS[:1], [[(0, 4, 1)]], r"must be \(start, end, type\)"),
        (TEXTS[:1], [[(0, 12, "mood")]], r"end <= 9. Received: \(0, 12, 'mood'\) in row 0"),
        (TEXTS[:1], [[(4, 4, "mood")]], "must lie in its text"),
        (TEXTS[:1], [[(4, 5, "mood")]], "in row 0, ' ', which has no word"),
        (TEXTS[:1], [[(0, 3, "mood")]], "'goo', which cuts a word"),
        (TEXTS[:1], [[(0, 4, "mood"), (0, 9, "film")]], "must not overlap.*row 0"),
        (TEXTS[:1], [[(0, 4, "place")]], "row 0 has 'B-place'"),
    ],
)
def test_bad_rows(tagger, x, y, message):
    for call in (tagger.fit, tagger.evaluate):
        with pytest.raises(ValueError, match=message):
            call(x, y, verbose=0)


def test_repair():
    """Tags as `read_spans` reads them, spans that hold the whole words."""
    model = make_tagger(repair_tags=True)
    broken = [["I-mood", "I-film"], ["O", "O", "I-mood", "O"], TAGS[2], ["I-mood"]]
    expected = model.evaluate(WORDS, TAGS, verbose=0)
    assert model.evaluate(WORDS, broken, verbose=0) == expected
    cut = [[(1, 3, "mood"), (4, 6, "film")], [(9, 12, "mood")], SPANS[2], SPANS[3]]
    assert model.evaluate(TEXTS, cut, verbose=0) == expected
    with pytest.raises(ValueError, match="word 0 of row 0 becomes 'B-film'"):
        make_tagger(classes=["O", "I-film", "B-mood"], repair_tags=True).fit(
            [["film"]], [["I-film"]], verbose=0
        )


@pytest.mark.parametrize("scheme", ["IOB2", "BIOES"])
def test_every_row_that_breaks_a_rule_is_found(scheme):
    """Whatever the order of the classes; rows without words are among them."""
    generator = np.random.default_rng(0)
    tokenizer = make_tokenizer()
    classes = list_classes([["B-a", "B-b"]], scheme)[::-1]
    for _ in range(300):
        tags = [
            [classes[i] for i in generator.choice(len(classes), generator.integers(0, 4))]
            for _ in range(generator.integers(1, 4))
        ]
        rows = WordRows.read([["film"] * len(row) for row in tags], tokenizer)
        broken = [row for row, some in enumerate(tags) if find_fault(some, scheme) is not None]
        if not broken:
            labels = encode_word_labels(tags, rows, len(classes), classes, scheme)
            assert [classes[i] for i in labels] == [tag for row in tags for tag in row]
            continue
        with pytest.raises(ValueError, match=f"in row {broken[0]},"):
            encode_word_labels(tags, rows, len(classes), classes, scheme)
        labels = encode_word_labels(tags, rows, len(classes), classes, scheme, repair_tags=True)
        for some, numbers in zip(tags, rows.split(labels), strict=True):
            repaired = [classes[i] for i in numbers]
            assert repaired == write_tags(read_spans(some), len(some), scheme)
