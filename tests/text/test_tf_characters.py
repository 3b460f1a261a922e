"""What becomes of characters in a graph, beside Python's own `lower` and Unicode's own forms."""

import unicodedata

import pytest

from kerabert.text import word_piece
from kerabert.text.character_tables import (
    ACCENT,
    ALONE,
    BREAK,
    LETTER,
    REMOVED,
    SPACE,
    build_character_tables,
)
from tests.text.tokenizer_data import strange_texts

tf = pytest.importorskip("tensorflow")

from kerabert.text.tf_characters import TFCharacters  # noqa: E402

# Accents that are kept, by their combining class.
ACCENT_216, ACCENT_224, ACCENT_226 = "\U0001d165", "\u302e", "\U0001d16d"


def make(lowercase: bool = True, strip_accents: bool = True) -> TFCharacters:
    return TFCharacters(build_character_tables(lowercase, strip_accents, True), lowercase)


def run(characters: TFCharacters, texts: list[str]) -> list[list[tuple[str, int]]]:
    """The characters and kinds of each text, all texts in one flat row."""
    codes = tf.constant([ord(c) for text in texts for c in text], tf.int32)
    rows = tf.constant([i for i, text in enumerate(texts) for _ in text], tf.int64)
    found: list[list[tuple[str, int]]] = [[] for _ in texts]
    codes, kinds, rows = (array.numpy().tolist() for array in characters(codes, rows))
    assert rows == sorted(rows) and len(codes) == len(kinds) == len(rows)
    for code, kind, row in zip(codes, kinds, rows, strict=True):
        found[row].append((chr(code), kind))
    return found


def kept(parts: list[tuple[str, int]]) -> str:
    """What is left of a text, white space as blanks."""
    parts = [part for part in parts if part[1] not in (REMOVED, BREAK)]
    return "".join(" " if kind == SPACE else character for character, kind in parts)


def expected(text: str, lowercase: bool, strip_accents: bool) -> str:
    text = "".join(c for c in text if not word_piece.is_removed(c))
    text = "".join(" " if c.isspace() else c for c in text)
    text = text.lower() if lowercase else text
    if not strip_accents:
        return text
    return "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")


RULES = [(True, True), (True, False), (False, True), (False, False)]


@pytest.mark.parametrize(("lowercase", "strip_accents"), RULES)
def test_as_python_and_unicode_have_it(lowercase: bool, strip_accents: bool):
    texts = strange_texts(1500, seed=RULES.index((lowercase, strip_accents)), surrogates=False)
    for text, parts in zip(texts, run(make(lowercase, strip_accents), texts), strict=True):
        assert kept(parts) == expected(text, lowercase, strip_accents), ascii(text)


def test_kinds():
    [found] = run(make(), [f"A !\u3000中\u200b\u0301\u034f{ACCENT_224}é"])
    assert found[:9] == [
        ("a", LETTER), (" ", SPACE), ("!", ALONE), ("\u3000", SPACE), ("中", ALONE),
        ("\u200b", REMOVED), ("\u0301", REMOVED), ("\u034f", BREAK), (ACCENT_224, ACCENT),
    ]  # fmt: skip
    assert found[9] == ("e", LETTER)


def test_a_sigma_is_final_by_its_own_text_alone():
    """Whatever text lies before or behind it in the flat row."""
    texts = ["ΑΣ", "ΑΣΑ", "Σ", "α", "ΑΣ", "Σ", "ΑΣ\u0301'", "Α\u200bΣ", "ΑΣ."]
    found = [kept(parts) for parts in run(make(), texts)]
    assert found == ["ας", "ασα", "σ", "α", "ας", "σ", "ας'", "ας", "ας."]
    assert [kept(parts) for parts in run(make(lowercase=False), texts[:2])] == ["ΑΣ", "ΑΣΑ"]


def test_a_character_that_becomes_several_stays_in_its_text():
    texts = ["한", "a", "İ한", "ΑΣ"]
    found = run(make(), texts)
    han = ["\u1112", "\u1161", "\u11ab"]
    assert [kept(parts) for parts in found] == ["".join(han), "a", "i" + "".join(han), "ας"]
    # Where none does, as many come out as came in.
    assert [len(parts) for parts in run(make(), ["a", "bc\u200b"])] == [1, 3]
    assert [len(parts) for parts in run(make(strip_accents=False), ["한"])] == [1]


def test_accents_change_places_within_a_run_only():
    unordered = ACCENT_226 + ACCENT_224 + ACCENT_216
    ordered = ACCENT_216 + ACCENT_224 + ACCENT_226
    texts = [
        f"a{unordered}",
        unordered,  # one text's accents never move into another's
        ACCENT_216,
        f"{ACCENT_226}\u0301{ACCENT_216}",  # across what is removed
        f"{ACCENT_226}\u034f{ACCENT_216}",
        f"{ACCENT_226}a{ACCENT_216}",
    ]
    found = [kept(parts) for parts in run(make(), texts)]
    assert found == [
        f"a{ordered}",
        ordered,
        ACCENT_216,
        ACCENT_216 + ACCENT_226,
        ACCENT_226 + ACCENT_216,
        f"{ACCENT_226}a{ACCENT_216}",
    ]
    assert kept(run(make(strip_accents=False), [unordered])[0]) == unordered


def test_in_a_graph_of_any_length():
    characters = make()
    shape = [tf.TensorSpec([None], tf.int32), tf.TensorSpec([None], tf.int64)]
    graph = tf.function(characters, input_signature=shape)
    for texts in ([], ["", ""], ["ΑΣ", "", f"İ{ACCENT_226}{ACCENT_216}"]):
        assert run(graph, texts) == run(characters, texts)
    codes, kinds, rows = graph(tf.constant([65]), tf.constant([7], tf.int64))
    assert (codes.dtype, kinds.dtype, rows.dtype) == (tf.int32, tf.int32, tf.int64)
    assert (codes.numpy()[0], kinds.numpy()[0], rows.numpy()[0]) == (ord("a"), LETTER, 7)
