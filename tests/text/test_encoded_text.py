"""What `EncodedText` promises of every text that a tokenizer takes."""

import dataclasses
import pickle

import pytest

from kerabert.text import BertTokenizer, EncodedText
from kerabert.text.word_piece import CONTINUATION
from tests.text.tokenizer_data import SPECIAL, TINY, strange_texts

ENCODED = EncodedText([5, 6], ["una", "##ffa"], [(0, 3), (3, 6)], [0, 0])


def test_four_lists_in_this_order():
    names = [field.name for field in dataclasses.fields(EncodedText)]
    assert names == ["ids", "pieces", "spans", "word_numbers"]
    assert dataclasses.astuple(ENCODED) == ([5, 6], ["una", "##ffa"], [(0, 3), (3, 6)], [0, 0])
    assert EncodedText([], [], [], []).ids == []


def test_it_is_a_value():
    assert pickle.loads(pickle.dumps(ENCODED)) == ENCODED
    assert dataclasses.replace(ENCODED, word_numbers=[0, 1]) != ENCODED


@pytest.mark.parametrize("name", ["ids", "pieces", "spans", "word_numbers"])
def test_no_list_can_be_set_anew(name: str):
    with pytest.raises(dataclasses.FrozenInstanceError, match=name):
        setattr(ENCODED, name, [])


def test_nothing_else_is_held():
    """A long text has many: they are small, and a mistaken name is no new attribute."""
    assert not hasattr(ENCODED, "__dict__")
    with pytest.raises((AttributeError, TypeError)):
        object.__setattr__(ENCODED, "offsets", [])


@pytest.mark.parametrize("special_tokens_in_strings", [False, True])
def test_lists_of_one_length_that_walk_through_the_text(special_tokens_in_strings: bool):
    vocabulary = [*dict.fromkeys([*TINY, *map(chr, range(33, 0x400))])]
    tokenizer = BertTokenizer(vocabulary, special_tokens_in_strings=special_tokens_in_strings)
    for text in strange_texts(500, seed=11):
        encoded = tokenizer.encode_with_offsets(text)
        lists = [encoded.ids, encoded.pieces, encoded.spans, encoded.word_numbers]
        assert {len(values) for values in lists} == {len(encoded.ids)}, ascii(text)
        assert encoded.pieces == [vocabulary[id] for id in encoded.ids]
        assert all(0 <= start < end <= len(text) for start, end in encoded.spans), ascii(text)
        steps = zip([-1, *encoded.word_numbers], encoded.word_numbers, strict=False)
        assert all(new - old in (0, 1) for old, new in steps), ascii(text)


def test_spans_cut_the_pieces_out_of_a_text_without_accents():
    """Counted in Python's characters: one that UTF-8 or UTF-16 makes several of is one."""
    vocabulary = [*SPECIAL, "Größe", "##n", "😀", "中", "(", ")", "a"]
    tokenizer = BertTokenizer(vocabulary, lowercase=False)
    text = "Größen 😀\u3000中(a)"
    encoded = tokenizer.encode_with_offsets(text)
    assert encoded.pieces == ["Größe", "##n", "😀", "中", "(", "a", ")"]
    cut = [text[start:end] for start, end in encoded.spans]
    assert cut == [piece.removeprefix(CONTINUATION) for piece in encoded.pieces]


def test_a_punctuation_character_is_a_word():
    encoded = BertTokenizer(TINY).encode_with_offsets("unaffable!! [a]")
    assert encoded.pieces == ["una", "##ffa", "##ble", "!", "!", "[", "a", "]"]
    assert encoded.word_numbers == [0, 0, 0, 1, 2, 3, 4, 5]
