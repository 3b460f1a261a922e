"""The rules themselves, each predicate over the code points it is about."""

import sys
import unicodedata

import pytest

from kerabert.text import word_piece
from tests.text.tokenizer_data import SPECIAL, TINY, strange_texts

ALL_CHARACTERS = [chr(code) for code in range(sys.maxunicode + 1)]


def characters(*ranges: tuple[int, int]) -> list[str]:
    return [chr(code) for first, last in ranges for code in range(first, last + 1)]


def test_white_space_is_four_controls_and_the_unicode_spaces():
    found = [c for c in ALL_CHARACTERS if word_piece.is_white_space(c)]
    spaces = characters((0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A))
    assert found == ["\t", "\n", "\r", *spaces, "\u202f", "\u205f", "\u3000"]


def test_removed_are_controls_formats_null_and_replacement():
    removed = {c for c in ALL_CHARACTERS if word_piece.is_removed(c)}
    controls = {*characters((0x00, 0x1F), (0x7F, 0x9F))} - {"\t", "\n", "\r"}
    assert {c for c in removed if c < "\xa0"} == controls
    assert {"\ufffd", "\u200b", "\u200d", "\ufeff", "\xad", "\U000e0001"} <= removed
    # Unassigned, private and surrogate characters are no controls.
    assert not {"\u0378", "\ue000", "\ud800", "\U0010ffff", "\u2028", "\u2029"} & removed
    assert {unicodedata.category(c) for c in removed} == {"Cc", "Cf", "So"}


def test_punctuation_is_ascii_signs_and_category_p():
    found = {c for c in ALL_CHARACTERS if word_piece.is_punctuation(c)}
    ascii_signs = {c for c in map(chr, range(33, 127)) if not c.isalnum()}
    assert {c for c in found if c < "\x80"} == ascii_signs
    assert {unicodedata.category(c)[0] for c in found if c >= "\x80"} == {"P"}
    assert {"¡", "。", "“", "\u2014"} <= found
    assert not {"€", "©", "´", "×", "ˆ"} & found


@pytest.mark.parametrize("first, last", word_piece.CJK_RANGES)
def test_cjk_ranges_hold_their_ends_only(first: int, last: int):
    assert word_piece.is_cjk(chr(first)) and word_piece.is_cjk(chr(last))
    neighbours = {first - 1, last + 1}
    inside = {c for a, b in word_piece.CJK_RANGES for c in (a, b)}
    assert not any(word_piece.is_cjk(chr(code)) for code in neighbours - inside)


def test_scripts_with_white_space_are_not_cjk():
    assert not any(map(word_piece.is_cjk, "한ㄱあアａ々〇"))


@pytest.mark.parametrize(
    "text, words",
    [
        (" \tHeLLo!how  \n Are yoU?  ", ["hello", "!", "how", "are", "you", "?"]),
        ("H\u00e9llo", ["hello"]),
        ("He\u0301llo", ["hello"]),
        ("ah\u535a\u63a8zz", ["ah", "\u535a", "\u63a8", "zz"]),
        ("a\u00a0b\u3000c\u2028d\u2029e", ["a", "b", "c", "d", "e"]),
        ("a\u200bb\x0bc\x0cd\x1ce\x85f\ufffdg\x00h", ["abcdefgh"]),
        ("ΑΣ Σ ΑΣΑ", ["ας", "σ", "ασα"]),
        ("İ ß Å", ["i", "ß", "a"]),
        ("\u2260", ["="]),  # decomposes to a sign and an accent
        ("\u0301", []),
        ("", []),
        ("$5+`x`", ["$", "5", "+", "`", "x", "`"]),
        ("[MASK]", ["[", "mask", "]"]),
    ],
)
def test_words(text: str, words: list[str]):
    assert word_piece.split_words(text) == words


def test_words_by_other_rules():
    assert word_piece.split_words("Él", lowercase=False, strip_accents=False) == ["Él"]
    assert word_piece.split_words("Él", strip_accents=False) == ["él"]
    assert word_piece.split_words("Él", lowercase=False) == ["El"]
    assert word_piece.split_words("中文!", split_cjk=False) == ["中文", "!"]


@pytest.mark.parametrize(
    "word, pieces",
    [
        ("", []),
        ("unaffable", ["una", "##ffa", "##ble"]),
        ("unaffableX", ["[UNK]"]),
        ("a" * 200, ["a"] + ["##a"] * 199),
        ("a" * 201, ["[UNK]"]),
        ("😀", ["[UNK]"]),
    ],
)
def test_pieces(word: str, pieces: list[str]):
    assert word_piece.split_pieces(word, set(TINY)) == pieces


@pytest.mark.parametrize("lowercase", [True, False])
@pytest.mark.parametrize("strip_accents", [True, False])
def test_located_words_are_the_words(lowercase: bool, strip_accents: bool):
    rules = {"lowercase": lowercase, "strip_accents": strip_accents}
    for text in strange_texts(4000, seed=1):
        words = word_piece.split_words(text, **rules)
        located = word_piece.locate_words(text, **rules)
        assert ["".join(c.text for c in word) for word in located] == words, ascii(text)


def test_each_located_character_comes_from_its_span():
    for text in strange_texts(4000, seed=2):
        for word in word_piece.locate_words(text):
            for character, start, end in word:
                # A final sigma depends on what is around it; all else follows from the span alone.
                source = word_piece.drop_accents(text[start:end].lower())
                assert character.replace("ς", "σ") in source.replace("ς", "σ"), ascii(text)


def test_spans_are_in_order_and_apart_unless_one_character_became_several():
    vocabulary = {*SPECIAL, *(chr(code) for code in range(33, 0x3000)), *map("##{}".format, "abc")}
    for text in strange_texts(4000, seed=3):
        # A few accents that are kept change places when decomposed: then spans may overlap.
        if any(unicodedata.combining(c) and unicodedata.category(c) != "Mn" for c in text):
            continue
        last = (0, 0)
        for word in word_piece.locate_words(text):
            for _, start, end in word_piece.locate_pieces(word, vocabulary):
                assert start < end <= len(text)
                assert start >= last[1] or (start, end) == last or start == last[1] - 1, ascii(text)
                last = (start, end)


@pytest.mark.parametrize(
    "text, spans",
    [
        ("Unaffable", [("una", 0, 3), ("##ffa", 3, 6), ("##ble", 6, 9)]),
        (
            "Una\u200bffáble\u0301!",
            [("una", 0, 3), ("##ffa", 4, 7), ("##ble", 7, 11), ("!", 11, 12)],
        ),
        ("x 한!", [("[UNK]", 0, 1), ("ᄒ", 2, 3), ("##ᅡ", 2, 3), ("##ᆫ", 2, 3), ("!", 3, 4)]),
        ("İ!", [("i", 0, 1), ("!", 1, 2)]),
        ("a\u0301\u0302 !\u0301", [("a", 0, 3), ("!", 4, 6)]),
        ("\u0301a中a", [("a", 1, 2), ("中", 2, 3), ("a", 3, 4)]),
        ("\x0b the\x0c\tq", [("the", 2, 5), ("[UNK]", 7, 8)]),
    ],
)
def test_located_pieces(text: str, spans: list[tuple[str, int, int]]):
    words = word_piece.locate_words(text)
    assert [p for word in words for p in word_piece.locate_pieces(word, set(TINY))] == spans
