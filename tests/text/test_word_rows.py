import numpy as np

from kerabert.text.word_rows import WordRows
from tests.tiny import make_tokenizer


def test_words():
    tokenizer = make_tokenizer()
    words = [["goods", "film"], [], ["\u200b", "very good", "x"]]
    rows = WordRows.read(words, tokenizer)
    assert rows.texts == ["goods film", "", "\u200b very good x"]
    assert rows.num_words.tolist() == [2, 0, 3]
    assert not rows.are_texts and len(rows) == 3
    by_row = rows.split(rows.spans.tolist())
    for row, text, spans in zip(words, rows.texts, by_row, strict=True):
        assert [text[start:end] for start, end in spans] == row
    # A word without a piece, and one that is unknown.
    expected = [[*tokenizer("goods"), *tokenizer("film")], [], [1, *tokenizer("very good"), 1]]
    assert rows.pieces.to_lists() == expected
    assert rows.piece_offsets.tolist() == [0, 2, 3, 4, 6, 7]
    assert rows.word_of_piece.tolist() == [0, 0, 1, 2, 3, 3, 4]


def test_texts_have_the_words_and_pieces_of_the_tokenizer():
    tokenizer = make_tokenizer()
    generator = np.random.default_rng(0)
    alphabet = [*"good film verys. ", "e\u0301", "\u200b", "公", "\ud55c", "\u3000"]
    texts = ["".join(generator.choice(alphabet, generator.integers(0, 30))) for _ in range(300)]
    rows = WordRows.read(texts, tokenizer)
    assert rows.pieces.to_lists() == tokenizer(texts)
    assert rows.texts == texts and rows.are_texts
    for text, spans, begin in zip(texts, rows.split(rows.spans), rows.word_offsets, strict=False):
        encoded = tokenizer.encode_with_offsets(text)
        words = [int(w) for w in rows.word_of_piece - begin if 0 <= w < len(spans)]
        assert words == encoded.word_numbers
        for number, (start, end) in enumerate(spans.tolist()):
            own = [
                s for s, w in zip(encoded.spans, encoded.word_numbers, strict=True) if w == number
            ]
            assert (start, end) == (min(s for s, _ in own), max(e for _, e in own))


def test_words_one_by_one_are_the_text():
    """Words apart have the pieces that the text of them has, where no word is of white space."""
    tokenizer = make_tokenizer()
    words = [["good", "films", "."], ["was", "it", "not"]]
    by_words, by_text = (
        WordRows.read(x, tokenizer) for x in (words, [" ".join(row) for row in words])
    )
    assert by_words.pieces.to_lists() == by_text.pieces.to_lists()
    assert by_words.spans.tolist() == by_text.spans.tolist()
