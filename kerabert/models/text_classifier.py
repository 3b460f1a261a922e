"""A class, or several, for a text or a pair of texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np

from kerabert.layers.arguments import check_positive_integers
from kerabert.metrics.class_f1 import ClassF1
from kerabert.models.backbone import BertBackbone
from kerabert.models.class_weights import weigh_classes
from kerabert.models.dense_head import add_pooled_head
from kerabert.models.labels import check_classes, encode_class_sets, encode_classes
from kerabert.models.task import BertTask
from kerabert.text.tokenizer import BertTokenizer


@dataclass(frozen=True)
class Classification:
    """What `BertTextClassifier.classify` says of one text.

    Attributes:
        labels: the class, as a tuple of one; of a multi-label model, all classes whose
            probability reaches the threshold, the likeliest first.
        score: float, the probability of the likeliest class.
        scores: dict, the probability of each class.
    """

    labels: tuple[str, ...]
    score: float
    scores: dict[str, float]

    @property
    def label(self) -> str | None:
        """The likeliest of `labels`; None if there is none."""
        return self.labels[0] if self.labels else None


@keras.saving.register_keras_serializable(package="kerabert")
class BertTextClassifier(BertTask):
    """Classifies texts or pairs of texts.

    `logits = W dropout(pooled_output) + b`. Classes exclude each other (softmax), or with
    `multi_label=True` each is decided for itself (sigmoid). Beside the loss, accuracy and F1 are
    shown: of two classes the second one's, of more the mean of all ("macro"), and with
    `multi_label=True` of all decisions together ("micro").

    Args:
        backbone: `BertBackbone` with a pooler.
        num_classes: int, at least 2 (1 with `multi_label`). Default: the number of `classes`.
        classes: list of str, the classes' names in the order of the logits. Default: none, then
            labels are the numbers 0..num_classes-1.
        tokenizer: `BertTokenizer`, needed for strings.
        multi_label: bool, whether a text can have any number of classes. Default False.
        dropout_rate: float in [0, 1), before the last layer. Default: the backbone's.
        sequence_length: int, the longest sequence in tokens. Default: the backbone's
            `max_sequence_length`.

    Inputs:
        Strings, or the backbone's inputs.

    Outputs:
        Logits: float32 (batch, num_classes).

    Raises:
        ValueError: if neither `num_classes` nor `classes` is given, both disagree, names occur
            twice, or the backbone has no pooler.

    Example:

    >>> vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "very"]
    >>> backbone = BertBackbone(
    ...     len(vocabulary), hidden_dim=8, num_layers=1, num_heads=2, intermediate_dim=16
    ... )
    >>> model = BertTextClassifier(
    ...     backbone, classes=["negative", "positive"], tokenizer=BertTokenizer(vocabulary)
    ... )
    >>> history = model.fit(["very good", "bad"], ["positive", "negative"], verbose=0)
    >>> model.predict(["good", "very bad", "bad"], verbose=0).shape
    (3, 2)
    >>> [result.label in model.classes for result in model.classify(["good", "bad"])]
    [True, True]

    Source: Devlin et al., 2019, section 4.1 and appendix B.
    """

    def __init__(
        self,
        backbone: BertBackbone,
        num_classes: int | None = None,
        classes: Sequence[str] | None = None,
        tokenizer: BertTokenizer | None = None,
        multi_label: bool = False,
        dropout_rate: float | None = None,
        sequence_length: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(multi_label, bool):
            raise ValueError(f"`multi_label` must be a bool. Received: multi_label={multi_label!r}")
        classes = check_classes(classes, num_classes)
        if num_classes is None:
            num_classes = len(classes or ())
        check_positive_integers(num_classes=num_classes)
        if num_classes == 1 and not multi_label:
            raise ValueError(
                "`num_classes` must be at least 2 where classes exclude each other: use "
                "`multi_label=True` or `BertTextRegressor`. Received: num_classes=1"
            )
        # === Functional model ===
        classifier, logits = add_pooled_head(backbone, num_classes, dropout_rate, "classifier")
        super().__init__(
            backbone,
            tokenizer=tokenizer,
            sequence_length=sequence_length,
            inputs=backbone.input,
            outputs=logits,
            name=name,
            **kwargs,
        )

        # === Config ===
        self.classifier = classifier
        self.num_classes = num_classes
        self.classes = classes
        self.multi_label = multi_label
        self.dropout_rate = dropout_rate

    def default_loss(self) -> Any:
        if self.multi_label:
            return keras.losses.BinaryCrossentropy(from_logits=True)
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def default_metrics(self) -> list[Any]:
        if self.multi_label:
            # Logits: a probability of 0.5 is a logit of 0.
            return [
                keras.metrics.BinaryAccuracy(threshold=0.0, name="accuracy"),
                ClassF1(self.num_classes, "micro", threshold=0.0),
            ]
        average: Literal["binary", "macro"] = "binary" if self.num_classes == 2 else "macro"
        accuracy = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
        return [accuracy, ClassF1(self.num_classes, average)]

    def encode_targets(self, y: Any, num_rows: int) -> np.ndarray:
        encode = encode_class_sets if self.multi_label else encode_classes
        return encode(y, num_rows, self.num_classes, self.classes)

    def fit(self, x: Any = None, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Train on texts, pairs, arrays or a dataset.

        Args:
            x: as in `BertTask.fit`.
            y: a class, by name or number, for each row; of a multi-label model, a list of names,
                or an array (rows, num_classes) within [0, 1].
            class_weight: a dict from a class, by name or number, to the weight of its rows, 1 by
                default; or, for texts and arrays, "balanced", so that the rows of each class weigh
                the same together: `rows / (classes that occur * rows of the class)`.
            **kwargs: as in `BertTask.fit`.

        Raises:
            ValueError: if something is not what it must be, with the row.
        """
        if kwargs.get("class_weight") is not None:
            x, y, kwargs = weigh_classes(self, x, y, kwargs)
        return super().fit(x, y, *args, **kwargs)

    def classify(
        self, texts: Any, batch_size: int = 32, threshold: float = 0.5
    ) -> list[Classification]:
        """Return the class of each text with its probability.

        Args:
            texts: a list of str, a tuple of two lists of str or a list of pairs.
            batch_size: int. Default 32.
            threshold: float in [0, 1], the probability from which a multi-label model gives a
                class. Default 0.5.

        Returns:
            A list of `Classification`, one a text. Classes without names are called by number.

        Raises:
            ValueError: if the texts are not what `fit` takes, or the threshold is out of range.
        """
        if not isinstance(threshold, int | float) or not 0 <= threshold <= 1:
            raise ValueError(f"`threshold` must lie in [0, 1]. Received: threshold={threshold!r}")
        logits = self.predict(texts, batch_size=batch_size, verbose=0).astype("float64")
        if self.multi_label:
            probabilities = 1 / (1 + np.exp(-logits))
        else:
            exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
            probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
        names = self.classes or [str(number) for number in range(self.num_classes)]
        results = []
        for row in probabilities.tolist():
            ranked = sorted(range(len(row)), key=lambda i: -row[i])
            chosen = [i for i in ranked if row[i] >= threshold] if self.multi_label else ranked[:1]
            results.append(
                Classification(
                    labels=tuple(names[i] for i in chosen),
                    score=row[ranked[0]],
                    scores=dict(zip(names, row, strict=True)),
                )
            )
        return results

    def head_config(self) -> dict[str, Any]:
        return {
            "num_classes": self.num_classes,
            "classes": self.classes,
            "multi_label": self.multi_label,
            "dropout_rate": self.dropout_rate,
            "sequence_length": self.sequence_length,
        }

    @property
    def head_layers(self) -> dict[str, keras.layers.Layer]:
        return {"classifier": self.classifier}
