"""Which of several texts goes best with a first one."""

from typing import Any

import keras
import numpy as np
from keras import ops

from kerabert.models.backbone import BertBackbone
from kerabert.models.choice_batches import NO_CHOICE, ChoiceBatches, predict_choices, prepare_fit
from kerabert.models.choice_rows import split_choices
from kerabert.models.choices import make_choice
from kerabert.models.dense_head import make_dense_head
from kerabert.models.groups_to_rows import group_inputs
from kerabert.models.inputs import check_arrays, is_python_data
from kerabert.models.labels import encode_classes
from kerabert.models.task import BertTask
from kerabert.models.task_reports import report_choices
from kerabert.reports.choice_report import ChoiceReport
from kerabert.text.batches import TokenBatches
from kerabert.text.tokenizer import BertTokenizer


@keras.saving.register_keras_serializable(package="kerabert")
class BertMultipleChoice(BertTask):
    """Chooses among several texts, for example the ending of a story, or the answer to a question.

    Each choice is packed with its premise, `[CLS] premise [SEP] choice [SEP]`, and scored for
    itself, `score = w dropout(pooled_output) + b`; the softmax, and so the loss, is over the
    choices of a row.

    `fit`, `evaluate` and `predict` take premises and lists of choices. Rows may have any number of
    choices. A row with fewer than the array is wide has all padding in the rest, whose scores are
    -1e9: they are never chosen, and their probability is 0.

    Args:
        backbone: `BertBackbone` with a pooler.
        tokenizer: `BertTokenizer`, needed for strings.
        dropout_rate: float in [0, 1), before the last layer. Default: the backbone's.
        sequence_length: int, the longest sequence in tokens; of a longer pair the longer text is
            cut. Default: the backbone's `max_sequence_length`.

    Inputs:
        Premises and choices, or the backbone's inputs with an axis for the choices:
        token_ids: int32 (batch, choices, sequence).
        segment_ids: int32 (batch, choices, sequence).
        padding_mask: bool (batch, choices, sequence).

    Outputs:
        Logits: float32 (batch, choices).

    Raises:
        ValueError: if an argument is out of range, or the backbone has no pooler.

    Example:

    >>> vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "dogs", "pups", "bark", "meow"]
    >>> backbone = BertBackbone(9, hidden_dim=8, num_layers=1, num_heads=2, intermediate_dim=16)
    >>> model = BertMultipleChoice(backbone, BertTokenizer(vocabulary))
    >>> model.compile(learning_rate=0.05)
    >>> premises, choices = ["Dogs", "Pups"], [["bark", "meow"], ["meow", "meow meow", "bark"]]
    >>> x, y = (premises * 8, choices * 8), [0, 2] * 8
    >>> history = model.fit(x, y, epochs=60, verbose=0)
    >>> model.predict((premises, choices), verbose=0).shape
    (2, 3)
    >>> [(choice.label, choice.text) for choice in model.choose(premises, choices)]
    [(0, 'bark'), (2, 'bark')]

    Source: Devlin et al., 2019, section 4.4.
    """

    takes_strings = False  # its graph does not, nor do datasets of strings: choices are packed here

    def __init__(
        self,
        backbone: BertBackbone,
        tokenizer: BertTokenizer | None = None,
        dropout_rate: float | None = None,
        sequence_length: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if backbone.pooler is None:
            raise ValueError("The backbone must have a pooler. Received: use_pooler=False.")
        # === Functional model ===
        classifier, dropout = make_dense_head(backbone, 1, dropout_rate, "classifier")
        inputs, rows = group_inputs(backbone)
        scores = classifier(dropout(backbone(rows)["pooled_output"]))
        super().__init__(
            backbone,
            tokenizer=tokenizer,
            sequence_length=sequence_length,
            inputs=inputs,
            outputs=_RowsToChoices(dtype="float32", name="choices")(scores, inputs["padding_mask"]),
            name=name,
            **kwargs,
        )

        # === Config ===
        self.classifier = classifier
        self.dropout_rate = dropout_rate

    def default_loss(self) -> Any:
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def default_metrics(self) -> list[Any]:
        return [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]

    def check_inputs(self, x: dict[str, Any]) -> None:
        shapes = {name: tuple(getattr(values, "shape", ())) for name, values in x.items()}
        shape = next(iter(shapes.values()), ())
        if len(shape) != 3 or 0 in shape or set(shapes.values()) != {shape}:
            raise ValueError(
                "Inputs must have one shape (batch, choices, sequence), none of them 0. "
                f"Received: {shapes}"
            )
        rows = {
            name: ops.convert_to_numpy(values).reshape(-1, shape[2]) for name, values in x.items()
        }
        check_arrays(rows, self.backbone)

    def encode_targets(self, y: Any, num_rows: int) -> np.ndarray:
        return encode_classes(y, num_rows, 2**31 - 1, None)

    def encode_array_targets(self, y: Any, x: dict[str, Any]) -> np.ndarray:
        exists = ops.convert_to_numpy(x["padding_mask"]).any(axis=-1)  # (batch, choices)
        num_rows, num_choices = exists.shape
        choices = encode_classes(y, num_rows, num_choices, None)
        bad = np.flatnonzero(~exists[np.arange(num_rows), choices])
        if len(bad):
            raise ValueError(
                "A label must be a choice that is not all padding. "
                f"Received: row {bad[0]} is {choices[bad[0]]}."
            )
        return choices

    def make_batches(self, x: Any, y: Any = None, **options: Any) -> TokenBatches:
        return ChoiceBatches(self, x, y, **options)

    def fit(self, x: Any = None, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Train on premises and choices, arrays or a dataset.

        Args:
            x: a tuple of a list of str, the premises, and a list with a list of str, its choices,
                for each of them; a list of such pairs (premise, choices); a dict of arrays; or a
                dataset.
            y: the number of the right choice, from 0, for each row.
            **kwargs: as in `BertTask.fit`.

        Raises:
            ValueError: if something is not what it must be, with the row.
        """
        if is_python_data(x):
            x, y, kwargs = prepare_fit(x, y, kwargs)
        return super().fit(x, y, *args, **kwargs)

    def predict(
        self, x: Any, batch_size: int | None = None, verbose: Any = "auto", **kwargs: Any
    ) -> Any:
        """Return the logits of premises and choices, arrays or a dataset, in the order given.

        Args:
            x: see `fit`.
            batch_size: int, how many premises are computed at once. Default 32.

        Returns:
            A float32 array (rows, choices). It is as wide as the row with the most choices; those
            that a row does not have are -1e9.
        """
        if not is_python_data(x):
            return super().predict(x, batch_size, verbose=verbose, **kwargs)
        if kwargs:
            raise ValueError(f"`predict` of texts takes no {sorted(kwargs)}.")
        return predict_choices(self, x, batch_size, verbose)

    def choose(self, premises: Any, choices: Any, batch_size: int = 32) -> Any:
        """Return which of its choices goes best with a premise, or with each of many.

        Args:
            premises: str, or a list of str.
            choices: a list of str; for a list of premises, a list with a list of str for each.
            batch_size: int, how many premises are computed at once. Default 32.

        Returns:
            A `Choice` with `label`, `text`, `score` and `scores`; for a list of premises, a list.

        Raises:
            ValueError: if a premise or a choice is no str, a row has no choice, or their numbers
                differ; with the row.
        """
        if isinstance(premises, str):
            return self.choose([premises], [choices], batch_size)[0]
        premises, choices = split_choices((premises, choices))
        logits = predict_choices(self, (premises, choices), batch_size, verbose=0)
        return [make_choice(own, row) for own, row in zip(choices, logits, strict=True)]

    def report(self, x: Any, y: Any, batch_size: int = 32) -> ChoiceReport:
        """Return how often the right choice is made; printed, a table; `plot()`, a picture.

        Args:
            x: premises and choices, or arrays; see `fit`.
            y: the numbers of the right choices; see `fit`.
            batch_size: int. Default 32.

        Raises:
            ValueError: if something is not what it must be, with the row.
        """
        return report_choices(self, x, y, batch_size)

    def head_config(self) -> dict[str, Any]:
        return {"dropout_rate": self.dropout_rate, "sequence_length": self.sequence_length}

    @property
    def head_layers(self) -> dict[str, keras.layers.Layer]:
        return {"classifier": self.classifier}


class _RowsToChoices(keras.layers.Layer):
    """(batch * choices, 1) -> (batch, choices); a choice that is all padding cannot be chosen."""

    def call(self, scores: Any, padding_mask: Any) -> Any:
        exists = ops.any(padding_mask, axis=-1)  # (batch, choices)
        return ops.where(exists, ops.reshape(scores, ops.shape(exists)), NO_CHOICE)

    def compute_output_spec(self, scores: Any, padding_mask: Any) -> Any:
        return keras.KerasTensor(padding_mask.shape[:2], dtype="float32")
