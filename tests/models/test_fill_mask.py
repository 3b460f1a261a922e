import numpy as np
import pytest

from kerabert.models import BertMaskedLM, FilledMask
from tests.models.test_masked_lm import make
from tests.tiny import VOCABULARY, make_plain_backbone, make_tokenizer

TEXTS = [
    "it was [MASK] .",
    "[MASK] film",
    "very very very [MASK] very [MASK] film [MASK]",
    "not[MASK]",
    "it was [MASK] [MASK]",
]
PAIRS = (["[MASK] film", "it was", "good [MASK]"], ["good", "very [MASK]", "bad [MASK] ."])


@pytest.fixture(scope="module")
def model():
    return make()


def by_hand(model, pairs, top_k=3):
    """Pieces by the vocabulary's words, one shape for all, logits, a softmax."""
    x = {
        "token_ids": np.zeros((len(pairs), 16), "int32"),
        "segment_ids": np.zeros((len(pairs), 16), "int32"),
        "mask_positions": np.zeros((len(pairs), 3), "int32"),
    }
    counts = []
    for row, segments in enumerate(pairs):
        pieces, numbers = ["[CLS]"], [0]
        for number, text in enumerate(segments):
            words = [*text.replace("[", " [").split(), "[SEP]"]
            pieces, numbers = pieces + words, numbers + [number] * len(words)
        masks = [i for i, piece in enumerate(pieces) if piece == "[MASK]"]
        x["token_ids"][row, : len(pieces)] = [VOCABULARY.index(piece) for piece in pieces]
        x["segment_ids"][row, : len(pieces)] = numbers
        x["mask_positions"][row, : len(masks)] = masks
        counts.append(len(masks))
    logits = model.predict({**x, "padding_mask": x["token_ids"] != 0}, verbose=0)
    scores = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    return [
        [[(VOCABULARY[i], i, mask[i]) for i in np.argsort(-mask)[:top_k]] for mask in row[:count]]
        for row, count in zip(scores, counts, strict=True)
    ]


def assert_same(filled, expected):
    assert len(filled) == len(expected)
    for text, expected_text in zip(filled, expected, strict=True):
        assert len(text) == len(expected_text)
        for mask, expected_mask in zip(text, expected_text, strict=True):
            for one, (token, token_id, score) in zip(mask, expected_mask, strict=True):
                assert type(one) is FilledMask and type(one.token_id) is int
                assert (one.token, one.token_id) == (token, token_id)
                assert one.score == pytest.approx(score, abs=1e-5)


def test_texts_in_their_order_in_batches(model):
    # They are sorted by length within; the last batch has one row.
    filled = model.fill_mask(TEXTS, top_k=3, batch_size=2)
    assert [len(text) for text in filled] == [1, 1, 3, 1, 2]
    assert_same(filled, by_hand(model, [(text,) for text in TEXTS]))


def test_pairs(model):
    rows = list(zip(*PAIRS, strict=True))
    filled = model.fill_mask(PAIRS, top_k=3)
    assert [len(row) for row in filled] == [1, 1, 2]
    assert_same(filled, by_hand(model, rows))
    assert model.fill_mask(rows, top_k=3) == filled


def test_all_candidates_are_a_distribution(model):
    for mask in model.fill_mask(TEXTS[2:3], top_k=100)[0]:
        assert sorted(one.token for one in mask) == sorted(VOCABULARY)
        scores = [one.score for one in mask]
        assert scores == sorted(scores, reverse=True)
        assert sum(scores) == pytest.approx(1)


def test_rows_beyond_the_vocabulary_are_no_candidates():
    """A backbone's table may be padded to a round size."""
    backbone = make_plain_backbone(vocabulary_size=24, use_pooler=False)
    (mask,) = BertMaskedLM(backbone, make_tokenizer()).fill_mask(TEXTS[:1], top_k=24)[0]
    assert len(mask) == 17 and sum(one.score for one in mask) == pytest.approx(1)


def test_mask_is_text_to_the_tokenizer_itself(model):
    assert model.tokenizer.mask_id not in model.tokenizer("[MASK]")
    model.fill_mask(["[MASK]"], top_k=1)
    assert model.tokenizer.mask_id not in model.tokenizer("[MASK]")


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["[MASK]", "good"], r"must hold a \[MASK\]. Received: row 1 without"),
        (["[MASK]", "[mask]"], "Received: row 1 without"),
        ((["[MASK]", "a"], ["a", "a"]), "Received: row 1 without"),
        ([], "at least one text"),
        (b"[MASK]", "must be a list of str"),
        (["[MASK]", 3], "at position 1"),
        ({"token_ids": np.array([[4]])}, "must be a list of str"),
        # 18 tokens of a text fit between [CLS] and [SEP].
        (["[MASK]", "good " * 18 + "[MASK]"], "row 1 is cut to 20 tokens before it"),
        (["[MASK] " * 19], "row 0 is cut to 20 tokens"),
    ],
)
def test_bad_texts(model, texts, message):
    with pytest.raises(ValueError, match=message):
        model.fill_mask(texts)


def test_a_mask_at_the_end_of_what_fits(model):
    (text,) = model.fill_mask(["good " * 17 + "[MASK]"], top_k=1)
    assert len(text) == 1
    (text,) = model.fill_mask(["[MASK] " + "good " * 40], top_k=1)  # what is cut has no mask
    assert len(text) == 1


def test_nothing_is_computed_before_all_is_checked(model, monkeypatch):
    monkeypatch.setattr(type(model), "predict_on_batch", None)
    with pytest.raises(ValueError, match="row 1 is cut"):
        model.fill_mask(["good " * 17 + "[MASK]", "good " * 18 + "[MASK]"], batch_size=1)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"top_k": 0}, "`top_k` must be a positive integer"),
        ({"batch_size": 1.5}, "`batch_size` must be a positive integer"),
    ],
)
def test_bad_arguments(model, kwargs, message):
    with pytest.raises(ValueError, match=message):
        model.fill_mask(["[MASK]"], **kwargs)


def test_pairs_for_a_backbone_of_one_segment():
    model = BertMaskedLM(make_plain_backbone(num_segments=1, use_pooler=False), make_tokenizer())
    with pytest.raises(ValueError, match="`segment_ids` must lie"):
        model.fill_mask(PAIRS)


def test_without_a_tokenizer():
    with pytest.raises(ValueError, match="must have a tokenizer"):
        BertMaskedLM(make_plain_backbone(use_pooler=False)).fill_mask(["[MASK]"])
