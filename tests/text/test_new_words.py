import pytest

from kerabert import BertTokenizer
from kerabert.text import choose_new_words

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PIECES = ["a", "met", "##form", "##in", "pain", "##s"]
TEXTS = ["A metformin, metformin.", "Métformins pains pains pains", "a ζζζζ ζζζζ ζζζζ"]


def make_tokenizer(**kwargs):
    return BertTokenizer([*SPECIAL, *PIECES], **kwargs)


def test_words_that_cost_most_come_first():
    # ζζζζ: 3 times, unknown, as 4 pieces: 9; metformin: 2 times in 3 pieces: 4; metformins: 3.
    chosen = choose_new_words(TEXTS, make_tokenizer(), 9, min_frequency=1)
    assert chosen == ["ζζζζ", "metformin", "metformins"]
    assert choose_new_words(TEXTS, make_tokenizer(), 1, min_frequency=1) == ["ζζζζ"]


def test_rare_words_and_words_of_few_pieces_are_left():
    assert choose_new_words(TEXTS, make_tokenizer(), 9, min_frequency=2) == ["ζζζζ", "metformin"]
    chosen = choose_new_words(TEXTS, make_tokenizer(), 9, min_frequency=3, min_pieces=2)
    assert chosen == ["ζζζζ", "pains"]


def test_equal_ones_are_in_the_order_of_unicode():
    texts = ["metforms forms", "metins"]
    assert choose_new_words(texts, make_tokenizer(), 9, 1)[:2] == ["forms", "metforms"]


def test_the_rules_are_the_tokenizers():
    chosen = choose_new_words(TEXTS, make_tokenizer(lowercase=False), 9, 1)
    assert "Métformins" in chosen


@pytest.mark.parametrize("argument", [{"size": 0}, {"min_frequency": 0}, {"min_pieces": 1}])
def test_arguments_out_of_range_are_refused(argument):
    with pytest.raises(ValueError, match=next(iter(argument))):
        choose_new_words(TEXTS, make_tokenizer(), **{"size": 3, **argument})
