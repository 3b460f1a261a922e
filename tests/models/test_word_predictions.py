from itertools import pairwise

import numpy as np
import pytest

from tests.checks import largest_difference, to_numpy
from tests.models.ner import CLASSES, TAGS, WORDS, make_tagger
from tests.tiny import make_tokenizer


def log_softmax(x):
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


def piece_logits(model, words):
    """The logits of a row's pieces, and where each word's begin: no batches, no windows."""
    tokenizer = make_tokenizer()
    ids = [tokenizer(word) or [tokenizer.unknown_id] for word in words]
    x = model.packer([[id for word in ids for id in word]], length=sum(map(len, ids)) + 2)
    logits = to_numpy(model(x))[0, 1:-1]
    return logits, np.cumsum([0, *(len(word) for word in ids)])


@pytest.mark.parametrize("label_pieces", ["first", "all"])
def test_loss_and_predictions_are_those_of_each_row_alone(label_pieces):
    model = make_tagger(label_pieces=label_pieces)
    predicted = model.predict(WORDS, verbose=0, batch_size=3)
    total, count, right = 0.0, 0, 0
    for words, tags, scores in zip(WORDS, TAGS, predicted, strict=True):
        logits, begins = piece_logits(model, words)
        assert scores.shape == (len(words), 5) and scores.dtype == np.float32
        for word, (begin, end) in enumerate(pairwise(begins)):
            pieces = logits[begin : begin + 1] if label_pieces == "first" else logits[begin:end]
            expected = pieces[0] if label_pieces == "first" else log_softmax(pieces).mean(axis=0)
            assert largest_difference(scores[word], expected) < 1e-5
            label = CLASSES.index(tags[word])
            total -= log_softmax(pieces)[:, label].sum()
            count += len(pieces)
            right += (pieces.argmax(axis=-1) == label).sum()
    logs = model.evaluate(WORDS, TAGS, batch_size=8, verbose=0, return_dict=True)
    assert logs["loss"] == pytest.approx(total / count, rel=1e-5)
    assert logs["accuracy"] == pytest.approx(right / count)


def test_long_rows_are_windowed():
    """Each word counts once, with the logits of the window where it is most amid."""
    model = make_tagger(sequence_length=10, stride=4)
    words = [["good", "films", "was", "not", "it", "awful", "very", "very", "greatly", "bad", "."]]
    tags = [["B-mood", "B-film"] + ["O"] * 9]
    scores = model.predict(words, verbose=0)[0]
    assert scores.shape == (11, 5)
    pieces = [piece for word in words[0] for piece in make_tokenizer()(word)]
    assert len(pieces) == 13
    # Windows of 8 pieces: 0..8, 4..12, 8..13; the last one would begin in no word's midst.
    first_of_word = [0, 1, 3, 4, 5, 6, 7, 8, 9, 11, 12]
    windows = [(0, 8), (4, 12), (8, 13)]
    total = 0.0
    for word, place in enumerate(first_of_word):
        end = [*first_of_word, 13][word + 1]

        def context(window, place=place, end=end):
            before = place - window[0] if window[0] else 99
            behind = window[1] - end if window[1] < 13 else 99
            return min(before, behind) if window[0] <= place < window[1] else -99

        begin, stop = max(windows, key=context)
        logits = to_numpy(model(model.packer([pieces[begin:stop]], length=stop - begin + 2)))
        expected = logits[0, 1 + place - begin]
        assert largest_difference(scores[word], expected) < 1e-5
        total -= log_softmax(expected)[CLASSES.index(tags[0][word])]
    logs = model.evaluate(words, tags, batch_size=8, verbose=0, return_dict=True)
    assert logs["loss"] == pytest.approx(total / 11, rel=1e-5)
    assert np.isfinite(model.fit(words, tags, verbose=0).history["loss"]).all()


def test_rows_without_words_and_words_without_pieces():
    model = make_tagger()
    assert [scores.shape for scores in model.predict(["", "\x00 \u200b", "good"], verbose=0)] == [
        (0, 5),
        (0, 5),
        (1, 5),
    ]
    assert model.tag(["", "  "]) == [[], []]
    assert model.predict([["\u200b", "good"], []], verbose=0)[0].shape == (2, 5)
    assert model.predict_tags([[]]) == [[]]
