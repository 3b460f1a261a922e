"""A class, or several, for a text or a pair of texts."""

from collections.abc import Sequence
from typing import Any, Literal

import keras
import numpy as np

from kerabert.layers.arguments import check_positive_integers
from kerabert.metrics.class_f1 import ClassF1
from kerabert.models.backbone import BertBackbone
from kerabert.models.class_weights import weigh_classes
from kerabert.models.classifications import class_probabilities, read_classifications
from kerabert.models.dense_head import add_pooled_head
from kerabert.models.document_batches import (
    DocumentBatches,
    check_document_arguments,
    check_window_arrays,
    make_document_packer,
)
from kerabert.models.document_head import add_document_head
from kerabert.models.explain import explain_class
from kerabert.models.labels import check_classes, encode_class_sets, encode_classes
from kerabert.models.one_text import takes_one
from kerabert.models.preparation import text_batches
from kerabert.models.task import BertTask
from kerabert.models.task_reports import report_classes
from kerabert.reports.classification_report import ClassificationReport
from kerabert.reports.explanation import Explanation
from kerabert.reports.multi_label_report import MultiLabelReport
from kerabert.text.batches import TokenBatches
from kerabert.text.sequence_packer import SequencePacker
from kerabert.text.tokenizer import BertTokenizer


@keras.saving.register_keras_serializable(package="kerabert")
class BertTextClassifier(BertTask):
    """Classifies texts or pairs of texts.

    `logits = W dropout(pooled_output) + b`. Classes exclude each other (softmax), or with
    `multi_label=True` each is decided for itself (sigmoid). Beside the loss, accuracy and F1 are
    shown: of two classes the second one's, of more the mean of all ("macro"), and with
    `multi_label=True` of all decisions together ("micro").

    Texts longer than `sequence_length` are cut, or with `long_documents` read in windows that
    overlap: `logits = W dropout(pool(pooled_output of each window)) + b`. A text of one window gets
    the same answer as without. `transformers`, which knows no such thing, opens a saved model as
    one of single windows, without the weights of an attention.

    Args:
        backbone: `BertBackbone` with a pooler.
        num_classes: int, at least 2 (1 with `multi_label`). Default: the number of `classes`.
        classes: list of str, the classes' names in the order of the logits. Default: none, then
            labels are the numbers 0..num_classes-1.
        tokenizer: `BertTokenizer`, needed for strings.
        multi_label: bool, whether a text can have any number of classes. Default False.
        dropout_rate: float in [0, 1), before the last layer. Default: the backbone's.
        sequence_length: int, the longest sequence, or window, in tokens. Default: the backbone's
            `max_sequence_length`.
        long_documents: None, "mean", "max" or "attention": how the vectors of a text's windows are
            pooled, see `DocumentPooling`. Of a pair the longer text is cut into windows. Default
            None: one window.
        stride: int, how many pieces two windows have in common, less than half a window. Default:
            a quarter of `sequence_length`, rounded down.
        max_windows: int, the most windows of a text; what lies behind them is cut. Default 16.

    Inputs:
        Strings, or the backbone's inputs; with `long_documents` with an axis for the windows,
        (batch, windows, sequence).

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
        long_documents: Literal["mean", "max", "attention"] | None = None,
        stride: int | None = None,
        max_windows: int = 16,
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
        length = sequence_length if isinstance(sequence_length, int) else None
        check_document_arguments(
            long_documents, stride, max_windows, length or backbone.max_sequence_length
        )
        # === Functional model ===
        pooling = None
        if long_documents is None:
            inputs = backbone.input
            classifier, logits = add_pooled_head(backbone, num_classes, dropout_rate, "classifier")
        else:
            inputs, logits, classifier, pooling = add_document_head(
                backbone, num_classes, dropout_rate, "classifier", long_documents
            )
        super().__init__(
            backbone,
            tokenizer=tokenizer,
            sequence_length=sequence_length,
            inputs=inputs,
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
        self.long_documents = long_documents
        self.stride = stride
        self.max_windows = max_windows
        self.pooling = pooling
        # With windows its graph does not, nor do datasets of strings: they are cut here.
        self.takes_strings = long_documents is None

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

    @property
    def packer(self) -> SequencePacker:
        if self.long_documents is None:
            return super().packer
        return make_document_packer(self, self.stride, self.max_windows)

    def check_inputs(self, x: dict[str, Any]) -> None:
        if self.long_documents is None:
            super().check_inputs(x)
        else:
            check_window_arrays(x, self.backbone)

    def make_batches(self, x: Any, y: Any = None, **options: Any) -> TokenBatches:
        kind = TokenBatches if self.long_documents is None else DocumentBatches
        return text_batches(self, x, y, kind=kind, **options)

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

    @takes_one(pairs=True)
    def classify(self, texts: Any, batch_size: int = 32, threshold: float = 0.5) -> Any:
        """Return the class of each text with its probability.

        Args:
            texts: a str or a pair of str; or a list of str, a tuple of two lists of str, a list
                of pairs.
            batch_size: int. Default 32.
            threshold: float in [0, 1], the probability from which a multi-label model gives a
                class. Default 0.5.

        Returns:
            A `Classification`, or a list of them; classes without names are called by number.

        Raises:
            ValueError: if the texts are not what `fit` takes, or the threshold is out of range.
        """
        if not isinstance(threshold, int | float) or not 0 <= threshold <= 1:
            raise ValueError(f"`threshold` must lie in [0, 1]. Received: threshold={threshold!r}")
        logits = self.predict(texts, batch_size=batch_size, verbose=0)
        probabilities = class_probabilities(logits, self.multi_label)
        limit = threshold if self.multi_label else None
        return read_classifications(probabilities, self.class_names, limit)

    @property
    def class_names(self) -> list[str]:
        """The classes' names; those without a name are called by number."""
        return self.classes or [str(number) for number in range(self.num_classes)]

    def report(
        self, x: Any, y: Any, batch_size: int = 32, threshold: float = 0.5
    ) -> ClassificationReport | MultiLabelReport:
        """Return what the model gets right and wrong; printed, a table; `plot()`, a picture.

        Args:
            x: texts, pairs or arrays; see `fit`.
            y: their classes; see `fit`.
            batch_size: int. Default 32.
            threshold: float, the probability from which a multi-label model gives a class.

        Raises:
            ValueError: if something is not what it must be, with the row.
        """
        return report_classes(self, x, y, batch_size, threshold)

    def explain(
        self, text: Any, target: str | int | None = None, steps: int = 32, baseline: str = "[MASK]"
    ) -> Explanation:
        """Return what each word of a text adds to the log-odds of a class, for a notebook to show.

        By integrated gradients over the word embeddings, from a baseline in place of the words.

        Args:
            text: str, or a pair of str.
            target: the class, by name or number. Default: the likeliest.
            steps: int, in how many points the gradient is computed; `error` of what is returned
                says whether they were enough. Default 32, with which the scores of a MiniLM miss
                their sum by less than a hundredth.
            baseline: str, "[MASK]", "[PAD]" or "zero". Default "[MASK]", which stands for a word
                that is not known.

        Raises:
            ValueError: if the text is no str or pair of str, or an argument is out of range.
        """
        return explain_class(self, text, target, steps, baseline)

    def head_config(self) -> dict[str, Any]:
        return {
            "num_classes": self.num_classes,
            "classes": self.classes,
            "multi_label": self.multi_label,
            "dropout_rate": self.dropout_rate,
            "sequence_length": self.sequence_length,
            "long_documents": self.long_documents,
            "stride": self.stride,
            "max_windows": self.max_windows,
        }

    @property
    def head_layers(self) -> dict[str, keras.layers.Layer]:
        layers: dict[str, keras.layers.Layer] = {"classifier": self.classifier}
        if self.pooling is not None and self.pooling.attention is not None:
            layers["classifier.attention"] = self.pooling.attention
        return layers
