import keras
import numpy as np
import pytest

from kerabert.models import BertTokenClassifier
from tests.models.ner import CLASSES, TAGS, WORDS, make_tagger
from tests.models.test_word_predictions import log_softmax
from tests.tiny import make_backbone


def test_weights():
    model = make_tagger()
    scores = model.predict(WORDS, verbose=0)
    losses = [
        [-log_softmax(row)[word, CLASSES.index(tag)] for word, tag in enumerate(tags)]
        for row, tags in zip(scores, TAGS, strict=True)
    ]

    def expected(weights):
        flat = [w for row in weights for w in row]
        return np.average([loss for row in losses for loss in row], weights=flat)

    def loss(**kwargs):
        return model.evaluate(WORDS, TAGS, batch_size=8, verbose=0, **kwargs)[0]

    by_row = [1.0, 0.0, 3.0, 0.5]
    of_words = [[w] * len(row) for w, row in zip(by_row, TAGS, strict=True)]
    assert loss(sample_weight=by_row) == pytest.approx(expected(of_words), rel=1e-5)
    assert loss(sample_weight=np.array(by_row)) == pytest.approx(expected(of_words), rel=1e-5)
    of_words[2] = [0.0, 1.0, 2.0, 3.0, 4.0]
    assert loss(sample_weight=of_words) == pytest.approx(expected(of_words), rel=1e-5)

    of_class = {"B-mood": 3.0, 0: 0.5}
    weights = [
        [w * {"B-mood": 3.0, "O": 0.5}.get(tag, 1.0) for w, tag in zip(row, tags, strict=True)]
        for row, tags in zip(of_words, TAGS, strict=True)
    ]
    model.compile(keras.optimizers.SGD(0.0), run_eagerly=keras.backend.backend() == "tensorflow")
    logs = model.fit(
        WORDS, TAGS, sample_weight=of_words, class_weight=of_class, batch_size=8, verbose=0
    ).history
    assert logs["loss"][0] == pytest.approx(expected(weights), rel=1e-5)

    names = [tag for tags in TAGS for tag in tags]
    balanced = {tag: len(names) / len(set(names)) / names.count(tag) for tag in set(names)}
    weights = [[balanced[tag] for tag in tags] for tags in TAGS]
    logs = model.fit(WORDS, TAGS, class_weight="balanced", batch_size=8, verbose=0).history
    assert logs["loss"][0] == pytest.approx(expected(weights), rel=1e-5)


def test_validation_split():
    model = make_tagger()
    model.compile(keras.optimizers.SGD(0.0), run_eagerly=keras.backend.backend() == "tensorflow")
    history = model.fit(
        WORDS, TAGS, sample_weight=[1.0, 2.0, 1.0, 1.0], validation_split=0.5, verbose=0
    ).history
    loss = model.evaluate(WORDS[2:], TAGS[2:], verbose=0)[0]
    assert history["val_loss"][0] == pytest.approx(loss, rel=1e-5)


def test_bad_calls():
    tagger = make_tagger()
    for call in (tagger.predict, tagger.tag, tagger.predict_tags):
        with pytest.raises(ValueError, match="must hold at least one row"):
            call([])
        with pytest.raises(ValueError, match="`batch_size` must be a positive integer"):
            call(WORDS, batch_size=0)
    for call in (tagger.fit, tagger.evaluate):
        with pytest.raises(ValueError, match="`y` must be given"):
            call(WORDS, verbose=0)
    with pytest.raises(ValueError, match="takes no"):
        tagger.predict(WORDS, steps=1, verbose=0)
    for weights, message in (
        ([1.0], "1 for 4 rows"),
        ([1.0, 1.0, -1.0, 1.0], "-1.0 for row 2"),
        ([1.0, [1.0], 1.0, 1.0], "1 weights for the 4 words of row 1"),
        ([1.0, "a", 1.0, 1.0], "'a' for row 1"),
    ):
        with pytest.raises(ValueError, match=message):
            tagger.fit(WORDS, TAGS, sample_weight=weights, verbose=0)
    for weights, message in (
        ({"B-place": 1.0}, "'B-place'"),
        ({5: 1.0}, "Received: 5"),
        ([1.0], "must be a dict"),
        ({"O": np.nan}, "nan for class 'O'"),
    ):
        with pytest.raises(ValueError, match=message):
            tagger.fit(WORDS, TAGS, class_weight=weights, verbose=0)
    with pytest.raises(ValueError, match="must have a tokenizer"):
        make_tagger(tokenizer=None).tag(WORDS)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"label_pieces": "last"}, '"first" or "all"'),
        ({"stride": 30}, r"`stride` must lie in 0..29"),
        ({"stride": 1.0}, "`stride` must lie"),
        ({"repair_tags": 1}, "`repair_tags` must be a bool"),
    ],
)
def test_bad_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        BertTokenClassifier(make_backbone(), classes=CLASSES, **kwargs)
