"""The fast path gives what the definition gives."""

import itertools

import pytest

from kerabert.text import word_piece
from kerabert.text.chunk_encoder import ChunkEncoder
from tests.text.tokenizer_data import SPECIAL, TINY, strange_texts, telling_characters

# Every letter and digit of ASCII, and enough more that most of what the rules do shows in the ids.
VOCABULARY = [
    *dict.fromkeys(
        [*TINY, "x" * 201, "##" + "x" * 201]
        + [mark + chr(code) for code in range(33, 0x600) for mark in ("", "##")]
        + [mark + c for c in "한中文ㄱあア\u302e\u302f\u1b44" for mark in ("", "##")]
    )
]
IDS = {piece: id for id, piece in enumerate(VOCABULARY)}
RULES = [
    dict(zip(("lowercase", "strip_accents", "split_cjk"), values, strict=True))
    for values in itertools.product([True, False], repeat=3)
]


def definition(text: str, rules: dict[str, bool], ids: dict[str, int] = IDS) -> list[int]:
    words = word_piece.split_words(text, **rules)
    return [ids[piece] for word in words for piece in word_piece.split_pieces(word, ids)]


def encoder(rules: dict[str, bool], special: list[str] | tuple[()] = ()) -> ChunkEncoder:
    return ChunkEncoder(IDS, "[UNK]", special, **rules, memory_size=50)


@pytest.mark.parametrize("rules", RULES)
def test_it_is_the_definition_on_strange_texts(rules: dict[str, bool]):
    encode = encoder(rules).encode
    for text in strange_texts(2500, seed=RULES.index(rules)):
        assert list(encode(text)) == definition(text, rules), ascii(text)


def test_it_is_the_definition_on_every_character():
    rules = RULES[0]
    encode = encoder(rules).encode
    for character in telling_characters():
        text = f"{character} a{character}b"
        assert list(encode(text)) == definition(text, rules), ascii(text)


def test_long_words():
    encode = encoder(RULES[0]).encode
    for length in (31, 32, 33, 199, 200, 201, 500):
        for letter in "ax":
            word = letter * length
            assert list(encode(word)) == definition(word, RULES[0])
            assert list(encode(word + "!")) == definition(word + "!", RULES[0])


def test_located_pieces_are_the_pieces():
    for special in ((), SPECIAL):
        both = encoder(RULES[0], special)
        for text in strange_texts(3000, seed=9):
            ids = [IDS[piece] for piece, _, _, _ in both.locate(text)]
            assert ids == list(both.encode(text)), ascii(text)


def test_special_tokens_are_found_as_they_are_written():
    encode = encoder(RULES[0], SPECIAL).encode
    mask, a = IDS["[MASK]"], IDS["a"]
    assert list(encode("[MASK]")) == [mask]
    assert list(encode("a[MASK]a [MASK][MASK].")) == [a, mask, a, mask, mask, IDS["."]]
    for text in ("[mask]", "[MA\u200bSK]", "[ MASK ]"):
        assert list(encode(text)) == definition(text, RULES[0])
        assert mask not in encode(text)
    assert list(encode("ΑΣ[SEP]Α")) == [*definition("ΑΣ", RULES[0]), 3, *definition("Α", RULES[0])]


def test_of_special_tokens_that_begin_alike_the_longest_is_found():
    ids = {"[UNK]": 0, "<a": 1, "<a>": 2}
    encode = ChunkEncoder(ids, "[UNK]", ["<a", "<a>"], **RULES[0], memory_size=0).encode
    assert encode("<a><a") == (2, 1)
