import numpy as np
import pytest

from tests.models.ner import CLASSES, WORDS, make_tagger
from tests.models.test_word_predictions import log_softmax
from tests.tiny import make_tokenizer


def test_scores_of_entities():
    model = make_tagger()
    scores = model.predict(WORDS, verbose=0)
    for row, entities in zip(scores, model.tag(WORDS), strict=True):
        probabilities = np.exp(log_softmax(row.astype("float64")))
        for entity in entities:
            begin, end = entity.words
            numbers = [
                CLASSES.index(f"{'I' if w > begin else 'B'}-{entity.type}")
                for w in range(begin, end)
            ]
            expected = probabilities[range(begin, end), numbers].mean()
            assert entity.score == pytest.approx(expected, abs=1e-6)


def test_offsets_of_random_texts():
    """Every span is the text it names, and begins and ends where BERT's words do."""
    model = make_tagger(classes=["O", "B-a", "I-a"], backbone={"max_sequence_length": 64})
    generator = np.random.default_rng(0)
    alphabet = [*"good film  veryly.-'\t", "é", "e\u0301", "\u200b", "\u00a0", "公", "司", "\ud55c"]
    alphabet += ["😂", "\u3000", "ﬁ", "İ", "\ufeff", "\u202e", "ß"]
    texts = ["".join(generator.choice(alphabet, generator.integers(0, 60))) for _ in range(2000)]
    tokenizer = make_tokenizer()
    num_entities = 0
    for text, entities in zip(texts, model.tag(texts, batch_size=256), strict=True):
        encoded = tokenizer.encode_with_offsets(text)
        words = [[] for _ in range(max(encoded.word_numbers, default=-1) + 1)]
        for number, span in zip(encoded.word_numbers, encoded.spans, strict=True):
            words[number].append(span)
        starts = {min(start for start, _ in word) for word in words}
        ends = {max(end for _, end in word) for word in words}
        before = 0
        for entity in entities:
            assert text[entity.start : entity.end] == entity.text
            assert entity.start in starts and entity.end in ends
            assert before <= entity.start < entity.end
            before = entity.end
        num_entities += len(entities)
    assert num_entities > 1000
