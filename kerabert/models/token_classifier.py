"""Entities, or another class for each word of a text."""

from collections.abc import Sequence
from typing import Any, Literal

import keras
import numpy as np

from kerabert.layers.arguments import check_positive_integers
from kerabert.metrics.entity_f1 import EntityF1
from kerabert.metrics.entity_scores import EntityScores, score_entities
from kerabert.models.backbone import BertBackbone
from kerabert.models.dense_head import make_dense_head
from kerabert.models.inputs import is_python_data
from kerabert.models.labels import check_classes, check_target_shape, encode_ids
from kerabert.models.one_text import takes_one
from kerabert.models.task import BertTask
from kerabert.models.task_reports import report_words
from kerabert.models.token_crossentropy import TokenCrossentropy
from kerabert.models.word_batches import (
    WordBatches,
    check_word_arguments,
    cut_windows,
    prepare_fit,
    unlabelled_batches,
)
from kerabert.models.word_predictions import WordPredictions, name_classes
from kerabert.reports.classification_report import ClassificationReport
from kerabert.reports.entity_report import EntityReport
from kerabert.text.batches import TokenBatches
from kerabert.text.tags import find_scheme
from kerabert.text.tokenizer import BertTokenizer
from kerabert.text.word_rows import WordRows


@keras.saving.register_keras_serializable(package="kerabert")
class BertTokenClassifier(BertTask):
    """Finds entities: classifies each word of a text, for example as part of a name.

    `logits = W dropout(sequence_output) + b`. It is trained with the mean cross-entropy of the
    tokens, each weighed by its `sample_weight`: give 0 to padding and to tokens without a label.

    `fit` and `evaluate` take lists of words with a list of tags each; or texts with a list of
    spans each, (start, end, type) in characters. Labels are put on the pieces of the words, and
    rows longer than `sequence_length` are cut into windows in which each word counts once.
    `evaluate`, and so `fit` with `validation_data`, also gives `precision`, `recall` and `f1` of
    entities, for which it computes the model once more. The tags that the model gives always
    follow the rules of their scheme: they are the likeliest such sequence.

    Args:
        backbone: `BertBackbone`. Its pooler, if it has one, is not trained.
        num_classes: int, at least 2. Default: the number of `classes`.
        classes: list of str, the classes' names in the order of the logits: tags of IOB2 or BIOES
            ("O", "B-person", ...; `list_classes` makes them), or plain ones, of which each word
            is one for itself. Default: none, then labels are the numbers 0..num_classes-1.
        tokenizer: `BertTokenizer`, needed for words and texts.
        label_pieces: str, whether the label of a word is put on its "first" piece alone, or on
            "all", which are then read together. Default "first".
        stride: int, how many pieces two windows of a long row have in common, in
            0..sequence_length-3. Default: a quarter of `sequence_length`, rounded down.
        repair_tags: bool, whether tags that break the rules, as an I- without its B-, are
            repaired, and spans that cut a word widened; else they are refused. Default False.
        dropout_rate: float in [0, 1), before the last layer. Default: the backbone's.
        sequence_length: int, the longest sequence in tokens. Default: the backbone's
            `max_sequence_length`.

    Inputs:
        Lists of words, texts, or the backbone's inputs.

    Outputs:
        Logits: float32 (batch, sequence, num_classes). `predict` of lists of words and of texts
        gives a list with an array (words, num_classes) for each.

    Raises:
        ValueError: if neither `num_classes` nor `classes` is given, both disagree, names occur
            twice, or another argument is out of range.

    Example:

    >>> from kerabert.text import list_classes
    >>> vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "rick", "and", "mo", "##rty"]
    >>> words, tags = [["Rick", "and", "Morty"]], [["B-person", "O", "B-person"]]
    >>> backbone = BertBackbone(
    ...     9, hidden_dim=8, num_layers=1, num_heads=2, intermediate_dim=16, use_pooler=False
    ... )
    >>> model = BertTokenClassifier(
    ...     backbone, classes=list_classes(tags), tokenizer=BertTokenizer(vocabulary)
    ... )
    >>> model.compile(learning_rate=0.05)
    >>> history = model.fit(words * 8, tags * 8, epochs=60, verbose=0)
    >>> [(entity.type, entity.text, entity.start) for entity in model.tag(["Rick and Morty"])[0]]
    [('person', 'Rick', 0), ('person', 'Morty', 9)]
    >>> history = model.fit(["Rick and Morty"], [[(0, 4, "person"), (9, 14, "person")]], verbose=0)

    Source: Devlin et al., 2019, section 5.3, where the first piece is labelled, too.
    """

    takes_strings = False  # its graph does not, nor do datasets of strings: words are found here
    uses_pooler = False

    def __init__(
        self,
        backbone: BertBackbone,
        num_classes: int | None = None,
        classes: Sequence[str] | None = None,
        tokenizer: BertTokenizer | None = None,
        label_pieces: Literal["first", "all"] = "first",
        stride: int | None = None,
        repair_tags: bool = False,
        dropout_rate: float | None = None,
        sequence_length: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        classes = check_classes(classes, num_classes)
        if num_classes is None:
            num_classes = len(classes or ())
        check_positive_integers(num_classes=num_classes)
        if num_classes == 1:
            raise ValueError("`num_classes` must be at least 2. Received: num_classes=1")

        # === Functional model ===
        classifier, dropout = make_dense_head(backbone, num_classes, dropout_rate, "classifier")
        super().__init__(
            backbone,
            tokenizer=tokenizer,
            sequence_length=sequence_length,
            inputs=backbone.input,
            outputs=classifier(dropout(backbone(backbone.input)["sequence_output"])),
            name=name,
            **kwargs,
        )
        check_word_arguments(label_pieces, stride, repair_tags, self.sequence_length)

        # === Config ===
        self.classifier = classifier
        self.num_classes = num_classes
        self.classes = classes
        self.scheme = find_scheme(classes)
        self.label_pieces = label_pieces
        self.stride = stride
        self.repair_tags = repair_tags
        self.dropout_rate = dropout_rate

    def default_loss(self) -> Any:
        return TokenCrossentropy()

    def default_metrics(self) -> list[Any]:
        return []

    def default_weighted_metrics(self) -> Any:
        # Only labelled tokens count.
        metrics = [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]
        if self.scheme is not None and self.classes is not None:
            metrics.append(EntityF1(self.classes))
        return metrics

    def encode_targets(self, y: Any, num_rows: int) -> np.ndarray:
        return encode_ids(y, num_rows, self.num_classes)

    def encode_array_targets(self, y: Any, x: dict[str, Any]) -> np.ndarray:
        return check_target_shape(super().encode_array_targets(y, x), x["token_ids"])

    def make_batches(self, x: Any, y: Any = None, **options: Any) -> TokenBatches:
        if y is not None:
            return WordBatches(self, x, y, **options)
        rows = WordRows.read(x, self.require_tokenizer())
        return unlabelled_batches(self, cut_windows(self, rows), options.get("batch_size", 32))

    def fit(self, x: Any = None, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Train on words with tags, texts with spans, arrays or a dataset.

        Args:
            x: a list of lists of words; a list of texts; a dict of arrays; or a dataset.
            y: for words, a tag, or the number of a class, for each word of each row; for texts, a
                list of (start, end, type) in characters for each; for arrays, int (batch,
                sequence).
            sample_weight: for words and texts, a number for each row, or for each of its words.
            class_weight: for words and texts, a dict from a class, by name or number, to the
                weight of the words of that class, 1 by default; or "balanced", so that the words
                of each class weigh the same together.
            **kwargs: as in `BertTask.fit`.

        Raises:
            ValueError: if something is not what it must be, with the row.
        """
        if is_python_data(x):
            x, y, kwargs = prepare_fit(x, y, kwargs)
        return super().fit(x, y, *args, **kwargs)

    @property
    def scores_texts(self) -> bool:
        return self.scheme is not None

    def score_texts(self, batches: WordBatches) -> dict[str, float]:
        """Return `f1`, `precision` and `recall` of entities.

        They are of what `tag` gives, not of each word's likeliest class, and so equal to
        `seqeval`'s of these tags.
        """
        scores = self._score(batches)
        return {"f1": scores.f1, "precision": scores.precision, "recall": scores.recall}

    def predict(
        self, x: Any, batch_size: int | None = None, verbose: Any = "auto", **kwargs: Any
    ) -> Any:
        """Return the logits of words, texts, arrays or a dataset, in the order given.

        Args:
            x: see `fit`.
            batch_size: int. Default 32.

        Returns:
            For words and texts, a list with an array (words, num_classes) for each; with
            `label_pieces="all"`, of log-probabilities. Else an array (rows, sequence,
            num_classes).
        """
        if not is_python_data(x):
            return super().predict(x, batch_size, verbose=verbose, **kwargs)
        if kwargs:
            raise ValueError(f"`predict` of words takes no {sorted(kwargs)}.")
        return WordPredictions(self, x, batch_size, verbose).logits

    @takes_one()
    def tag(self, texts: Any, batch_size: int = 32) -> Any:
        """Return the entities of each text.

        Args:
            texts: a str, a list of str, or a list of lists of words; the text of words is the
                words with a space between.
            batch_size: int. Default 32.

        Returns:
            A list of `Entity`, in the order of the text: `type`, `text`, `start`, `end`, `score`,
            `words`; of many texts, such a list for each. They never cut a word, and
            `text[start:end] == entity.text`. With plain classes, each word of a class other than
            "O" is an entity.
        """
        return WordPredictions(self, texts, batch_size).entities

    def predict_tags(self, x: Any, batch_size: int = 32) -> list[list[str]]:
        """Return the tag of each word of lists of words or texts; see `tag`."""
        return WordPredictions(self, x, batch_size).tags

    def score_entities(self, x: Any, y: Any, batch_size: int = 32) -> EntityScores:
        """Return precision, recall and F1 of each type of entity; printed, a table.

        Args:
            x: a list of lists of words, or of texts.
            y: their tags, or spans; see `fit`.
            batch_size: int. Default 32.

        Raises:
            ValueError: if the classes are not those of a scheme, or as `fit` does.
        """
        if self.scheme is None:
            raise ValueError(
                "`classes` must be tags of IOB2 or BIOES to score entities. "
                f"Received: classes={self.classes}."
            )
        check_positive_integers(batch_size=batch_size)
        return self._score(WordBatches(self, x, y, None, batch_size=batch_size))

    def report(self, x: Any, y: Any, batch_size: int = 32) -> EntityReport | ClassificationReport:
        """Return what is found, missed and mistaken; printed, a table; `plot()`, a picture.

        Args:
            x: a list of lists of words, or of texts.
            y: their tags, or spans; see `fit`.
            batch_size: int. Default 32.

        Returns:
            An `EntityReport`; of plain classes, a `ClassificationReport` of the words.

        Raises:
            ValueError: as `fit` does.
        """
        return report_words(self, x, y, batch_size)

    def _score(self, batches: WordBatches) -> EntityScores:
        tags = name_classes(self, batches.rows.split(batches.word_labels))
        return score_entities(tags, WordPredictions(self, batches.rows, batches.batch_size).tags)

    def head_config(self) -> dict[str, Any]:
        return {
            "num_classes": self.num_classes,
            "classes": self.classes,
            "label_pieces": self.label_pieces,
            "stride": self.stride,
            "repair_tags": self.repair_tags,
            "dropout_rate": self.dropout_rate,
            "sequence_length": self.sequence_length,
        }

    @property
    def head_layers(self) -> dict[str, keras.layers.Layer]:
        return {"classifier": self.classifier}
