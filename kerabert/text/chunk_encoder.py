"""The rules of `word_piece` on one white-space chunk, written for speed, and special tokens."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence

from kerabert.text import word_piece
from kerabert.text.chunk_memory import ChunkMemory

_ASCII_WORDS = re.compile("[A-Za-z0-9]+|[^A-Za-z0-9 ]")


class ChunkEncoder:
    """The rules of `word_piece` on one white-space chunk, and special tokens written in it.

    `encode` is written for speed, `locate` to keep track of positions. Both take whole texts too:
    they then do more work than a look-up for each chunk would be.

    Args:
        ids: The vocabulary, piece to id.
        unknown: The piece that stands for a word that cannot be pieced together.
        special_tokens: The pieces to be found in a text as they are written, before any rule.
        lowercase, strip_accents, split_cjk: As in `word_piece.split_words`.
        memory_size: The largest number of words whose pieces are remembered.
    """

    def __init__(
        self,
        ids: Mapping[str, int],
        unknown: str,
        special_tokens: Sequence[str],
        *,
        lowercase: bool,
        strip_accents: bool,
        split_cjk: bool,
        memory_size: int,
    ) -> None:
        self._ids = ids
        self._unknown = unknown
        self._unknown_ids = (ids[unknown],)
        longest_first = sorted(special_tokens, key=len, reverse=True)
        self._special = re.compile("|".join(map(re.escape, longest_first)))
        self.encode = self._encode_with_special if special_tokens else self._encode_plain
        self._has_special = bool(special_tokens)
        self._lowercase = lowercase
        self._strip_accents = strip_accents
        self._split_cjk = split_cjk
        self._first = _CharacterTable(_separate_cjk if split_cjk else word_piece.clean)
        self._last = _CharacterTable(
            _separate_punctuation_drop_accents if strip_accents else word_piece.separate_punctuation
        )
        # A longer word is unknown even if the vocabulary holds it.
        longest = word_piece.LONGEST_WORD
        self._beginnings = {piece: (id,) for piece, id in ids.items() if len(piece) <= longest}
        mark = word_piece.CONTINUATION
        self._continuations = {
            piece.removeprefix(mark): id for piece, id in ids.items() if piece.startswith(mark)
        }
        self._longest_beginning = max(map(len, self._beginnings), default=0)
        self._longest_continuation = max(map(len, self._continuations), default=0)
        self._pieces = ChunkMemory(self._split_pieces, memory_size)

    def locate(self, chunk: str) -> tuple[tuple[str, int, int, int], ...]:
        """The (piece, start, end, word number) of each piece."""
        located = []
        word_number = 0
        for is_special, part, offset in self._parts(chunk):
            if is_special:
                words = [[word_piece.Located(part, 0, len(part))]]
            else:
                words = [
                    word_piece.locate_pieces(word, self._ids, self._unknown)
                    for word in word_piece.locate_words(
                        part,
                        lowercase=self._lowercase,
                        strip_accents=self._strip_accents,
                        split_cjk=self._split_cjk,
                    )
                ]
            for word in words:
                for piece, start, end in word:
                    located.append((piece, offset + start, offset + end, word_number))
                word_number += 1
        return tuple(located)

    def _parts(self, text: str) -> Iterator[tuple[bool, str, int]]:
        """Cut a text at the special tokens in it: (is it one, the part, where it starts)."""
        start = 0
        if self._has_special:
            for match in self._special.finditer(text):
                yield False, text[start : match.start()], start
                yield True, match[0], match.start()
                start = match.end()
        yield False, text[start:], start

    def _encode_with_special(self, chunk: str) -> tuple[int, ...]:
        ids: list[int] = []
        for is_special, part, _ in self._parts(chunk):
            ids.extend((self._ids[part],) if is_special else self._encode_plain(part))
        return tuple(ids)

    def _encode_plain(self, chunk: str) -> tuple[int, ...]:
        if chunk.isascii() and chunk.isprintable():  # no control character, no accent, no sigma
            if self._lowercase:
                chunk = chunk.lower()
            if chunk.isalnum():
                return self._beginnings.get(chunk) or self._pieces[chunk]
            words = _ASCII_WORDS.findall(chunk)
        else:
            words = self._words(chunk)
        beginnings = self._beginnings
        pieces = self._pieces
        return tuple([id for word in words for id in beginnings.get(word) or pieces[word]])

    def _words(self, chunk: str) -> list[str]:
        text = chunk.translate(self._first)
        if self._lowercase:
            text = text.lower()
        if self._strip_accents:
            text = unicodedata.normalize("NFD", text)
        return text.translate(self._last).split()

    def _split_pieces(self, word: str) -> tuple[int, ...]:
        """`word_piece.split_pieces` as ids; builds no "##" strings, tries no end too far off."""
        length = len(word)
        if length > word_piece.LONGEST_WORD:
            return self._unknown_ids
        for end in range(min(length, self._longest_beginning), 0, -1):
            beginning = self._beginnings.get(word[:end])
            if beginning:
                break
        else:
            return self._unknown_ids
        ids = [*beginning]
        continuations = self._continuations
        while end < length:
            start = end
            for end in range(min(length, start + self._longest_continuation), start, -1):
                id = continuations.get(word[start:end])
                if id is not None:
                    ids.append(id)
                    break
            else:
                return self._unknown_ids
        return tuple(ids)


class _CharacterTable(dict[int, str]):
    """A table for `str.translate` that is filled as characters are met."""

    def __init__(self, rule: Callable[[str], str]) -> None:
        super().__init__()
        self._rule = rule

    def __missing__(self, code: int) -> str:
        replacement = self._rule(chr(code))
        if code < 0x10000:  # the rest are rare and many: not remembered, so the table stays small
            self[code] = replacement
        return replacement


def _separate_cjk(character: str) -> str:
    return word_piece.separate_cjk(word_piece.clean(character))


def _separate_punctuation_drop_accents(character: str) -> str:
    """For a character that is decomposed already."""
    if unicodedata.category(character) == "Mn":
        return ""
    return word_piece.separate_punctuation(character)
