"""BERT's tokenisation rules in plain Python: the definition that faster paths are tested against.

A text becomes words, and a word becomes pieces:

    " Caf\\u00e9s, unaffable!"
      clean            drop control characters, U+0000 and U+FFFD; every white space becomes " "
      split CJK        each Chinese character stands alone
      split            at white space                             Cafés,  unaffable!
      normalise        lower case, decompose (NFD), drop accents  cafes,  unaffable!
      split            each punctuation character stands alone    cafes   ,   unaffable   !
      word pieces      greedy, longest first                      cafes   ,   una ##ffa ##ble   !

`split_words` and `split_pieces` are those rules on strings. `locate_words` and `locate_pieces` are
the same rules on characters that remember where they stood in the original text.

Source: Devlin et al. 2018 (BERT), section 3 "Input/Output Representations"; Wu et al. 2016 (word
pieces); the order of the rules and the character classes are those of `tokenization.py` in
google-research/bert. Deliberate difference: `strip_accents` can be set apart from `lowercase`, as
in Hugging Face.
"""

import unicodedata
from collections.abc import Container, Iterable
from typing import NamedTuple

LONGEST_WORD = 200  # characters; a longer word is unknown
CONTINUATION = "##"  # starts each piece that is not the first of its word

CJK_RANGES = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


def is_white_space(character: str) -> bool:
    """True for space, tab, line feed, carriage return and the Unicode spaces (category Zs)."""
    return character in " \t\n\r" or unicodedata.category(character) == "Zs"


def is_removed(character: str) -> bool:
    """True for what cleaning drops: U+0000, U+FFFD, control (Cc) and format (Cf) characters."""
    if character in "\t\n\r":  # control characters to Unicode, white space to BERT
        return False
    return character in "\x00\ufffd" or unicodedata.category(character) in ("Cc", "Cf")


def is_punctuation(character: str) -> bool:
    """True for every ASCII sign that is no letter, digit or space, and for Unicode category P."""
    code = ord(character)
    # Unicode files "$+<=>^`|~" under symbols; BERT splits them off.
    if 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126:
        return True
    return unicodedata.category(character).startswith("P")


def is_cjk(character: str) -> bool:
    """True for the CJK ideographs; not for Hangul, Hiragana and Katakana, which use white space."""
    code = ord(character)
    return code >= 0x3400 and any(first <= code <= last for first, last in CJK_RANGES)


def clean(text: str) -> str:
    """Drop the characters that carry no text and turn each white space into a plain space."""
    return "".join(
        " " if is_white_space(character) else character
        for character in text
        if not is_removed(character)
    )


def separate_cjk(text: str) -> str:
    """Put a space on each side of each CJK ideograph."""
    return "".join(f" {character} " if is_cjk(character) else character for character in text)


def drop_accents(text: str) -> str:
    """Decompose (NFD) and drop the non-spacing marks (category Mn)."""
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(character for character in decomposed if unicodedata.category(character) != "Mn")


def separate_punctuation(text: str) -> str:
    """Put a space on each side of each punctuation character."""
    return "".join(
        f" {character} " if is_punctuation(character) else character for character in text
    )


def split_words(
    text: str, *, lowercase: bool = True, strip_accents: bool = True, split_cjk: bool = True
) -> list[str]:
    """The words of a text, normalised; each punctuation character is a word of its own."""
    text = clean(text)
    if split_cjk:
        text = separate_cjk(text)
    words: list[str] = []
    for chunk in text.split():  # str.split() also splits at U+2028 and U+2029, which are not Zs
        if lowercase:
            chunk = chunk.lower()
        if strip_accents:
            chunk = drop_accents(chunk)
        words.extend(separate_punctuation(chunk).split())
    return words


def split_pieces(word: str, vocabulary: Container[str], unknown: str = "[UNK]") -> list[str]:
    """The pieces of one word: from the left, each time the longest one in the vocabulary.

    A word with a remainder that no piece begins, or of more than 200 characters, is one `unknown`.
    """
    if len(word) > LONGEST_WORD:
        return [unknown]
    pieces: list[str] = []
    start = 0
    while start < len(word):
        for end in range(len(word), start, -1):
            piece = word[start:end] if start == 0 else CONTINUATION + word[start:end]
            if piece in vocabulary:
                break
        else:
            return [unknown]
        pieces.append(piece)
        start = end
    return pieces


class Located(NamedTuple):
    """A character or a piece, and the part text[start:end] of the original that it came from."""

    text: str
    start: int
    end: int


def locate_words(
    text: str, *, lowercase: bool = True, strip_accents: bool = True, split_cjk: bool = True
) -> list[list[Located]]:
    """`split_words` with positions: each word is the list of its located characters."""
    chunks: list[list[Located]] = [[]]
    for position, character in enumerate(text):
        if is_removed(character):
            continue
        located = Located(character, position, position + 1)
        if character.isspace():  # what remains after cleaning: white space, U+2028, U+2029
            chunks.append([])
        elif split_cjk and is_cjk(character):
            chunks.extend(([located], []))
        else:
            chunks[-1].append(located)

    words: list[list[Located]] = []
    for chunk in chunks:
        if lowercase:
            chunk = _lower(chunk)
        if strip_accents:
            chunk = _drop_accents(chunk)
        word: list[Located] = []
        for located in chunk:
            if is_punctuation(located.text):
                words.extend((word, [located]))
                word = []
            else:
                word.append(located)
        words.append(word)
    return [word for word in words if word]


def locate_pieces(
    word: list[Located], vocabulary: Container[str], unknown: str = "[UNK]"
) -> list[Located]:
    """`split_pieces` with positions: `word` is one of the words of `locate_words`."""
    pieces = split_pieces("".join(character.text for character in word), vocabulary, unknown)
    if pieces == [unknown]:
        return [_cover(unknown, word)]
    located = []
    first = 0
    for piece in pieces:
        length = len(piece) - (len(CONTINUATION) if first else 0)
        located.append(_cover(piece, word[first : first + length]))
        first += length
    return located


def _cover(text: str, characters: Iterable[Located]) -> Located:
    """`text`, located over all of the characters (decomposition can change their order)."""
    _, starts, ends = zip(*characters, strict=True)
    return Located(text, min(starts), max(ends))


def _lower(characters: list[Located]) -> list[Located]:
    """Lower case. One character can become two ("İ"), and "Σ" depends on what stands around it."""
    lowered = iter("".join(character.text for character in characters).lower())
    return [
        Located(next(lowered), start, end)
        for text, start, end in characters
        for _ in range(len(text.lower()))
    ]


def _drop_accents(characters: list[Located]) -> list[Located]:
    """Decompose and drop the accents; the character before an accent then covers it too."""
    decomposed: list[Located] = []
    run = 0  # where the run of combining characters begins that canonical ordering sorts
    for text, start, end in characters:
        for part in unicodedata.normalize("NFD", text):
            decomposed.append(Located(part, start, end))
            if unicodedata.combining(part):
                decomposed[run:] = sorted(
                    decomposed[run:], key=lambda located: unicodedata.combining(located.text)
                )
            else:
                run = len(decomposed)
    kept: list[Located] = []
    for located in decomposed:
        if unicodedata.category(located.text) != "Mn":
            kept.append(located)
        elif kept:
            kept[-1] = kept[-1]._replace(end=max(kept[-1].end, located.end))
    return kept
