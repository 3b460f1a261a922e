"""Where in a text the answer to a question stands."""

from typing import Any, Literal

import keras
import numpy as np

from kerabert.layers.arguments import check_positive_integers
from kerabert.metrics.answer_scores import AnswerScores, score_answers
from kerabert.models.answer_predictions import AnswerPredictions, answer_questions, predict_logits
from kerabert.models.answer_threshold import best_threshold
from kerabert.models.answers import encode_places
from kerabert.models.backbone import BertBackbone
from kerabert.models.dense_head import make_dense_head
from kerabert.models.inputs import is_python_data
from kerabert.models.question_arguments import check_question_arguments, check_threshold
from kerabert.models.question_batches import QuestionBatches, prepare_fit
from kerabert.models.question_windows import pack_questions
from kerabert.models.task import BertTask
from kerabert.models.task_reports import report_answers
from kerabert.reports.answer_report import AnswerReport
from kerabert.text.batches import TokenBatches
from kerabert.text.tokenizer import BertTokenizer


@keras.saving.register_keras_serializable(package="kerabert")
class BertQuestionAnswerer(BertTask):
    """Finds the span of a text that answers a question, or says that there is none.

    `start, end = W sequence_output + b`: two logits a token, for the first and for the last token
    of the answer. A row is `[CLS] question [SEP] context [SEP]`; where the context holds no
    answer, both point at [CLS]. The loss is the mean cross-entropy of both.

    `fit` and `evaluate` take questions and contexts with an answer each. A context that is too
    long is read in windows that overlap, and an answer that a window does not hold is none in it.
    The answer is the span of all windows with the highest `start[i] + end[j]`; it is withheld if

        min over windows of (start[CLS] + end[CLS]) - (start[i] + end[j]) > no_answer_threshold

    `evaluate`, and so `fit` with `validation_data`, also gives `exact_match` and `f1`, as SQuAD's
    own evaluation counts them, for which it computes the model once more.

    Args:
        backbone: `BertBackbone`. Its pooler, if it has one, is not trained.
        tokenizer: `BertTokenizer`, needed for texts.
        max_question_length: int, the most pieces of a question; a longer one is cut, and a warning
            says so. Default: 64, or half of a short sequence.
        stride: int, how many pieces two windows of a long context have in common. Default: a third
            of `sequence_length`, or what fits.
        max_answer_length: int, the most pieces of an answer that is given. Default 30.
        no_answer_threshold: float, above which no answer is given; None: each question is
            answered. `fit` on questions some of which have no answer sets it to 0 if it is None;
            `tune_threshold` finds a better one. It may be set at any time. Default None.
        sequence_length: int, the longest sequence in tokens. Default: the backbone's
            `max_sequence_length`.

    Inputs:
        Questions and contexts, or the backbone's inputs.

    Outputs:
        A dict of logits:
        start: float32 (batch, sequence).
        end: float32 (batch, sequence).
        `predict` of texts gives a list with an array (pieces of the context,) for each of both.

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "who", "sings", "ann", "bo"]
    >>> backbone = BertBackbone(
    ...     9, hidden_dim=8, num_layers=1, num_heads=2, intermediate_dim=16, use_pooler=False
    ... )
    >>> model = BertQuestionAnswerer(backbone, BertTokenizer(vocabulary))
    >>> model.compile(learning_rate=0.05)
    >>> questions, contexts = ["Who sings?"] * 2, ["Ann sings.", "Sings Bo?"]
    >>> x, y = (questions * 8, contexts * 8), [("Ann", 0), (6, 8)] * 8
    >>> history = model.fit(x, y, epochs=30, verbose=0)
    >>> answer = model.answer("Who sings?", "Ann sings.")
    >>> answer.text, answer.start, answer.end
    ('Ann', 0, 3)

    Source: Devlin et al., 2019, sections 4.2 and 4.3; the threshold is the negative of its tau.
    The score of "no answer" is the least of all windows, as in google-research/bert.
    """

    takes_strings = False  # its graph does not, nor do datasets of strings: windows are cut here
    uses_pooler = False

    def __init__(
        self,
        backbone: BertBackbone,
        tokenizer: BertTokenizer | None = None,
        max_question_length: int | None = None,
        stride: int | None = None,
        max_answer_length: int = 30,
        no_answer_threshold: float | None = None,
        sequence_length: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        # === Functional model ===
        span, _ = make_dense_head(backbone, 2, None, "span")
        logits = span(backbone(backbone.input)["sequence_output"])  # (batch, sequence, 2)
        super().__init__(
            backbone,
            tokenizer=tokenizer,
            sequence_length=sequence_length,
            inputs=backbone.input,
            outputs={"start": logits[..., 0], "end": logits[..., 1]},
            name=name,
            **kwargs,
        )

        # === Config ===
        self.span = span
        self.max_question_length = max_question_length
        self.stride = stride
        self.max_answer_length = max_answer_length
        self.no_answer_threshold = check_threshold(no_answer_threshold)
        check_question_arguments(self)

    def default_loss(self) -> Any:
        return {
            name: keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            for name in ("start", "end")
        }

    def default_metrics(self) -> Any:
        return {
            name: [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]
            for name in ("start", "end")
        }

    def compile(self, optimizer: Any = "auto", loss: Any = "auto", **kwargs: Any) -> None:
        kwargs = {"loss_weights": {"start": 0.5, "end": 0.5}} | kwargs
        super().compile(optimizer, loss, **kwargs)

    def encode_targets(self, y: Any, num_rows: int) -> dict[str, np.ndarray]:
        return encode_places(y, num_rows, self.sequence_length)

    def encode_array_targets(self, y: Any, x: dict[str, Any]) -> dict[str, np.ndarray]:
        return encode_places(y, *x["token_ids"].shape)

    def make_batches(self, x: Any, y: Any = None, **options: Any) -> TokenBatches:
        if y is None:
            return pack_questions(self, x, options.get("batch_size", 32))
        return QuestionBatches(self, x, y, **options)

    def fit(self, x: Any = None, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Train on questions and contexts, arrays or a dataset.

        Args:
            x: a tuple of two lists of str, (questions, contexts); a list of such pairs; a dict of
                arrays; or a dataset.
            y: for texts, an answer for each question: (text, start), with the place of its first
                character in the context; (start, end); None where the context has no answer; or a
                list of answers, of which the first is trained on. An answer that begins or ends
                within a piece of a word is widened to it. For arrays, a dict of `start` and
                `end`, int (batch,).
            sample_weight: for texts, a number for each question.
            callbacks: those that monitor `val_exact_match` or `val_f1` know that more is better.
            **kwargs: as in `BertTask.fit`.

        Raises:
            ValueError: if something is not what it must be, with the row.
        """
        if is_python_data(x):
            x, y, kwargs = prepare_fit(self, x, y, kwargs)
        return super().fit(x, y, *args, **kwargs)

    @property
    def scores_texts(self) -> bool:
        return True

    def score_texts(self, batches: QuestionBatches) -> dict[str, float]:
        """Return `exact_match` and `f1` of `score_answers`: each question counts once.

        The accuracies and the losses of `evaluate` are of windows.
        """
        scores = self._score(batches)
        return {"exact_match": scores.exact_match, "f1": scores.f1}

    def predict(
        self, x: Any, batch_size: int | None = None, verbose: Any = "auto", **kwargs: Any
    ) -> Any:
        """Return the logits of questions, arrays or a dataset, in the order given.

        Args:
            x: see `fit`.
            batch_size: int. Default 32.

        Returns:
            A dict of `start` and `end`. For texts each is a list with a float32 array (pieces of
            the context,) for each question; of a long context each piece is read from the window
            where it has most context. Else each is an array (rows, sequence).
        """
        if not is_python_data(x):
            return super().predict(x, batch_size, verbose=verbose, **kwargs)
        if kwargs:
            raise ValueError(f"`predict` of texts takes no {sorted(kwargs)}.")
        return predict_logits(self, x, 32 if batch_size is None else batch_size, verbose)

    def answer(
        self, question: Any, context: Any, num_answers: int | None = None, batch_size: int = 32
    ) -> Any:
        """Answer a question from a context, or many.

        Args:
            question: str, or a list of str.
            context: str, or a list of str, one for each question. With a list of questions, one
                str is the context of all of them.
            num_answers: int: give a list of so many answers, the best first, or of as many as
                there are, whatever `no_answer_threshold` says. Default None: the best answer.
            batch_size: int, how many windows are computed at once. Default 32.

        Returns:
            An `Answer` with `text`, `start`, `end` and `score`, or None if there is none; for a
            list of questions, a list. `context[start:end] == text`; no piece of a word is cut.

        Raises:
            ValueError: if a question or a context is no str or has no word, or their numbers
                differ; with the row.
        """
        return answer_questions(self, question, context, num_answers, batch_size)

    def score_answers(
        self,
        x: Any,
        y: Any,
        batch_size: int = 32,
        version: Literal["1.1", "2.0"] = "2.0",
    ) -> AnswerScores:
        """Return exact match and F1 on questions with true answers; printed, a table.

        Args:
            x: questions and contexts; see `fit`.
            y: the true answers; see `fit`. Of several the one that gives most counts.
            batch_size: int. Default 32.
            version: "1.1" or "2.0"; see `kerabert.metrics.score_answers`. Default "2.0".
        """
        check_positive_integers(batch_size=batch_size)
        return self._score(QuestionBatches(self, x, y, batch_size=batch_size), version)

    def report(
        self, x: Any, y: Any, batch_size: int = 32, version: Literal["1.1", "2.0"] = "2.0"
    ) -> AnswerReport:
        """Return what is answered right and wrong; printed, a table; `plot()`, a picture.

        Takes and raises what `score_answers` does.
        """
        return report_answers(self, x, y, batch_size, version)

    def tune_threshold(
        self, x: Any, y: Any, batch_size: int = 32, metric: Literal["f1", "exact_match"] = "f1"
    ) -> float:
        """Set `no_answer_threshold` to what is best for some questions, and return it.

        Args:
            x: questions and contexts; see `fit`. Not those that were trained on.
            y: their answers, None for some of them.
            batch_size: int. Default 32.
            metric: "f1" or "exact_match", which of both is to be best. Default "f1".

        Raises:
            ValueError: if no question lacks an answer, or as `fit` does.
        """
        self.no_answer_threshold = best_threshold(self, x, y, batch_size, metric)
        return self.no_answer_threshold

    def _score(
        self, batches: QuestionBatches, version: Literal["1.1", "2.0"] = "2.0"
    ) -> AnswerScores:
        found = AnswerPredictions(self, batches.rows, batches.batch_size, num_candidates=1)
        texts = [None if answer is None else answer.text for answer in found.best]
        return score_answers(texts, batches.texts, version)

    def head_config(self) -> dict[str, Any]:
        return {
            "max_question_length": self.max_question_length,
            "stride": self.stride,
            "max_answer_length": self.max_answer_length,
            "no_answer_threshold": self.no_answer_threshold,
            "sequence_length": self.sequence_length,
        }

    @property
    def head_layers(self) -> dict[str, keras.layers.Layer]:
        return {"qa_outputs": self.span}
