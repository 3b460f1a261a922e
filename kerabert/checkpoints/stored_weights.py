"""The tensors of a checkpoint by the names that Hugging Face gives them, whatever holds them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

# Tensors that a BERT may hold besides its weights: constants, and heads of other tasks.
_BUFFERS = ("embeddings.position_ids", "embeddings.token_type_ids")
_HEADS = ("classifier.", "cls.", "qa_outputs.", "pooler.")


@dataclass(frozen=True)
class StoredTensor:
    """A tensor of a checkpoint, not yet read.

    Attributes:
        shape: tuple of int, as Hugging Face has it.
        read: function that returns the array, float32 or float64, in that shape. Each time it
            is one that nobody else holds: the model may keep its memory.
        path: str, the file that holds it, for errors.
        stored_name: str, what the file calls it, for errors.
    """

    shape: tuple[int, ...]
    read: Callable[[], np.ndarray[Any, Any]]
    path: str
    stored_name: str


class StoredWeights:
    """Finds the tensors of a checkpoint by the names that Hugging Face gives them.

    `prefix` is "bert." where the backbone's tensors are named so, as in every task's files, and
    "" in a bare backbone's.

    Args:
        path: str, the file that holds the tensors or lists them, for errors.
        tensors: dict from Hugging Face's full name to `StoredTensor`.
        close: function that closes the files. Default: nothing to close.
        config_name: str, the file that states their shapes, for errors. Default "config.json".
    """

    def __init__(
        self,
        path: str,
        tensors: dict[str, StoredTensor],
        close: Callable[[], None] = lambda: None,
        config_name: str = "config.json",
    ) -> None:
        # The bias of the masked-LM head has two names, of which some files hold only one.
        bias, decoder_bias = "cls.predictions.bias", "cls.predictions.decoder.bias"
        for name, other in ((bias, decoder_bias), (decoder_bias, bias)):
            if other in tensors:
                tensors.setdefault(name, tensors[other])
        self.path = path
        self.tensors = tensors
        self.close = close
        self.config_name = config_name
        self.prefix = "bert." if "bert.embeddings.word_embeddings.weight" in tensors else ""

    def __len__(self) -> int:
        return len(self.tensors)

    def has(self, name: str) -> bool:
        """Whether there is a tensor of this full name."""
        return name in self.tensors

    def has_part(self, prefix: str) -> bool:
        """Whether there is a tensor whose full name begins with these words."""
        return any(name.startswith(f"{prefix}.") for name in self.tensors)

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor that must be there."""
        if name not in self.tensors:
            raise ValueError(
                f"{self.path}: must hold the tensor {name!r} that {self.config_name} asks "
                "for. Received: none of that name."
            )
        return self.tensors[name].shape

    def check(self, name: str, shape: tuple[int, ...]) -> None:
        """Raise `ValueError` unless a tensor of this full name is there in this shape."""
        if self.shape(name) != shape:
            tensor = self.tensors[name]
            raise ValueError(
                f"{tensor.path}: tensor {tensor.stored_name!r} must have the shape {shape} that "
                f"{self.config_name} states. Received: {tensor.shape}."
            )

    def check_rest(self, names: set[str]) -> None:
        """Raise `ValueError` if there is a tensor besides these, constants and other heads."""
        for name, tensor in self.tensors.items():
            is_buffer = name.removeprefix(self.prefix) in _BUFFERS
            is_head = name.startswith(_HEADS) or name.startswith(f"{self.prefix}pooler.")
            if name not in names and not is_buffer and not is_head:
                raise ValueError(
                    f"{tensor.path}: must hold the tensors of a BERT as {self.config_name} "
                    f"describes it. Received: an unexpected tensor {tensor.stored_name!r}."
                )

    def read(self, name: str) -> np.ndarray[Any, Any]:
        """Return a tensor by its full name, float32 or float64."""
        self.shape(name)
        return self.tensors[name].read()
