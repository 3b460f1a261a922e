from collections.abc import Mapping

import pytest

from kerabert.checkpoints.hosted.known_presets import KNOWN_PRESETS, KnownPreset
from kerabert.checkpoints.preset_table import PresetTable

ONE = KnownPreset("one", "shipped", 1_234_567, "en", True, "mit")
TWO = KnownPreset("hf://me/two", "hf://me/two", None, None, None, "unknown", "load_pickled=True")


def test_it_is_a_mapping_in_order():
    table = PresetTable([ONE, TWO])
    assert isinstance(table, Mapping)
    assert list(table) == ["one", "hf://me/two"] and len(table) == 2
    assert "one" in table and "two" not in table
    assert table["one"] is ONE
    with pytest.raises(KeyError):
        table["two"]


def test_of_two_of_one_name_the_first_counts():
    assert PresetTable([ONE, KnownPreset("one", "hf://me/one", 1, "en", True, "mit")])["one"] is ONE


def test_it_prints_as_a_table():
    assert repr(PresetTable([ONE, TWO])).splitlines() == [
        "name         parameters  language  cased  licence  from     needs",
        "one                1.2M  en        yes    mit      shipped",
        "hf://me/two           ?  ?         ?      unknown  hf://    load_pickled=True",
    ]
    assert repr(PresetTable([])).startswith("name  parameters")


def test_all_known_presets_print_in_one_line_each():
    lines = repr(PresetTable(KNOWN_PRESETS)).splitlines()
    assert len(lines) == len(KNOWN_PRESETS) + 1
    column = lines[0].index("from")
    assert all(line[column:].startswith(("hf://", "kaggle://")) for line in lines[1:])
