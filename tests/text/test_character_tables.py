"""The tables hold what the definition says, for every character."""

import unicodedata

import numpy as np
import pytest

from kerabert.text import character_tables, word_piece
from kerabert.text.character_tables import (
    ACCENT,
    ALONE,
    BREAK,
    EXPANDS,
    KINDS,
    PAGE,
    REMOVED,
    SPACE,
)
from tests.text.tokenizer_data import telling_characters


def look_up(table: character_tables.PagedTable, code: int) -> int:
    return int(table.pages[table.page_numbers[code // PAGE], code % PAGE])


def words(parts: list[tuple[str, int]]) -> list[str]:
    """The words that one character becomes."""
    text = ""
    for character, kind in parts:
        if kind in (SPACE, ALONE):
            text += f" {character} " if kind == ALONE else " "
        elif kind not in (REMOVED, BREAK):
            text += character
    return text.split()


@pytest.mark.parametrize("lowercase, strip_accents, split_cjk", [(1, 1, 1), (0, 0, 1), (1, 0, 0)])
def test_tables_are_the_definition(lowercase: int, strip_accents: int, split_cjk: int):
    rules = (bool(lowercase), bool(strip_accents), bool(split_cjk))
    tables = character_tables.build_character_tables(*rules)
    for character in telling_characters():
        code = ord(character)
        shift, kind = divmod(look_up(tables.characters, code), KINDS)
        if kind == EXPANDS:
            packed = tables.expansions[shift].tolist()
            parts = [(chr(part // KINDS), part % KINDS) for part in packed]
        else:
            parts = [(chr(code + shift), kind)]
        expected = word_piece.split_words(
            character, lowercase=rules[0], strip_accents=rules[1], split_cjk=rules[2]
        )
        assert words(parts) == expected, hex(code)
        assert look_up(tables.combining_classes, code) == unicodedata.combining(character)


def test_accents_that_are_kept_are_marked():
    tables = character_tables.build_character_tables(True, True, True)
    assert look_up(tables.characters, 0x302E) % KINDS == ACCENT
    assert look_up(tables.characters, 0x0301) % KINDS == REMOVED
    assert look_up(tables.characters, 0x034F) % KINDS == BREAK


def test_cases_tell_where_a_sigma_is_final():
    cases = character_tables.build_character_tables(True, True, True).cases
    expected = {
        "A": 1,
        "Σ": 1,
        "ǅ": 1,
        "ʰ": 2,
        "'": 2,
        "\u0301": 2,
        "\u200b": 2,
        "中": 0,
        " ": 0,
        "1": 0,
    }
    assert {c: look_up(cases, ord(c)) for c in expected} == expected


def test_tables_are_small():
    tables = character_tables.build_character_tables(True, True, True)
    arrays = [tables.expansions]
    for table in (tables.characters, tables.combining_classes, tables.cases):
        arrays += [table.pages, table.page_numbers]
    assert sum(array.nbytes for array in arrays) < 600_000
    assert all(array.dtype == np.int32 for array in arrays)
