"""A number, or several, for a text or a pair of texts."""

from typing import Any

import keras
import numpy as np

from kerabert.layers.arguments import check_positive_integers
from kerabert.metrics.pearson_correlation import PearsonCorrelation
from kerabert.metrics.spearman_correlation import SpearmanCorrelation
from kerabert.models.backbone import BertBackbone
from kerabert.models.dense_head import add_pooled_head
from kerabert.models.explain import explain_output
from kerabert.models.labels import encode_numbers
from kerabert.models.one_text import takes_one
from kerabert.models.task import BertTask
from kerabert.models.task_reports import report_numbers
from kerabert.reports.explanation import Explanation
from kerabert.reports.regression_report import RegressionReport
from kerabert.text.tokenizer import BertTokenizer


@keras.saving.register_keras_serializable(package="kerabert")
class BertTextRegressor(BertTask):
    """Predicts numbers of texts or pairs of texts, for example how similar two sentences are.

    `outputs = W dropout(pooled_output) + b`, trained with the mean squared error. Beside it, the
    mean absolute error and the correlations of Pearson and Spearman are shown.

    Args:
        backbone: `BertBackbone` with a pooler.
        tokenizer: `BertTokenizer`, needed for strings.
        num_outputs: int, how many numbers. Default 1.
        dropout_rate: float in [0, 1), before the last layer. Default: the backbone's.
        sequence_length: int, the longest sequence in tokens. Default: the backbone's
            `max_sequence_length`.

    Inputs:
        Strings, or the backbone's inputs.

    Outputs:
        float32 (batch, num_outputs).

    Raises:
        ValueError: if an argument is out of range, or the backbone has no pooler.

    Example:

    >>> vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "cat", "dog"]
    >>> backbone = BertBackbone(
    ...     len(vocabulary), hidden_dim=8, num_layers=1, num_heads=2, intermediate_dim=16
    ... )
    >>> model = BertTextRegressor(backbone, tokenizer=BertTokenizer(vocabulary))
    >>> pairs = (["a cat", "a dog"], ["cat", "a cat"])
    >>> history = model.fit(pairs, [4.0, 1.0], verbose=0)
    >>> [type(score).__name__ for score in model.score(pairs)]
    ['float', 'float']

    Source: Devlin et al., 2019, section 4.1 (STS-B).
    """

    def __init__(
        self,
        backbone: BertBackbone,
        tokenizer: BertTokenizer | None = None,
        num_outputs: int = 1,
        dropout_rate: float | None = None,
        sequence_length: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        check_positive_integers(num_outputs=num_outputs)
        # === Functional model ===
        regressor, outputs = add_pooled_head(backbone, num_outputs, dropout_rate, "regressor")
        super().__init__(
            backbone,
            tokenizer=tokenizer,
            sequence_length=sequence_length,
            inputs=backbone.input,
            outputs=outputs,
            name=name,
            **kwargs,
        )

        # === Config ===
        self.regressor = regressor
        self.num_outputs = num_outputs
        self.dropout_rate = dropout_rate

    def default_loss(self) -> Any:
        return keras.losses.MeanSquaredError()

    def default_metrics(self) -> list[Any]:
        return [
            keras.metrics.MeanAbsoluteError(name="mean_absolute_error"),
            PearsonCorrelation(self.num_outputs),
            SpearmanCorrelation(self.num_outputs),
        ]

    def encode_targets(self, y: Any, num_rows: int) -> np.ndarray:
        return encode_numbers(y, num_rows, self.num_outputs)

    @takes_one(pairs=True)
    def score(self, texts: Any, batch_size: int = 32) -> Any:
        """Return the number of each text or pair.

        Args:
            texts: a str or a pair of str; or a list of str, a tuple of two lists of str, a list
                of pairs.
            batch_size: int. Default 32.

        Returns:
            A float, or a list of them; with `num_outputs` above 1, a list of floats for each.
        """
        outputs = self.predict(texts, batch_size=batch_size, verbose=0)
        return (outputs[:, 0] if self.num_outputs == 1 else outputs).tolist()

    def report(self, x: Any, y: Any, batch_size: int = 32) -> RegressionReport:
        """Return how near the predictions are; printed, a table; `plot()`, a picture.

        Args:
            x: texts, pairs or arrays; see `fit`.
            y: their numbers; see `fit`.
            batch_size: int. Default 32.

        Raises:
            ValueError: if something is not what it must be, with the row.
        """
        return report_numbers(self, x, y, batch_size)

    def explain(
        self, text: Any, target: int = 0, steps: int = 32, baseline: str = "[MASK]"
    ) -> Explanation:
        """Return what each word of a text, or of a pair, adds to a number.

        Args:
            text: str, or a pair of str.
            target: int, the number of the output. Default 0.
            steps, baseline: as in `BertTextClassifier.explain`.

        Raises:
            ValueError: if the text is no str or pair of str, or an argument is out of range.
        """
        if not isinstance(target, int) or not 0 <= target < self.num_outputs:
            raise ValueError(
                f"`target` must lie in 0..{self.num_outputs - 1}. Received: target={target!r}"
            )
        return explain_output(self, text, target, str(target), False, False, steps, baseline)

    def head_config(self) -> dict[str, Any]:
        return {
            "num_outputs": self.num_outputs,
            "dropout_rate": self.dropout_rate,
            "sequence_length": self.sequence_length,
        }

    @property
    def head_layers(self) -> dict[str, keras.layers.Layer]:
        return {"classifier": self.regressor}
