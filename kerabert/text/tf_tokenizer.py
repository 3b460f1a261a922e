"""TFBertTokenizer: BERT's tokenisation inside a TensorFlow graph."""

from typing import Any, Literal

from kerabert.text import character_tables, word_piece
from kerabert.text.tokenizer import BertTokenizer

try:
    import tensorflow as tf
    import tensorflow_text
except ImportError as error:
    raise ImportError(
        "TFBertTokenizer needs TensorFlow and tensorflow-text. "
        'Install them with: pip install "kerabert[tensorflow]"'
    ) from error

from kerabert.text.tf_characters import TFCharacters


class TFBertTokenizer(tf.Module):
    """The ids of a `BertTokenizer`, made by TensorFlow ops: for `tf.data` and for SavedModels.

    The text becomes one flat row of code points. Tables made from `kerabert.text.word_piece` say
    what becomes of each, words begin where the tables say so, and the word pieces come from
    `tensorflow_text.FastWordpieceTokenizer`. So the ids are those of the `BertTokenizer` for every
    text, with the version of Unicode of the Python that made the object.

    Args:
        tokenizer: The `BertTokenizer` to follow.

    Inputs:
        texts: string tensor (batch,) or (), UTF-8. Bytes that are not UTF-8 are dropped.

    Outputs:
        int32 `RaggedTensor` (batch, ids), without special tokens; for one text a tensor (ids,).

    Raises:
        ImportError: If TensorFlow or tensorflow-text is missing.

    Example:
        >>> from kerabert.text import BertTokenizer
        >>> special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        >>> tokenizer = BertTokenizer([*special, "una", "##ffa", "##ble", "cafe", "!"])
        >>> tf_tokenizer = TFBertTokenizer(tokenizer)
        >>> tf_tokenizer(tf.constant(["Unaffable café!", "?"])).to_list()
        [[5, 6, 7, 8, 9], [1]]
        >>> packed = tf_tokenizer.pack(tf.constant(["cafe!"]), sequence_length=6)
        >>> packed["token_ids"].numpy().tolist()
        [[2, 8, 9, 3, 0, 0]]
    """

    def __init__(self, tokenizer: BertTokenizer) -> None:
        super().__init__(name="bert_tokenizer")
        self.tokenizer = tokenizer
        strip = tokenizer.lowercase if tokenizer.strip_accents is None else tokenizer.strip_accents
        tables = character_tables.build_character_tables(
            tokenizer.lowercase, strip, tokenizer.split_cjk
        )
        # Each special token in a text becomes one character that no piece of the vocabulary holds.
        special = tokenizer.special_tokens if tokenizer.special_tokens_in_strings else []
        special = list(dict.fromkeys(special))
        unused = _unused_characters(tokenizer.vocabulary, len(special) + 4)
        self._stranger, self._open, self._close, self._too_long, *signs = unused
        self._signs = dict(zip(special, signs, strict=True))
        self._special_pattern = "|".join(map(_escape, sorted(special, key=len, reverse=True)))
        ids = [tokenizer.token_to_id(token) for token in special]
        with tf.init_scope():  # constants of their own, wherever this object is made
            self._characters = TFCharacters(tables, tokenizer.lowercase)
            self._ids = tf.constant([*range(tokenizer.vocabulary_size), *ids], tf.int32)
            self._pieces = tensorflow_text.FastWordpieceTokenizer(
                [*_without_null(tokenizer.vocabulary), *signs],
                suffix_indicator=word_piece.CONTINUATION,
                max_bytes_per_word=4 * word_piece.LONGEST_WORD,
                token_out_type=tf.int32,
                unknown_token=tokenizer.unknown_token,
                no_pretokenization=True,
            )
        self._encode = tf.function(
            self._encode_batch, input_signature=[tf.TensorSpec([None], tf.string)]
        )

    def __call__(self, texts: Any) -> Any:
        texts = tf.convert_to_tensor(texts, tf.string)
        if texts.shape.rank == 0:
            return self._encode(texts[None]).values
        if texts.shape.rank != 1:
            raise ValueError(
                f"`texts` must be a string tensor (batch,) or (). Received: shape={texts.shape}."
            )
        return self._encode(texts)

    def pack(
        self,
        first: Any,
        second: Any = None,
        *,
        sequence_length: int,
        truncation: Literal["longest_first", "only_first", "only_second", False] = "longest_first",
        pad_to: Literal["sequence_length", "longest"] = "sequence_length",
    ) -> dict[str, Any]:
        """Strings to the arrays that BERT reads, as a `SequencePacker` packs them.

        Args:
            first: string tensor (batch,), the texts or the first texts of pairs.
            second: string tensor (batch,), the second texts; None for single texts.
            sequence_length: The most tokens a row may have, special tokens included.
            truncation: Which segment of a row that is too long is shortened, as in
                `SequencePacker`. Default "longest_first".
            pad_to: How long the arrays are: "sequence_length", the default, or "longest" for the
                longest row of the batch.

        Returns:
            A dict of tensors (batch, length): `token_ids` and `segment_ids`, int32, and
            `padding_mask`, bool.

        Raises:
            ValueError: If an argument is none of the above.
            tf.errors.InvalidArgumentError: If a row does not fit and may not be shortened.
        """
        special = 2 if second is None else 3
        if sequence_length < special:
            raise ValueError(
                f"`sequence_length` must be at least {special}, for the special tokens. "
                f"Received: sequence_length={sequence_length}."
            )
        if truncation not in ("longest_first", "only_first", "only_second", False):
            raise ValueError(
                '`truncation` must be "longest_first", "only_first", "only_second" or False. '
                f"Received: truncation={truncation!r}."
            )
        if pad_to not in ("sequence_length", "longest"):
            raise ValueError(
                f'`pad_to` must be "sequence_length" or "longest". Received: pad_to={pad_to!r}.'
            )
        room = sequence_length - special
        segments = [self(texts) for texts in (first, second) if texts is not None]
        lengths = [tf.cast(segment.row_lengths(), tf.int32) for segment in segments]
        a, b = lengths if len(lengths) == 2 else (lengths[0], tf.zeros_like(lengths[0]))
        kept_a, kept_b = a, b
        if truncation == "longest_first":
            kept_a = tf.minimum(a, tf.maximum(room - b, room - room // 2))
            kept_b = tf.minimum(b, tf.maximum(room - a, room // 2))
        elif truncation == "only_first":
            kept_a = tf.minimum(a, tf.maximum(room - b, 1))
        elif truncation == "only_second":
            kept_b = tf.minimum(b, tf.maximum(room - a, 1))
        fits = tf.debugging.assert_less_equal(
            kept_a + kept_b,
            room,
            f"Each row must fit into `sequence_length` tokens, special tokens included, with "
            f"`truncation={truncation!r}`. Received: sequence_length={sequence_length} and a row "
            "that is too long",
        )
        with tf.control_dependencies([] if fits is None else [fits]):
            end = kept_a + kept_b + special
        column = tf.ones_like(a)[:, None]
        start, separator = (
            column * id for id in (self.tokenizer.start_id, self.tokenizer.separator_id)
        )
        parts = [start]
        for segment, kept in zip(segments, (kept_a, kept_b), strict=False):
            starts = tf.cast(segment.row_starts(), tf.int32)
            indices = tf.ragged.range(starts, starts + kept)
            parts += [
                indices.with_flat_values(tf.gather(segment.values, indices.values)),
                separator,
            ]
        length = sequence_length if pad_to == "sequence_length" else tf.reduce_max(end)
        columns = tf.range(length)
        padding_mask = columns < end[:, None]
        is_second = columns > (kept_a + 1)[:, None]
        return {
            "token_ids": tf.concat(parts, axis=1).to_tensor(
                default_value=self.tokenizer.padding_id,
                shape=[None, sequence_length if pad_to == "sequence_length" else None],
            ),
            "segment_ids": tf.cast(padding_mask & is_second, tf.int32),
            "padding_mask": padding_mask,
        }

    def _encode_batch(self, texts: Any) -> Any:
        for pattern, replacement in self._replacements():
            texts = tf.strings.regex_replace(texts, pattern, replacement)
        # Natural text repeats itself: each chunk between two spaces is worked out once a batch. The
        # other white space is left to the tables.
        chunks = tf.strings.split(texts, " ")
        distinct, numbers = tf.unique(chunks.values)
        ids = tf.gather(self._encode_chunks(distinct), numbers)
        splits = tf.gather(ids.row_splits, chunks.row_splits)
        return tf.RaggedTensor.from_row_splits(ids.values, splits, validate=False)

    def _encode_chunks(self, chunks: Any) -> Any:
        # === Code points: one flat row, and the number of the chunk that each belongs to ===
        decoded = tf.strings.unicode_decode(chunks, "UTF-8", errors="replace")
        codes = decoded.values
        rows = decoded.value_rowids()

        # === What becomes of each ===
        codes, kinds, rows = self._characters(codes, rows)

        # === Words ===
        kept = (kinds != character_tables.REMOVED) & (kinds != character_tables.BREAK)
        codes, kinds, rows = (tf.boolean_mask(values, kept) for values in (codes, kinds, rows))
        in_word = (kinds == character_tables.LETTER) | (kinds == character_tables.ACCENT)
        continues = in_word[1:] & in_word[:-1] & (rows[1:] == rows[:-1])
        begins = tf.concat([tf.ones_like(in_word[:1]), ~continues], axis=0)
        is_text = kinds != character_tables.SPACE
        begins = tf.boolean_mask(begins, is_text)
        words = tf.RaggedTensor.from_row_starts(
            tf.boolean_mask(codes, is_text), tf.where(begins)[:, 0], validate=False
        )
        word_rows = tf.boolean_mask(tf.boolean_mask(rows, is_text), begins)

        # === Pieces ===
        strings = tf.strings.unicode_encode(words, "UTF-8")
        strings = tf.where(words.row_lengths() > word_piece.LONGEST_WORD, self._too_long, strings)
        pieces = self._pieces.tokenize(strings)
        return tf.RaggedTensor.from_value_rowids(
            tf.gather(self._ids, pieces.values),
            tf.gather(word_rows, pieces.value_rowids()),
            nrows=decoded.nrows(),
            validate=False,
        )

    def _replacements(self) -> list[tuple[str, str]]:
        """What is done to a text, so that each special token in it becomes its sign.

        First the tokens are marked, all at once, since one may hold another; then each is replaced.
        A sign that a text holds by chance becomes another character that no piece holds.
        """
        if not self._signs:
            return []
        taken = "".join([self._open, self._close, *self._signs.values()])
        mark = f"{self._open}\\1{self._close}"
        return [
            (f"[{_escape(taken)}]", self._stranger),
            (f"({self._special_pattern})", mark),
            *(
                (_escape(self._open + token + self._close), f" {sign} ")
                for token, sign in self._signs.items()
            ),
        ]


def _without_null(vocabulary: list[str]) -> list[str]:
    """TensorFlow Text takes no U+0000. No word holds it, nor a line feed, so no piece is lost."""
    return [f"\n{id}" if "\0" in piece else piece for id, piece in enumerate(vocabulary)]


def _unused_characters(vocabulary: list[str], count: int) -> list[str]:
    """Private characters that no piece holds: to every rule they are letters, unknown ones."""
    used = set("".join(vocabulary))
    private = (chr(code) for code in range(0xF0000, 0xFFFFE))
    unused = [character for _, character in zip(range(count + len(used)), private, strict=False)]
    return [character for character in unused if character not in used][:count]


def _escape(text: str) -> str:
    """A pattern of RE2 that matches the text as it is."""
    return "".join(f"\\x{{{ord(character):x}}}" for character in text)
