import numpy as np
import pytest

from kerabert.losses import CosineRegression, MultipleNegativesRanking, TripletMargin
from kerabert.models import BertTextEmbedder
from kerabert.models.text_groups import TextGroups, is_groups, prepare_fit
from tests.tiny import make_plain_backbone, make_tokenizer

ANCHORS = ["good", "bad", "not good"]
POSITIVES = ["good film", "awful", "awful"]
NEGATIVES = [["bad", "awful"], [], ["great"]]


@pytest.fixture
def model():
    model = BertTextEmbedder(
        make_plain_backbone(use_pooler=False),
        make_tokenizer(),
        prompts={"query": "q ", "passage": "p ", "plain": "s "},
        default_prompt="plain",
    )
    model.compile()
    return model


def texts_of(groups):
    return [[groups.texts[i] for i in row if i >= 0] for row in groups.numbers]


def test_columns_and_rows_are_the_same():
    rows = list(zip(ANCHORS, POSITIVES, NEGATIVES, strict=True))
    expected = [[a, p, *n] for a, p, n in rows]
    for x in ((ANCHORS, POSITIVES, NEGATIVES), rows, expected):
        groups = TextGroups.read(x)
        assert texts_of(groups) == expected
        assert groups.numbers.shape == (3, 4) and (groups.numbers[1] >= 0).sum() == 2
    assert groups.numbers[1, 1] == groups.numbers[2, 1] == groups.numbers[0, 3]  # "awful"
    assert texts_of(groups[1:]) == expected[1:]


def test_what_is_rows_of_texts():
    for x in ((ANCHORS, POSITIVES), [("a", "b")], [["a", "b"]], (tuple(ANCHORS), POSITIVES)):
        assert is_groups(x)
    for x in (ANCHORS, np.array(ANCHORS), {"token_ids": 1}, None, "a", iter([])):
        assert not is_groups(x)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ((ANCHORS, POSITIVES[:2]), r"must have the same length. Received: \[3, 2\]"),
        ((ANCHORS,), "two or more lists"),
        ((ANCHORS, "good"), "two or more lists"),
        ([("a", "b"), ("c",)], "Row 1 must hold two texts or more"),
        ([("a", "b"), "cd"], "Row 1 must be a tuple of texts"),
        ([("a", "b"), ("c", 3)], "Row 1 must hold strings only. Received: 3"),
        ((ANCHORS, [None, "a", "b"]), "Row 0 must hold strings only"),
        (([], []), "at least one row"),
    ],
)
def test_bad_rows(x, message):
    with pytest.raises(ValueError, match=message):
        TextGroups.read(x)


def test_prompts_are_those_of_search(model):
    (x, y, _) = prepare_fit(model, (ANCHORS, POSITIVES), None, {})
    assert y is None and texts_of(x)[0] == ["q good", "p good film"]
    model.compile(loss=CosineRegression())
    (x, y, _) = prepare_fit(model, (ANCHORS, POSITIVES), [0, 0.5, 1], {})
    assert y.tolist() == [0, 0.5, 1] and texts_of(x)[0] == ["s good", "s good film"]


def test_validation_data(model):
    data = (ANCHORS, POSITIVES)
    for given in (data, (data, None), (data, None, [1, 2, 3])):
        x, y, weight = prepare_fit(model, data, None, {"validation_data": given})[2][
            "validation_data"
        ]
        assert isinstance(x, TextGroups) and y is None and len(x) == 3
        assert weight == (given[2] if len(given) == 3 else None)
    x, y, arguments = prepare_fit(model, data, None, {"validation_split": 0.4})
    assert len(x) == 1 and y is None and len(arguments["validation_data"][0]) == 2
    model.compile(loss=CosineRegression())
    scores = np.array([0.1, 0.2, 0.3])
    for given in ((data, scores), (list(zip(*data, strict=True)), scores)):
        arguments = prepare_fit(model, data, scores, {"validation_data": given})[2]
        x, y, _ = arguments["validation_data"]
        assert len(x) == 3 and y == pytest.approx(scores)


@pytest.mark.parametrize(
    ("loss", "x", "y", "message"),
    [
        (MultipleNegativesRanking(), ANCHORS, None, "2 or more texts a row. Received: 1"),
        (MultipleNegativesRanking(), (ANCHORS, POSITIVES), [1, 2, 3], "takes no `y`"),
        (TripletMargin(), (ANCHORS, POSITIVES), None, "3 or more texts a row. Received: 2"),
        (TripletMargin(), (ANCHORS, POSITIVES, NEGATIVES), None, "Received: 2 in row 1"),
        (CosineRegression(), (ANCHORS, POSITIVES), None, "`y` must be given"),
        (CosineRegression(), (ANCHORS, POSITIVES), [1, 2], "same number of rows"),
        (CosineRegression(), (ANCHORS, POSITIVES), [0, 1, 4.5], "row 2 is 4.5"),
        (CosineRegression(), (ANCHORS, POSITIVES), [0, 1, np.nan], "finite numbers"),
        (CosineRegression(), (ANCHORS, ANCHORS, ANCHORS), [0, 1, 0], "2 texts a row"),
    ],
)
def test_what_a_loss_does_not_take(model, loss, x, y, message):
    model.compile(loss=loss)
    for call in (model.fit, model.evaluate):
        with pytest.raises(ValueError, match=message):
            call(x, y, verbose=0)


def test_tf_data_of_strings(model):
    tf = pytest.importorskip("tensorflow")
    pytest.importorskip("tensorflow_text")
    columns = (ANCHORS, ["good film", "awful", "bad film"], ["awful film", "great", "film"])
    dataset = tf.data.Dataset.from_tensor_slices((columns,)).batch(3)
    expected = model.evaluate(columns, verbose=0, return_dict=True)
    assert model.evaluate(dataset, verbose=0, return_dict=True) == pytest.approx(expected, rel=1e-4)
    assert np.isfinite(model.fit(dataset, verbose=0).history["loss"]).all()
    scores = np.array([0.5, 1.0, 0.0], "float32")
    dataset = tf.data.Dataset.from_tensor_slices((columns[:2], scores)).batch(3)
    model.compile(loss="cosine_regression", metrics=[])
    expected = model.evaluate(columns[:2], scores, verbose=0)
    assert model.evaluate(dataset, verbose=0) == pytest.approx(expected, rel=1e-4)


def test_tf_data_of_columns_side_by_side_is_refused(model):
    tf = pytest.importorskip("tensorflow")
    pytest.importorskip("tensorflow_text")
    dataset = tf.data.Dataset.from_tensor_slices((ANCHORS, POSITIVES)).batch(3)
    with pytest.raises(ValueError, match=r"or `\(\(first, second\),\)`. Received: "):
        model.fit(dataset, verbose=0)
