import keras
import numpy as np
import pytest

from kerabert import BertMaskedLM, BertPretrainer, BertTextClassifier
from kerabert.models import extend_vocabulary
from tests.checks import to_numpy
from tests.tiny import VOCABULARY, make_backbone, make_tokenizer

WORDS = ["greatly", "filmsly"]
PARTS = [["great", "##ly"], ["film", "##s", "##ly"]]


def ids(pieces):
    return [VOCABULARY.index(piece) for piece in pieces]


@pytest.mark.parametrize("tie", [True, False])
def test_new_rows_are_the_mean_of_the_pieces_and_the_rest_is_the_same(tie):
    # As many pieces as the vectors are long: what belongs to the pieces is not told by length.
    size = len(VOCABULARY)
    backbone = make_backbone(hidden_dim=size, num_heads=1)
    model = BertPretrainer(backbone, tokenizer=make_tokenizer(), tie_embeddings=tie)
    model.masked_lm_head.bias.assign(np.arange(size, dtype="float32"))
    larger = extend_vocabulary(model, WORDS)
    assert type(larger) is BertPretrainer
    assert larger.tokenizer.vocabulary == [*VOCABULARY, *WORDS]
    changed = []
    for old, new in zip(model.weights, larger.weights, strict=True):
        before, after = to_numpy(old), to_numpy(new)
        if before.shape == after.shape:
            np.testing.assert_array_equal(before, after)
            continue
        changed.append(old.path)
        np.testing.assert_array_equal(before, after[:size])
        for row, pieces in enumerate(PARTS):
            expected = before[ids(pieces)].mean(axis=0)
            np.testing.assert_allclose(after[size + row], expected, rtol=1e-6)
    assert len(changed) == 2 + (not tie)


def test_texts_without_new_words_give_the_same_numbers():
    model = BertTextClassifier(make_backbone(), tokenizer=make_tokenizer(), num_classes=3)
    larger = extend_vocabulary(model, WORDS)
    texts = ["good film", "it was great ."]
    np.testing.assert_allclose(
        larger.predict(texts, verbose=0), model.predict(texts, verbose=0), atol=1e-6
    )
    model.backbone.embedding.token_embedding.embeddings.assign_add(
        keras.ops.ones(model.backbone.embedding.token_embedding.embeddings.shape)
    )
    assert larger.backbone.embedding is not model.backbone.embedding


def test_rows_that_no_piece_uses_are_used_first():
    backbone = make_backbone(vocabulary_size=len(VOCABULARY) + 1)
    larger = extend_vocabulary(BertMaskedLM(backbone, tokenizer=make_tokenizer()), WORDS)
    assert larger.backbone.vocabulary_size == len(VOCABULARY) + 2
    table = to_numpy(larger.backbone.embedding.token_embedding.embeddings)
    np.testing.assert_allclose(table[len(VOCABULARY)], table[ids(PARTS[0])].mean(0), rtol=1e-6)


def test_it_learns_and_is_kept(tmp_path):
    model = extend_vocabulary(BertMaskedLM(make_backbone(), tokenizer=make_tokenizer()), WORDS)
    x = model.packer(model.tokenizer(["greatly [MASK]", "good film"]))
    x["mask_positions"] = np.array([[1], [1]])
    new = len(VOCABULARY)
    model.fit(x, np.array([[new], [new + 1]]), verbose=0)
    model.save_to_preset(tmp_path / "preset")
    again = BertMaskedLM.from_preset(tmp_path / "preset")
    assert again.tokenizer.tokenize("Greatly") == ["greatly"]
    for one, other in zip(model.weights, again.weights, strict=True):
        np.testing.assert_array_equal(to_numpy(one), to_numpy(other))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "a word at least"),
        (["film"], "new to the vocabulary.*number 0, 'film'"),
        (["new", "new"], "new to the vocabulary.*number 1"),
        (["two words"], "leaves them whole.*'two words'"),
        (["Capital"], "leaves them whole.*'Capital'"),
        (["film."], "leaves them whole"),
    ],
)
def test_what_is_no_new_word_is_refused(words, message):
    model = BertMaskedLM(make_backbone(), tokenizer=make_tokenizer())
    with pytest.raises(ValueError, match=message):
        extend_vocabulary(model, words)
