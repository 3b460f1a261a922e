"""From strings to the inputs of a task."""

from collections.abc import Sequence
from typing import Any

from kerabert.models.preparation import text_batches
from kerabert.text.batches import TokenBatches
from kerabert.text.sequence_packer import SequencePacker
from kerabert.text.tokenizer import BertTokenizer


class TextInputs:
    """What `BertTask` makes of strings; a task that takes others changes `make_batches`."""

    tokenizer: BertTokenizer | None
    sequence_length: int

    @property
    def packer(self) -> SequencePacker:
        """The packer that makes this task's inputs of token ids."""
        tokenizer = self.require_tokenizer()
        return SequencePacker(
            start_id=tokenizer.start_id,
            separator_id=tokenizer.separator_id,
            padding_id=tokenizer.padding_id,
            sequence_length=self.sequence_length,
        )

    def tokenize_texts(
        self, first: Sequence[str], second: Sequence[str] | None = None
    ) -> tuple[list[list[int]], list[list[int]] | None]:
        """Return the token ids of texts or pairs, without special tokens."""
        tokenizer = self.require_tokenizer()
        return tokenizer(first), None if second is None else tokenizer(second)

    def make_batches(self, x: Any, y: Any = None, **options: Any) -> TokenBatches:
        """Return batches of what `fit` takes beside arrays and datasets: texts, by default.

        Args:
            **options: `sample_weight`, `batch_size`, `shuffle` and `epoch`, as in `text_batches`.
        """
        task: Any = self
        return text_batches(task, x, y, **options)

    def pack_strings(self, tokenizer: Any, texts: Any, pad_to: str) -> dict[str, Any]:
        """Return the inputs of texts or pairs inside a TensorFlow graph.

        Args:
            tokenizer: `TFBertTokenizer`.
            texts: string tensor (batch,), or a tuple of two.
            pad_to: see `TFBertTokenizer.pack`.
        """
        columns = texts if isinstance(texts, tuple) else (texts,)
        packed: dict[str, Any] = tokenizer.pack(
            *columns, sequence_length=self.sequence_length, pad_to=pad_to
        )
        return packed

    def require_tokenizer(self) -> BertTokenizer:
        """Return the tokenizer, or raise `ValueError` if there is none."""
        if self.tokenizer is None:
            raise ValueError(
                "A model must have a tokenizer to take strings: make it with `tokenizer=...`, or "
                "give arrays. Received: tokenizer=None."
            )
        return self.tokenizer
