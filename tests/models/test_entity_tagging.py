"""`BertTokenClassifier` on words and texts: the whole way."""

import keras
import numpy as np
import pytest

from kerabert import list_classes
from kerabert.metrics import score_entities
from kerabert.text.tags import find_fault
from tests.checks import check_keras_file, largest_difference
from tests.models.ner import CLASSES, SPANS, TAGS, TEXTS, WORDS, make_tagger


def test_texts_with_spans_are_words_with_tags():
    """The second text has a word more than the second row of words, "." at "goodly." aside."""
    model = make_tagger()
    assert largest_difference(model.predict(TEXTS, verbose=0), model.predict(WORDS, verbose=0)) == 0
    by_words = model.evaluate(WORDS, TAGS, verbose=0, return_dict=True)
    assert model.evaluate(TEXTS, SPANS, verbose=0, return_dict=True) == by_words
    numbers = [[CLASSES.index(tag) for tag in row] for row in TAGS]
    assert model.evaluate(WORDS, numbers, verbose=0, return_dict=True) == by_words
    assert model.evaluate(np.array(TEXTS), SPANS, verbose=0, return_dict=True) == by_words


@pytest.mark.parametrize("scheme", ["IOB2", "BIOES"])
def test_learns_and_tags(scheme, tmp_path):
    model = make_tagger(classes=list_classes(SPANS, scheme))
    model.compile(learning_rate=0.05, run_eagerly=keras.backend.backend() == "tensorflow")
    best = keras.callbacks.EarlyStopping(monitor="val_f1", patience=50)  # knows which way is up
    history = model.fit(
        TEXTS,
        SPANS,
        epochs=30,
        validation_data=(TEXTS, SPANS),
        callbacks=[best],
        verbose=0,
    ).history
    assert {"f1", "val_f1", "val_precision", "val_recall", "val_accuracy"} <= set(history)
    assert len(history["val_f1"]) == len(history["loss"])
    scores = model.score_entities(TEXTS, SPANS)
    assert scores.f1 == 1 and scores.types["mood"].num_true == 4
    assert history["val_f1"][-1] == model.evaluate(TEXTS, SPANS, verbose=0, return_dict=True)["f1"]
    found = model.tag(TEXTS)
    for text, entities, spans in zip(TEXTS, found, SPANS, strict=True):
        assert [entity[0:4:2] + entity[3:4] for entity in entities] == [
            (type, start, end) for start, end, type in sorted(spans)
        ]
        for entity in entities:
            assert entity.text == text[entity.start : entity.end]
            assert 0 < entity.score <= 1
    # The same in words: the text has a space between them.
    assert model.tag([["not", "great", "films", "was", "it"]])[0][0].text == "not great"
    assert model.tag(WORDS)[0] == found[0]
    assert found[2][0].words == (0, 2)
    loaded = check_keras_file(model, TEXTS, tmp_path / "model.keras")
    assert loaded.tag(TEXTS) == found


def test_metrics_are_those_of_the_tags():
    model = make_tagger()
    tags = model.predict_tags(WORDS)
    assert all(find_fault(row, "IOB2") is None for row in tags)
    scores = score_entities(TAGS, tags)
    values = model.evaluate(WORDS, TAGS, verbose=0)
    logs = model.evaluate(WORDS, TAGS, verbose=0, return_dict=True)
    assert values == [logs[name] for name in ("loss", "accuracy", "f1", "precision", "recall")]
    assert logs["f1"] == scores.f1 == model.score_entities(WORDS, TAGS).f1


def test_plain_classes_and_numbers():
    model = make_tagger(classes=["ADJ", "NOUN", "O"])
    assert model.scheme is None
    tags = [["ADJ" if i % 2 else "NOUN" for i in range(len(row))] for row in WORDS]
    assert len(model.evaluate(WORDS, tags, verbose=0)) == 2  # loss and accuracy
    model.fit(WORDS, tags, epochs=2, verbose=0)
    assert model.predict_tags(WORDS) == [
        [["ADJ", "NOUN", "O"][i] for i in scores.argmax(axis=1)]
        for scores in model.predict(WORDS, verbose=0)
    ]
    for words, entities in zip(WORDS, model.tag(WORDS), strict=True):
        assert all(entity.text == words[entity.words[0]] for entity in entities)
    spans = [[(0, 4, "ADJ")], [], [], []]
    assert np.isfinite(model.evaluate(TEXTS, spans, verbose=0)).all()
    with pytest.raises(ValueError, match="must be tags of IOB2 or BIOES"):
        model.score_entities(WORDS, tags)
    model = make_tagger(classes=None, num_classes=2)
    model.fit(WORDS, [[1] * len(row) for row in WORDS], epochs=2, verbose=0)
    assert {entity.type for row in model.tag(WORDS) for entity in row} <= {"0", "1"}
