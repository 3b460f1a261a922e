import numpy as np
import pytest

from kerabert.models import BertTextEmbedder, SearchResult
from tests.checks import largest_difference
from tests.tiny import TEXTS, make_plain_backbone, make_tokenizer

PROMPTS = {"query": "not ", "passage": "very ", "plain": "good "}


def make(**kwargs):
    return BertTextEmbedder(make_plain_backbone(use_pooler=False), make_tokenizer(), **kwargs)


@pytest.fixture(scope="module")
def model():
    return make(prompts=PROMPTS, default_prompt="plain")


def test_search_is_by_query_and_passage(model):
    queries = model.embed(["good", "it was"], prompt="query")
    corpus = model.embed(TEXTS, prompt="passage")
    scores = queries @ corpus.T
    found = model.search(["good", "it was"], TEXTS, top_k=3)
    for row, results in zip(scores, found, strict=True):
        assert [result.index for result in results] == np.argsort(-row)[:3].tolist()
        for result in results:
            assert type(result) is SearchResult and type(result.index) is int
            assert type(result.score) is float
            assert result.text == TEXTS[result.index]
            assert result.score == pytest.approx(row[result.index], abs=1e-5)
    (single, _) = found
    again = model.search("good", TEXTS, top_k=3)
    assert [r.index for r in again] == [r.index for r in single]
    assert len(model.search("good", TEXTS, top_k=100)) == len(TEXTS)


def test_known_vectors_are_not_computed_again(model, monkeypatch):
    corpus = model.embed(TEXTS, prompt="passage")
    expected = model.search(["good"], TEXTS, top_k=3)
    calls = []
    predict = type(model).predict
    monkeypatch.setattr(
        type(model), "predict", lambda self, x, **k: calls.append(len(x)) or predict(self, x, **k)
    )
    by_texts = model.search(["good"], TEXTS, top_k=3, vectors=corpus)
    by_vectors = model.search(["good"], corpus, top_k=3)
    assert calls == [1, 1]
    for found, bare, result in zip(by_texts[0], by_vectors[0], expected[0], strict=True):
        assert (found.index, found.text) == (result.index, result.text)
        assert (bare.index, bare.text) == (result.index, None)


def test_short_vectors_meet_short_queries(model):
    corpus = model.embed(TEXTS, prompt="passage", dim=3)
    queries = model.embed(["good"], prompt="query", dim=3)
    found = model.search("good", TEXTS, top_k=8, vectors=corpus)
    assert [result.score for result in found] == pytest.approx(
        np.sort((queries @ corpus.T)[0])[::-1].tolist(), abs=1e-5
    )


def test_first_dimensions(model):
    whole = model.embed(TEXTS)
    short = model.embed(TEXTS, dim=3)
    expected = whole[:, :3] / np.linalg.norm(whole[:, :3], axis=1, keepdims=True)
    assert largest_difference(short, expected) < 1e-6
    unscaled = make(normalize=False)
    assert largest_difference(unscaled.embed(TEXTS, dim=2), unscaled.embed(TEXTS)[:, :2]) == 0


def test_similarity(model):
    one, other = model.embed(TEXTS[:2]), model.embed(TEXTS[2:5])
    for x, y in ((TEXTS[:2], TEXTS[2:5]), (one, TEXTS[2:5]), (one, other)):
        assert largest_difference(model.similarity(x, y), one @ other.T) < 1e-5
    distances = make(similarity_function="euclidean").similarity(one, other)
    expected = -np.linalg.norm(one[:, None] - other[None], axis=-1)
    assert largest_difference(distances, expected) < 1e-5


def test_the_bar(model, capsys):
    model.embed(TEXTS, progress_bar=True)
    assert "1/1" in capsys.readouterr().out
    model.embed(TEXTS)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.embed(TEXTS, dim=9), r"`dim` must lie in 1..8.*dim=9"),
        (lambda m: m.embed(TEXTS, dim=0), r"`dim` must lie in 1..8"),
        (lambda m: m.search("good", TEXTS, top_k=0), "`top_k` must be a positive integer"),
        (lambda m: m.search("good", []), "at least one text"),
        (lambda m: m.search("good", "bad"), "must be a list of str"),
        (lambda m: m.search([], TEXTS), "at least one text"),
        (lambda m: m.search("good", TEXTS, vectors=np.ones((2, 8))), "2 vectors, 8 texts"),
        (lambda m: m.search("good", np.ones((2, 3, 4))), r"float array \(texts, dim\)"),
        (lambda m: m.search("good", np.ones((2, 9))), "`dim` must lie in 1..8"),
        (lambda m: m.similarity(TEXTS, np.ones((2, 4))), "Received: 8 and 4 dimensions"),
        (lambda m: m.similarity(TEXTS, np.ones((2, 8), int)), "Received: an array int64"),
    ],
)
def test_bad_calls(model, call, message):
    with pytest.raises(ValueError, match=message):
        call(model)
