"""Reports of tasks: the model is computed once, and the scores are of what it gave."""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from keras import ops

from kerabert.layers.arguments import check_positive_integers
from kerabert.models.answer_predictions import AnswerPredictions
from kerabert.models.choice_rows import split_choices
from kerabert.models.choices import encode_choices
from kerabert.models.classifications import class_probabilities
from kerabert.models.inputs import is_dataset, read_texts
from kerabert.models.preparation import count_rows
from kerabert.models.question_batches import QuestionBatches
from kerabert.models.word_batches import WordBatches
from kerabert.models.word_predictions import WordPredictions, class_names, name_classes
from kerabert.reports.answer_report import AnswerReport
from kerabert.reports.choice_report import ChoiceReport
from kerabert.reports.classification_report import ClassificationReport
from kerabert.reports.entity_report import EntityReport
from kerabert.reports.multi_label_report import MultiLabelReport
from kerabert.reports.regression_report import RegressionReport
from kerabert.text.token_rows import Array

if TYPE_CHECKING:
    from kerabert.models.multiple_choice import BertMultipleChoice
    from kerabert.models.question_answerer import BertQuestionAnswerer
    from kerabert.models.text_classifier import BertTextClassifier
    from kerabert.models.text_regressor import BertTextRegressor
    from kerabert.models.token_classifier import BertTokenClassifier


def report_classes(
    task: "BertTextClassifier", x: Any, y: Any, batch_size: int, threshold: float
) -> ClassificationReport | MultiLabelReport:
    """Return the report of a classifier; see `BertTextClassifier.report`."""
    labels, outputs, texts = _compute(task, x, y, batch_size)
    probabilities = class_probabilities(outputs, task.multi_label)
    if task.multi_label:
        return MultiLabelReport(labels, probabilities, task.class_names, texts, threshold)
    return ClassificationReport(labels, probabilities, task.class_names, texts)


def report_numbers(task: "BertTextRegressor", x: Any, y: Any, batch_size: int) -> RegressionReport:
    """Return the report of a regressor; see `BertTextRegressor.report`."""
    return RegressionReport(*_compute(task, x, y, batch_size))


def check_outputs(outputs: Any) -> Array:
    """Return a model's outputs as float64, or raise `ValueError` if one is no finite number."""
    outputs = np.asarray(outputs, "float64")
    finite = np.isfinite(outputs).reshape(len(outputs), -1).all(axis=1)
    if not finite.all():
        raise ValueError(
            "The model's outputs must be finite numbers. "
            f"Received: others for row {int(np.argmin(finite))}."
        )
    return outputs


def check_reported(x: Any, y: Any, batch_size: int) -> None:
    """Raise `ValueError` unless there are rows, and labels of them, to report on."""
    check_positive_integers(batch_size=batch_size)
    if is_dataset(x):
        raise ValueError(
            f"A report must be of texts or arrays. Received: a dataset, {type(x).__name__}."
        )
    if y is None:
        raise ValueError("The labels must be given to report on texts or arrays. Received: None.")


def _compute(task: Any, x: Any, y: Any, batch_size: int) -> tuple[Array, Array, list[str] | None]:
    """The targets, the outputs and the texts; pairs joined by " | "."""
    check_reported(x, y, batch_size)
    if isinstance(x, dict):
        task.check_inputs(x)
        texts, targets = None, task.encode_targets(y, count_rows(x))
    else:
        first, second = read_texts(x)
        texts, x = first, first
        if second is not None:
            texts = [" | ".join(pair) for pair in zip(first, second, strict=True)]
            x = (first, second)
        targets = task.encode_targets(y, len(texts))
    outputs = task.predict(x, batch_size=batch_size, verbose=0)
    return targets, check_outputs(outputs), texts


def report_words(
    task: "BertTokenClassifier", x: Any, y: Any, batch_size: int
) -> EntityReport | ClassificationReport:
    """Return the report of a token classifier; see `BertTokenClassifier.report`."""
    check_reported(x, y, batch_size)
    if isinstance(x, dict):
        raise ValueError("A report must be of lists of words or texts. Received: arrays.")
    batches = WordBatches(task, x, y, None, batch_size=batch_size)
    rows = batches.rows
    found = WordPredictions(task, rows, batch_size)
    check_outputs(found.scores)
    spans = rows.split(rows.spans.tolist())
    words = [
        [text[start:end] for start, end in places]
        for text, places in zip(rows.texts, spans, strict=True)
    ]
    if task.scheme is not None:
        tags = name_classes(task, rows.split(batches.word_labels))
        return EntityReport(tags, found.tags, words)
    texts = [word for row in words for word in row]
    probabilities = class_probabilities(found.scores, multi_label=False)
    return ClassificationReport(batches.word_labels, probabilities, class_names(task), texts)


def report_answers(
    task: "BertQuestionAnswerer", x: Any, y: Any, batch_size: int, version: Literal["1.1", "2.0"]
) -> AnswerReport:
    """Return the report of a question answerer; see `BertQuestionAnswerer.report`."""
    check_reported(x, y, batch_size)
    if isinstance(x, dict):
        raise ValueError("A report must be of questions and contexts. Received: arrays.")
    batches = QuestionBatches(task, x, y, batch_size=batch_size)
    found = AnswerPredictions(task, batches.rows, batch_size)
    best = [row[0] for row in found.candidates]
    given = [None if answer is None else answer.text for answer in found.best]
    scores = [answer.score for answer in best]
    return AnswerReport(batches.rows.questions, batches.texts, given, scores, version)


def report_choices(task: "BertMultipleChoice", x: Any, y: Any, batch_size: int) -> ChoiceReport:
    """Return the report of a multiple choice model; see `BertMultipleChoice.report`."""
    check_reported(x, y, batch_size)
    premises = choices = None
    if isinstance(x, dict):
        task.check_inputs(x)
        labels = task.encode_array_targets(y, x)
        counts = np.asarray(ops.convert_to_numpy(x["padding_mask"])).any(axis=-1)
        num_choices = counts.sum(axis=1)
    else:
        premises, choices = x = split_choices(x)
        num_choices = np.array([len(row) for row in choices])
        labels = encode_choices(y, num_choices)
    logits = check_outputs(task.predict(x, batch_size=batch_size, verbose=0))
    probabilities = class_probabilities(logits, multi_label=False)
    return ChoiceReport(labels, probabilities, num_choices, premises, choices)
