import numpy as np
import pytest

from kerabert.models import BertTextClassifier, BertTextRegressor, BertTokenClassifier
from tests.checks import to_numpy
from tests.tiny import make_backbone, make_tokenizer

TEXT = "Goods, very  good film"


@pytest.fixture(scope="module")
def model():
    return BertTextClassifier(
        make_backbone(), classes=["no", "yes"], tokenizer=make_tokenizer(), sequence_length=12
    )


def test_words_are_sums_of_their_pieces(model):
    found = model.explain(TEXT)
    assert [word.text for word in found.words] == ["Goods", ",", "very", "good", "film"]
    assert [token.text for token in found.tokens][:2] == ["good", "##s"]
    assert found.words[0].score == pytest.approx(sum(token.score for token in found.tokens[:2]))
    assert all(TEXT[word.start : word.end] == word.text for word in found.words)
    assert abs(found.error) < 1e-5
    (expected,) = model.classify([TEXT])
    assert found.target == expected.label and found.baseline == "[MASK]"
    assert found.probability == pytest.approx(expected.score, abs=1e-5)
    other = model.explain(TEXT, target={"no": 1, "yes": 0}[found.target])
    assert other.output == pytest.approx(-found.output, abs=1e-5)  # of two classes
    assert other.scores == pytest.approx(-found.scores, abs=1e-4)


def test_pairs(model):
    found = model.explain(("good film", "very bad"), target="yes")
    assert [(word.text, word.segment) for word in found.words] == [
        ("good", 0), ("film", 0), ("very", 1), ("bad", 1)
    ]  # fmt: skip
    assert abs(found.error) < 1e-5


def test_what_is_cut_has_no_score(model):
    found = model.explain("good " * 20)
    assert len(found.words) == 10 and 'title="not read"' in found._repr_html_()
    assert model.explain("").words == []


def test_other_outputs():
    regressor = BertTextRegressor(make_backbone(num_layers=1), make_tokenizer(), num_outputs=2)
    found = regressor.explain("good film", target=1)
    assert found.output == pytest.approx(regressor.score(["good film"])[0][1], abs=1e-5)
    assert found.probability is None and abs(found.error) < 1e-5
    many = BertTextClassifier(
        make_backbone(num_layers=1), classes=["a", "b"], multi_label=True,
        tokenizer=make_tokenizer(),
    )  # fmt: skip
    found = many.explain("good film", target="a")
    score = many.classify(["good film"])[0].scores["a"]
    assert found.probability == pytest.approx(score, abs=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"text": ["a", "b", "c"]}, "one str, or a pair of str. Received: 3 of it"),
        ({"text": 5}, "one str, or a pair of str. Received: a int"),
        ({"text": "a", "target": "maybe"}, r"`target` must be one of \['no', 'yes'\].*'maybe'"),
        ({"text": "a", "target": 2}, r"`target` must be one of .* 0\.\.1"),
        ({"text": "a", "steps": 0}, "`steps` must be an integer of 1 or more"),
        ({"text": "a", "baseline": "cat"}, "`baseline` must be one of"),
    ],
)
def test_bad_arguments(model, arguments, message):
    with pytest.raises(ValueError, match=message):
        model.explain(**arguments)


def test_attention_maps(model):
    found = model.attention_maps(("good film", "bad"))
    assert found.tokens == ["[CLS]", "good", "film", "[SEP]", "bad", "[SEP]"]
    assert found.weights.shape == (2, 2, 6, 6)
    assert found.weights.sum(axis=-1) == pytest.approx(np.ones((2, 2, 6)), abs=1e-5)
    x = model.packer([[5, 8]], [[6]], length=6)
    states = model.backbone.with_states(attention_weights=True)(x)
    assert found.weights[1] == pytest.approx(to_numpy(states["attention_weights"][1])[0], abs=1e-6)
    tagger = BertTokenClassifier(make_backbone(), num_classes=2, tokenizer=make_tokenizer())
    assert len(tagger.attention_maps("good " * 99).tokens) == 32  # its `sequence_length`


def test_attention_maps_need_a_text(model):
    with pytest.raises(ValueError, match="one str, or a pair of str"):
        model.attention_maps(["good"] * 3)
    bare = BertTextClassifier(make_backbone(num_segments=1), num_classes=2,
                              tokenizer=make_tokenizer())  # fmt: skip
    with pytest.raises(ValueError, match="must have two segments to take pairs"):
        bare.attention_maps(("good", "bad"))
