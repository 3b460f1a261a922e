"""BertTokenizer: strings to ids and back."""

import operator
import os
import re
from collections.abc import Sequence
from itertools import chain
from typing import Any, Self, overload

from kerabert.text import arguments, vocabulary_file, word_piece
from kerabert.text.chunk_encoder import ChunkEncoder
from kerabert.text.chunk_memory import ChunkMemory
from kerabert.text.encoded_text import EncodedText

# Control characters that str.split() splits at, but that BERT removes: they must go first.
_FALSE_WHITE_SPACE = "\x0b\x0c\x1c\x1d\x1e\x1f\x85"
_CHUNK = re.compile(r"\S+")
_TEXTS_A_LOOK = 256  # texts searched for _FALSE_WHITE_SPACE at once


class BertTokenizer:
    """Turns strings into the ids of BERT's word pieces, and back.

    The rules are those of `kerabert.text.word_piece`. They never look past a white space, so the
    ids of each white-space chunk are remembered in a dict of bounded size, and most of a text is
    looked up. No special tokens are added; `SequencePacker` does that.

    Args:
        vocabulary: The pieces in the order of their ids: a list, or the path of a file with one
            piece a line.
        lowercase: Whether text is lower-cased first. True for the "uncased" models.
        strip_accents: Whether accents are removed. None, the default, means as `lowercase` says.
        split_cjk: Whether each Chinese character is a word of its own.
        special_tokens_in_strings: Whether a special token written in a text, as "[MASK]", means
            that token. By default it is text like any other: "[", "mask", "]".
        unknown_token, padding_token, start_token, separator_token, mask_token: The special tokens,
            all of them in the vocabulary.
        memory_size: The largest number of chunks that are remembered, at least 0, where nothing
            is. A chunk takes about 200 bytes.

    Attributes:
        vocabulary: The pieces, a list.
        unknown_id, padding_id, start_id, separator_id, mask_id: The ids of the special tokens.

    Raises:
        ValueError: If the vocabulary file cannot be read or is not UTF-8, or the vocabulary has a
            blank line, has a piece twice, or lacks a special token.

    Example:
        >>> from kerabert.text import BertTokenizer
        >>> special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        >>> tokenizer = BertTokenizer([*special, "una", "##ffa", "##ble", "cafe", "!"])
        >>> tokenizer(["Unaffable café!", "?"])
        [[5, 6, 7, 8, 9], [1]]
        >>> tokenizer.tokenize("Unaffable café!")
        ['una', '##ffa', '##ble', 'cafe', '!']
        >>> tokenizer.decode([5, 6, 7, 8, 9])
        'unaffable cafe !'
        >>> tokenizer.encode_with_offsets("Unaffable café!").spans
        [(0, 3), (3, 6), (6, 9), (10, 14), (14, 15)]

    Source: `tokenization.py` of google-research/bert (see `word_piece` for the rules).
    """

    def __init__(
        self,
        vocabulary: str | os.PathLike[str] | Sequence[str],
        lowercase: bool = True,
        strip_accents: bool | None = None,
        split_cjk: bool = True,
        special_tokens_in_strings: bool = False,
        unknown_token: str = "[UNK]",
        padding_token: str = "[PAD]",
        start_token: str = "[CLS]",
        separator_token: str = "[SEP]",
        mask_token: str = "[MASK]",
        memory_size: int = 2**19,
    ) -> None:
        self.vocabulary, name = vocabulary_file.load_vocabulary(vocabulary)
        self.lowercase = lowercase
        self.strip_accents = strip_accents
        self.split_cjk = split_cjk
        self.special_tokens_in_strings = special_tokens_in_strings
        self.unknown_token = unknown_token
        self.padding_token = padding_token
        self.start_token = start_token
        self.separator_token = separator_token
        self.mask_token = mask_token
        self.memory_size = operator.index(memory_size)
        if self.memory_size < 0:
            raise ValueError(
                f"`memory_size` must be at least 0. Received: memory_size={memory_size}."
            )

        self._ids = {piece: id for id, piece in enumerate(self.vocabulary)}
        vocabulary_file.check_special_tokens(self.special_tokens, self._ids, name)
        self.unknown_id = self._ids[unknown_token]
        self.padding_id = self._ids[padding_token]
        self.start_id = self._ids[start_token]
        self.separator_id = self._ids[separator_token]
        self.mask_id = self._ids[mask_token]
        self._special_ids = frozenset(self._ids[token] for token in self.special_tokens)
        self._encoder = ChunkEncoder(
            self._ids,
            unknown_token,
            self.special_tokens if special_tokens_in_strings else (),
            lowercase=lowercase,
            strip_accents=lowercase if strip_accents is None else strip_accents,
            split_cjk=split_cjk,
            memory_size=self.memory_size // 4,
        )
        self._memory = ChunkMemory(self._encoder.encode, self.memory_size)
        self._located_memory = ChunkMemory(self._encoder.locate, self.memory_size // 8)

    # === Strings to ids ===

    @overload
    def __call__(self, texts: str) -> list[int]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, texts: Sequence[str]) -> list[list[int]]: ...
    def __call__(self, texts: str | Sequence[str]) -> list[int] | list[list[int]]:
        """The ids of each text, without special tokens.

        Args:
            texts: A string, or strings in a list, tuple, one-dimensional array or Series.

        Returns:
            A list of ids for a string, else a list of such lists, one for each text.

        Raises:
            ValueError: If a member is not a string; the message names its position.
        """
        if isinstance(texts, str):
            return self._encode_texts([texts])[0]
        return self._encode_texts(arguments.strings(texts, "texts"))

    def encode_pairs(
        self, pairs: Sequence[tuple[str, str]] | tuple[Sequence[str], Sequence[str]]
    ) -> tuple[list[list[int]], list[list[int]]]:
        """The ids of first and of second texts, as `SequencePacker` takes them.

        Args:
            pairs: A list of pairs of strings, or one tuple of two lists: all first texts, all
                second texts.

        Raises:
            ValueError: If a member is not a pair of strings, or the two lists differ in length.
        """
        first, second = arguments.pairs(pairs)
        return self._encode_texts(first), self._encode_texts(second)

    def tokenize(self, text: str) -> list[str]:
        """The pieces of a text, without special tokens."""
        arguments.check_string(text, "text")
        vocabulary = self.vocabulary
        return [vocabulary[id] for id in self(text)]

    def encode_with_offsets(self, text: str) -> EncodedText:
        """The ids of a text, with the place in the text that each came from.

        The span of a piece covers the accents that were stripped from it and the removed
        characters inside it. Where one character becomes several pieces, as a Hangul syllable can,
        each of them has the span of that character.
        """
        arguments.check_string(text, "text")
        encoded = EncodedText([], [], [], [])
        words = 0
        if _has_false_white_space(text):
            chunks = [(0, self._encoder.locate(text))]
        else:
            memory = self._located_memory
            chunks = [(match.start(), memory[match[0]]) for match in _CHUNK.finditer(text)]
        for offset, located in chunks:
            for piece, start, end, word in located:
                encoded.ids.append(self._ids[piece])
                encoded.pieces.append(piece)
                encoded.spans.append((offset + start, offset + end))
                encoded.word_numbers.append(words + word)
            if located:
                words = encoded.word_numbers[-1] + 1
        return encoded

    # === Ids to strings ===

    @overload
    def decode(self, ids: Sequence[int], skip_special_tokens: bool = True) -> str: ...
    @overload
    def decode(
        self, ids: Sequence[Sequence[int]], skip_special_tokens: bool = True
    ) -> list[str]: ...
    def decode(
        self, ids: Sequence[int] | Sequence[Sequence[int]], skip_special_tokens: bool = True
    ) -> str | list[str]:
        """The text of ids: pieces joined to words, words joined by spaces.

        Args:
            ids: Ids in a list or array, or a list or array of such rows.
            skip_special_tokens: Whether special tokens, the unknown token among them, are left out.

        Raises:
            ValueError: If an id is not a whole number from 0 to `vocabulary_size - 1`.
        """
        rows, nested = arguments.id_rows(ids, self.vocabulary_size)
        texts = []
        for row in rows:
            kept = [id for id in row if not (skip_special_tokens and id in self._special_ids)]
            text = " ".join([self.vocabulary[id] for id in kept])
            texts.append(text.replace(" " + word_piece.CONTINUATION, ""))
        return texts if nested else texts[0]

    def token_to_id(self, token: str) -> int:
        """The id of a piece. A piece that is not in the vocabulary raises ValueError."""
        try:
            return self._ids[token]
        except (KeyError, TypeError):
            raise ValueError(
                f"`token` must be in the vocabulary. Received: token={token!r}."
            ) from None

    def id_to_token(self, id: int) -> str:
        """The piece of an id. An id outside of the vocabulary raises ValueError."""
        return self.vocabulary[arguments.check_id(id, self.vocabulary_size, "id")]

    # === The vocabulary ===

    @property
    def vocabulary_size(self) -> int:
        """The number of pieces."""
        return len(self.vocabulary)

    @property
    def special_tokens(self) -> list[str]:
        """The special tokens: unknown, padding, start, separator, mask."""
        first = [self.unknown_token, self.padding_token]
        return [*first, self.start_token, self.separator_token, self.mask_token]

    def save_vocabulary(self, path: str | os.PathLike[str]) -> None:
        """Write the vocabulary as a `vocab.txt`: UTF-8, one piece a line, line ends "\\n"."""
        vocabulary_file.write_vocabulary(self.vocabulary, path)

    # === Config ===

    def get_config(self) -> dict[str, Any]:
        """Every argument, the vocabulary as a list; fit for JSON."""
        return {
            "vocabulary": list(self.vocabulary),
            "lowercase": self.lowercase,
            "strip_accents": self.strip_accents,
            "split_cjk": self.split_cjk,
            "special_tokens_in_strings": self.special_tokens_in_strings,
            "unknown_token": self.unknown_token,
            "padding_token": self.padding_token,
            "start_token": self.start_token,
            "separator_token": self.separator_token,
            "mask_token": self.mask_token,
            "memory_size": self.memory_size,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The tokeniser that `get_config` describes."""
        return cls(**config)

    @classmethod
    def from_preset(cls, preset: str | os.PathLike[str], **kwargs: Any) -> Self:
        """The tokeniser of a preset, hosted or not; see `kerabert.checkpoints.load_preset`."""
        from kerabert.checkpoints.preset import load_preset

        return load_preset(cls, preset, **kwargs)

    def save_to_preset(
        self, directory: str | os.PathLike[str], format: str = "hugging_face"
    ) -> None:
        """Write a directory that others open too; see `kerabert.checkpoints.save_preset`."""
        from kerabert.checkpoints.preset import save_preset

        save_preset(self, directory, format)

    def __getstate__(self) -> dict[str, Any]:
        return self.get_config()  # a copy or a pickle begins with an empty memory

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    # === Inside ===

    def _encode_texts(self, texts: list[str]) -> list[list[int]]:
        look_up = self._memory.__getitem__
        rows: list[list[int]] = []
        for start in range(0, len(texts), _TEXTS_A_LOOK):
            some = texts[start : start + _TEXTS_A_LOOK]
            if _has_false_white_space("".join(some)):
                rows += [list(self._encoder.encode(text)) for text in some]
            else:
                rows += [list(chain.from_iterable(map(look_up, text.split()))) for text in some]
        return rows


def _has_false_white_space(text: str) -> bool:
    return any(character in text for character in _FALSE_WHITE_SPACE)
