import keras
import numpy as np
import pytest

from kerabert import BertBackbone, BertTokenClassifier, BertTokenizer, list_classes
from kerabert.datasets import read_conll
from tests.checks import SHARED_DATA, needs_shared_data
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


@pytest.mark.parametrize(
    "num_texts", [2000, pytest.param(100_000, marks=pytest.mark.slow)], ids=["some", "many"]
)
def test_offsets_of_random_texts(num_texts):
    """Every span is the text it names, and begins and ends where BERT's words do."""
    model = make_tagger(classes=["O", "B-a", "I-a"], backbone={"max_sequence_length": 64})
    generator = np.random.default_rng(0)
    alphabet = [*"good film  veryly.-'\t", "é", "e\u0301", "\u200b", "\u00a0", "公", "司", "\ud55c"]
    alphabet += ["😂", "\u3000", "ﬁ", "İ", "\ufeff", "\u202e", "ß"]
    points = [i for i in range(0x30000) if not 0xD800 <= i < 0xE000]
    texts = []
    for number in range(num_texts):
        characters = generator.choice(alphabet, generator.integers(0, 60)).tolist()
        if number % 2:  # and any others
            some = generator.integers(0, len(points), len(characters) // 4)
            characters[::4] = [chr(points[i]) for i in some] + characters[::4][len(some) :]
        texts.append("".join(characters))
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
    assert num_entities > num_texts / 2


@needs_shared_data
def test_chinese_by_character():
    """A character is a word, in lists of characters and in texts alike."""
    words, tags = read_conll(SHARED_DATA / "ner_resume_zh" / "dev.conll")
    words, tags = words[:96], tags[:96]
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    characters = sorted({character.lower() for row in words for character in row})
    tokenizer = BertTokenizer([*special, *characters])
    keras.utils.set_random_seed(0)
    backbone = BertBackbone(
        tokenizer.vocabulary_size,
        hidden_dim=32,
        num_layers=1,
        num_heads=2,
        intermediate_dim=64,
        max_sequence_length=64,
        use_pooler=False,
        dropout_rate=0.0,
        attention_dropout_rate=0.0,
    )
    model = BertTokenClassifier(backbone, classes=list_classes(tags), tokenizer=tokenizer)
    model.compile(learning_rate=1e-2)
    model.fit(words, tags, epochs=12, batch_size=16, verbose=0)
    assert model.score_entities(words, tags).f1 > 0.5  # some rows are longer than 64
    # Latin words and numbers are one word of a text, but several characters.
    rows = [i for i, row in enumerate(words) if not any(c.isascii() for c in row)][:40]
    texts = ["".join(words[i]) for i in rows]
    by_text, by_words = model.tag(texts), model.tag([words[i] for i in rows])
    assert sum(map(len, by_text)) > 20
    for text, entities, others in zip(texts, by_text, by_words, strict=True):
        assert [(e.type, e.words) for e in entities] == [(e.type, e.words) for e in others]
        for entity, other in zip(entities, others, strict=True):
            assert entity.text == text[entity.start : entity.end]
            assert (entity.start, entity.end) == entity.words
            assert other.text == " ".join(entity.text)
