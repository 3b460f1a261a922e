import numpy as np

from kerabert.text import BertTokenizer
from kerabert.text.located_pieces import LocatedPieces
from tests.tiny import make_tokenizer

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def test_each_text_once():
    texts = ["good film", "Very goodly.", "good film", ""]
    located = LocatedPieces(texts, make_tokenizer())
    assert located.texts == ["good film", "Very goodly.", ""]
    assert located.number.tolist() == [0, 1, 0, 2]
    assert located.pieces.to_lists() == make_tokenizer()(located.texts)
    assert located.spans_of(1).tolist() == [[0, 4], [5, 9], [9, 11], [11, 12]]
    assert located.spans_of(2).shape == (0, 2)


def test_pieces_that_share_a_character():
    """A Hangul syllable is decomposed, and can become several pieces: none is cut."""
    parts = "\u1112\u1161\u11ab"  # of the syllable HAN
    tokenizer = BertTokenizer([*SPECIAL, parts[0], f"##{parts[1:]}", "a"])
    assert tokenizer.tokenize("\ud55ca") == ["[UNK]"]
    located = LocatedPieces(["a \ud55c a"], tokenizer)
    assert located.spans.tolist() == [[0, 1], [2, 3], [2, 3], [4, 5]]


def test_spans_ascend_and_never_overlap_in_part():
    """Of random characters, those that are removed, decomposed and reordered among them."""
    generator = np.random.default_rng(0)
    letters = list("ab \u0301\u0316\u200d\u00e9\ud55c\u0130\u03a3\u5317.\u1ebf")
    pieces = sorted({*"abei.\u5317\u03c3\u03c2", "\u1112"})
    tokenizer = BertTokenizer([*SPECIAL, *pieces, *(f"##{p}" for p in [*pieces, "\u1161\u11ab"])])
    texts = ["".join(generator.choice(letters, 12)) for _ in range(300)]
    located = LocatedPieces(texts, tokenizer)
    for number, text in enumerate(located.texts):
        spans = located.spans_of(number)
        assert (np.diff(spans, axis=0) >= 0).all()
        assert ((spans >= 0) & (spans <= len(text))).all() and (spans[:, 0] < spans[:, 1]).all()
        equal = (spans[1:] == spans[:-1]).all(axis=1)
        assert (equal | (spans[1:, 0] >= spans[:-1, 1])).all()
