import keras
import numpy as np
import pytest

from kerabert.models import BertMultipleChoice
from tests.checks import check_training, largest_difference
from tests.models.peers import NAMES, check_step, randomize, run_peer
from tests.models.test_masked_lm import right_at
from tests.tiny import TEXTS, VOCABULARY, make_backbone, make_plain_backbone, make_tokenizer

TOKEN_IDS = np.array(
    [
        [[2, 5, 3, 6, 3, 0], [2, 5, 3, 7, 8, 3], [2, 5, 3, 9, 3, 0]],
        [[2, 8, 3, 5, 3, 0], [2, 8, 3, 6, 5, 3], [2, 8, 3, 3, 0, 0]],
    ],
    "int32",
)
X = {
    "token_ids": TOKEN_IDS,
    "segment_ids": np.where(TOKEN_IDS == 0, 0, np.arange(6) > 2).astype("int32"),
    "padding_mask": TOKEN_IDS != 0,
}
Y = np.array([1, 0])
FEWER = np.array([[True, True, True], [True, True, False]])[:, :, None]
X_FEWER = {name: np.where(FEWER, values, 0).astype(values.dtype) for name, values in X.items()}


def make(**kwargs):
    backbone = make_plain_backbone(**kwargs)
    return BertMultipleChoice(backbone, make_tokenizer(), dropout_rate=0.0, sequence_length=20)


@pytest.fixture(scope="module")
def model():
    return make()


def test_trains_as_in_transformers(tmp_path):
    model = randomize(make())
    logits = model.predict(X, verbose=0)
    y = right_at(logits, [True, False])
    outputs, gradients = run_peer(model, "BertForMultipleChoice", X, labels=y)
    assert logits.shape == (2, 3)
    assert largest_difference(logits, outputs["logits"]) < 1e-5
    logs = check_step(model, gradients, X, y)
    assert logs["loss"] == pytest.approx(outputs["loss"], rel=1e-5)
    assert logs["accuracy"] == 0.5
    # A choice that is all padding does not spoil it.
    check_training(model, make, X_FEWER, Y, tmp_path / "model.keras")


def test_a_choice_of_padding_has_no_chance(model):
    full, fewer = (model.predict(x, verbose=0) for x in (X, X_FEWER))
    assert fewer[1, 2] == -1e9
    assert largest_difference(fewer[0], full[0]) < 1e-6
    assert largest_difference(fewer[1, :2], full[1, :2]) < 1e-6
    # Any number of choices will do.
    two = {name: values[:, :2] for name, values in X.items()}
    assert largest_difference(model.predict(two, verbose=0), full[:, :2]) < 1e-6


def test_float32_under_a_half_precision_policy():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        outputs = make().predict(X, verbose=0)
    finally:
        keras.config.set_dtype_policy(policy)
    assert outputs.dtype == "float32"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({name: values[:, 0] for name, values in X.items()}, r"one shape \(batch, choices"),
        ({"segment_ids": X["segment_ids"].transpose(1, 0, 2)}, r"'segment_ids': \(3, 2, 6\)"),
        ({name: values[:, :0] for name, values in X.items()}, "none of them 0"),
        ({name: values[:0] for name, values in X.items()}, "none of them 0"),
        ({"token_ids": TOKEN_IDS.tolist()}, r"'token_ids': \(\)"),
        ({"token_ids": TOKEN_IDS + 20}, "`token_ids` must lie in 0..16"),
        ({name: np.tile(values, 6) for name, values in X.items()}, "Received: 36 tokens"),
        ({"other": TOKEN_IDS}, "must have the keys"),
    ],
)
def test_bad_inputs(model, change, message):
    for call in (model.predict, model.fit):
        with pytest.raises(ValueError, match=message):
            call(X | change, verbose=0)


def test_missing_inputs(model):
    for x in ({}, {"token_ids": TOKEN_IDS}):
        with pytest.raises(ValueError, match="must have"):
            model.predict(x, verbose=0)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([1, 3], "0..2. Received: row 1 is 3"),
        ([-1, 0], "0..2. Received: row 0 is -1"),
        ([0], "2 in x, 1 in y"),
        (np.eye(3)[:2], r"y of shape \(2, 3\)"),
        ([0, 2], "must be a choice that is not all padding. Received: row 1 is 2"),
    ],
)
def test_bad_targets(model, y, message):
    for call in (model.fit, model.evaluate):
        with pytest.raises(ValueError, match=message):
            call(X_FEWER, y, verbose=0)


PREMISES = ["good film", "it was bad", "very"]
CHOICES = [["not bad", "awful", "it was very great"], ["great", "good"], ["film"] * 2 + ["was"]]


def test_strings_as_in_transformers(tmp_path):
    """Packed by transformers' tokenizer, and computed by its model, where counts are equal."""
    transformers = pytest.importorskip("transformers")
    model = randomize(make())
    premises, choices = PREMISES[::2], CHOICES[::2]
    (tmp_path / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", encoding="utf-8")
    tokenizer = transformers.BertTokenizer.from_pretrained(tmp_path)
    found = tokenizer(
        [premise for premise in premises for _ in range(3)],
        [choice for row in choices for choice in row],
        padding=True,
        return_tensors="np",
    )
    x = {ours: np.asarray(found[theirs]).reshape(2, 3, -1) for ours, theirs in NAMES.items()}
    outputs, _ = run_peer(model, "BertForMultipleChoice", x, labels=np.array([0, 1]))
    logits = model.predict((premises, choices), verbose=0)
    assert largest_difference(logits, outputs["logits"]) < 1e-5
    loss = model.evaluate((premises, choices), [0, 1], verbose=0)[0]
    assert loss == pytest.approx(outputs["loss"], rel=1e-5)


def test_any_number_of_choices(model):
    x, y = (PREMISES, CHOICES), [2, 1, 0]
    logits = model.predict(x, verbose=0)
    assert logits.shape == (3, 3) and logits.dtype == "float32" and logits[1, 2] == -1e9
    for row in range(3):  # as if it were alone, whatever the batch
        alone = model.predict((PREMISES[row : row + 1], CHOICES[row : row + 1]), verbose=0)
        assert alone.shape == (1, len(CHOICES[row]))
        assert largest_difference(alone[0], logits[row, : alone.shape[1]]) < 1e-5
    assert largest_difference(model.predict(x, batch_size=2, verbose=0), logits) < 1e-5
    pairs = list(zip(PREMISES, CHOICES, strict=True))
    assert largest_difference(model.predict(pairs, verbose=0), logits) < 1e-6
    # The loss, beside the formula over the choices that are there.
    model.compile()
    expected = [
        np.log(np.exp(own[: len(choices)]).sum()) - own[label]
        for own, choices, label in zip(logits.astype("float64"), CHOICES, y, strict=True)
    ]
    logs = model.evaluate(x, y, batch_size=2, verbose=0, return_dict=True)
    assert logs["loss"] == pytest.approx(np.mean(expected), rel=1e-5)
    assert logs["accuracy"] == pytest.approx(np.mean(logits.argmax(axis=1) == y))


def test_choose(model):
    logits = model.predict((PREMISES, CHOICES), verbose=0)
    found = model.choose(PREMISES, CHOICES, batch_size=2)
    for own, choices, choice in zip(logits, CHOICES, found, strict=True):
        assert choice.label == own.argmax() and choice.text == choices[choice.label]
        assert len(choice.scores) == len(choices) and sum(choice.scores) == pytest.approx(1)
    one = model.choose(PREMISES[1], CHOICES[1])
    assert one.text == found[1].text and one.score == pytest.approx(found[1].score, abs=1e-5)


def test_fits_strings():
    """Batches of different lengths and numbers of choices, which begin with two alike."""
    premises = ["good", "bad", "very very very very very very very very very good"] * 24
    choices = [["good", "bad"], ["bad", "good", "it"], ["film", "bad", "it", "good"]] * 24
    labels = [0, 1, 3] * 24
    model = make()
    model.compile(learning_rate=0.02)
    history = model.fit(
        (premises, choices), labels, batch_size=4, epochs=3, validation_split=1 / 3, verbose=0
    ).history
    assert history["val_accuracy"][-1] > 0.9 and len(history["val_loss"]) == 3


def test_bad_strings(model):
    x = (PREMISES, CHOICES)
    for kwargs, message in (
        ({"x": x, "y": [0, 2, 0]}, "row 1 is 2, with 2 choices"),
        ({"x": x, "y": None}, "`y` must be given"),
        ({"x": (TEXTS, TEXTS), "y": [0]}, r"`choices\[0\]` must be a list of str"),
        ({"x": x, "y": [0, 1, 0], "class_weight": {0: 2.0}}, "Choices are no classes"),
    ):
        with pytest.raises(ValueError, match=message):
            model.fit(**kwargs, verbose=0)
    with pytest.raises(ValueError, match="takes no"):
        model.predict(x, steps=1, verbose=0)
    with pytest.raises(ValueError, match="`y` must be given"):
        model.evaluate(x, verbose=0)
    with pytest.raises(ValueError, match="`batch_size` must be"):
        model.choose(*x, batch_size=0)
    with pytest.raises(ValueError, match="must have a tokenizer"):
        BertMultipleChoice(make_plain_backbone()).choose("good", ["bad"])
    with pytest.raises(ValueError, match="must have two segments"):
        BertMultipleChoice(make_plain_backbone(num_segments=1), make_tokenizer()).predict(x)


def test_bad_arguments():
    with pytest.raises(ValueError, match="must have a pooler"):
        BertMultipleChoice(make_backbone(use_pooler=False))
    with pytest.raises(ValueError, match="`dropout_rate` must lie"):
        BertMultipleChoice(make_backbone(), dropout_rate=1.0)
