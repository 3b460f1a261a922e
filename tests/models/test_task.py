"""What holds for every task, shown on the classifier and, where it differs, the regressor."""

import keras
import numpy as np
import pytest

from kerabert.models import BertTextClassifier, BertTextRegressor
from kerabert.text.batches import TokenBatches
from kerabert.text.sequence_packer import SequencePacker
from kerabert.training import BertAdamW
from tests.checks import check_keras_file, largest_difference, to_numpy
from tests.tiny import LABELS, TEXTS, make_backbone, make_tokenizer

PACKER = SequencePacker(2, 3, 0, sequence_length=32)
PAIRS = (TEXTS, TEXTS[::-1])


def make_task_backbone():
    return make_backbone(num_layers=1, dropout_rate=0.0, attention_dropout_rate=0.0)


def make_classifier(tokenizer=True, backbone=None, **kwargs):
    model = BertTextClassifier(
        backbone or make_task_backbone(),
        **{"classes": ["negative", "positive"], **kwargs},
        tokenizer=make_tokenizer() if tokenizer else None,
    )
    return uncompiled(model)


def make_regressor(**kwargs):
    return uncompiled(BertTextRegressor(make_task_backbone(), tokenizer=make_tokenizer(), **kwargs))


def uncompiled(model):
    """Spare a test that is not about it the seconds that TensorFlow takes to trace a step."""
    model.compile(run_eagerly=keras.backend.backend() == "tensorflow")
    return model


def pack(texts):
    return PACKER(make_tokenizer()(texts), length=32)


@pytest.mark.parametrize("make", [make_classifier, make_regressor])
def test_strings_and_arrays_and_datasets_give_the_same(make):
    model = make()
    outputs = model.predict(TEXTS, verbose=0)
    assert outputs.dtype == np.float32
    assert largest_difference(model.predict(pack(TEXTS), verbose=0), outputs) < 1e-5
    assert largest_difference(model.predict(TEXTS, batch_size=3, verbose=0), outputs) < 1e-5
    batches = TokenBatches(make_tokenizer()(TEXTS), packer=PACKER, shuffle=False, sort=False)
    assert largest_difference(model.predict(batches, verbose=0), outputs) < 1e-5
    one_by_one = np.concatenate([model.predict([text], verbose=0) for text in TEXTS[:3]])
    assert largest_difference(one_by_one, outputs[:3]) < 1e-5


def test_tf_data():
    tf = pytest.importorskip("tensorflow")
    model = make_classifier()
    dataset = tf.data.Dataset.from_tensor_slices((pack(TEXTS), np.array(LABELS))).batch(3)
    expected = model.predict(TEXTS, verbose=0)
    assert largest_difference(model.predict(dataset, verbose=0), expected) < 1e-5
    history = model.fit(dataset, epochs=2, validation_data=dataset, verbose=0).history
    assert len(history["val_loss"]) == 2 and np.isfinite(history["loss"]).all()
    # 6 steps: the plan's end.
    assert float(model.optimizer.learning_rate) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    "data",
    [
        lambda: {"x": TEXTS, "y": LABELS, "batch_size": 3},
        lambda: {"x": np.array(TEXTS), "y": np.array(LABELS), "batch_size": 3},
        lambda: {"x": PAIRS, "y": LABELS, "batch_size": 3},
        lambda: {"x": pack(TEXTS), "y": np.array(LABELS), "batch_size": 3},
        lambda: {"x": TokenBatches(make_tokenizer()(TEXTS), packer=PACKER, y=LABELS, batch_size=3)},
        lambda: {
            "x": iter([(pack(TEXTS[:3]), np.array(LABELS[:3]))] * 6),
            "steps_per_epoch": 3,
        },
    ],
    ids=["list", "array", "pairs", "arrays", "dataset", "generator"],
)
def test_fit_takes(data):
    model = make_classifier()
    model.compile()
    before = model.get_weights()
    history = model.fit(**data(), epochs=2, verbose=0).history
    assert len(history["loss"]) == len(history["accuracy"]) == 2
    assert np.isfinite(history["loss"]).all()
    assert any((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))
    # 3 batches of at most 3 rows an epoch: the schedule has reached its end.
    assert int(model.optimizer.iterations) == 6
    assert float(model.optimizer.learning_rate) == pytest.approx(0, abs=1e-9)


def test_fit_learns():
    model = make_classifier()
    model.compile(learning_rate=1e-2)
    model.fit(TEXTS, LABELS, epochs=60, batch_size=8, verbose=0)
    assert model.evaluate(TEXTS, LABELS, verbose=0)[1] == 1.0


def test_numbers_are_those_of_other_backends():
    """Loss and weights after three steps, with the values that the PyTorch peer gives."""
    torch = pytest.importorskip("torch")
    model = make_classifier(classes=None, num_classes=3)
    x, y = pack(TEXTS), np.array([0, 1, 2, 0, 1, 2, 0, 1])
    kernel, bias = (torch.tensor(w, requires_grad=True) for w in model.classifier.get_weights())
    model.backbone.trainable = False
    pooled = torch.tensor(to_numpy(model.backbone(x)["pooled_output"]))
    losses = []
    for _ in range(3):
        loss = torch.nn.functional.cross_entropy(pooled @ kernel + bias, torch.tensor(y))
        losses.append(loss.item())
        gradients = torch.autograd.grad(loss, (kernel, bias))
        with torch.no_grad():
            kernel -= 0.5 * gradients[0]
            bias -= 0.5 * gradients[1]
    model.compile(keras.optimizers.SGD(0.5))
    history = model.fit(x, y, batch_size=8, epochs=3, verbose=0).history
    np.testing.assert_allclose(history["loss"], losses, rtol=1e-5)
    trained = model.classifier.get_weights()
    assert largest_difference(trained, [kernel.detach().numpy(), bias.detach().numpy()]) < 1e-5


def test_the_same_seed_gives_the_same_training():
    weights = []
    for seed in (1, 1, 2):
        model = make_classifier()
        keras.utils.set_random_seed(seed)
        model.fit(TEXTS, LABELS, batch_size=3, epochs=2, verbose=0)
        weights.append(model.get_weights()[0])
    assert (weights[0] == weights[1]).all()
    assert (weights[0] != weights[2]).any()


def test_default_recipe():
    model = make_classifier()
    model.compile(learning_rate=1e-3)
    assert isinstance(model.optimizer, BertAdamW)
    assert model.optimizer.global_clipnorm == 1.0 and model.optimizer.weight_decay == 0.01
    rates = []
    # At the end of an epoch: within one, the variables cannot be read on JAX.
    record = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: rates.append(float(model.optimizer.learning_rate))
    )
    model.fit(TEXTS, LABELS, batch_size=8, epochs=20, callbacks=[record], verbose=0)
    # 20 steps, of which 2 warm up.
    expected = [1e-3 / 2, 1e-3] + [1e-3 * (20 - s) / 18 for s in range(3, 21)]
    np.testing.assert_allclose(rates, expected, atol=1e-9)
    # A second `fit` plans anew from where the first ended.
    model.fit(TEXTS, LABELS, batch_size=8, epochs=4, callbacks=[record], verbose=0)
    np.testing.assert_allclose(rates[20:], [1e-3 * (4 - s) / 4 for s in range(1, 5)], atol=1e-9)
    excluded = [
        v.path for v in model.trainable_variables if not model.optimizer._use_weight_decay(v)
    ]
    assert len(excluded) == 2 + (6 + 4) + 1 + 1  # LayerNorms have two, dense layers a bias
    assert all(path.split("/")[-1] in ("bias", "gamma", "beta") for path in excluded)


def test_own_compile_arguments():
    model = make_classifier(classes=None, num_classes=2)
    model.compile("sgd", keras.losses.CategoricalCrossentropy(from_logits=True), metrics=["mse"])
    history = model.fit(TEXTS, np.eye(2)[LABELS], verbose=0).history
    assert set(history) == {"loss", "mse"}


def test_a_dataset_of_unknown_length_needs_steps_or_an_optimizer():
    batch = (pack(TEXTS[:3]), np.array(LABELS[:3]))
    model = make_classifier()
    with pytest.raises(ValueError, match="`steps_per_epoch`"):
        model.fit(iter([batch] * 2), verbose=0)
    model.compile("adam")
    history = model.fit(iter([batch] * 2), verbose=0).history
    assert np.isfinite(history["loss"]).all()


def test_validation_and_weights():
    model = make_classifier()
    history = model.fit(
        TEXTS,
        LABELS,
        validation_data=(TEXTS[:3], LABELS[:3]),
        class_weight={0: 1.0, 1: 2.0},
        verbose=0,
    )
    names = {"loss", "accuracy", "f1"}
    assert set(history.history) == names | {f"val_{name}" for name in names}
    history = model.fit(TEXTS, LABELS, validation_split=0.25, verbose=0).history
    loss, accuracy, _ = model.evaluate(TEXTS[6:], LABELS[6:], verbose=0)
    assert history["val_loss"][0] == pytest.approx(loss, abs=1e-5)
    assert history["val_accuracy"][0] == pytest.approx(accuracy)


def test_sample_weight():
    losses = {}
    for weight in (1.0, 3.0):
        model = make_classifier()
        losses[weight] = model.fit(
            TEXTS, LABELS, sample_weight=np.full(8, weight), batch_size=8, verbose=0
        ).history["loss"][0]
    assert losses[3.0] == pytest.approx(3 * losses[1.0], rel=1e-5)


@pytest.mark.parametrize("make", [make_classifier, make_regressor])
def test_keras_file_restores_training(make, tmp_path):
    model = make()
    y = LABELS if make is make_classifier else [float(label) for label in LABELS]
    model.compile(learning_rate=1e-2)
    model.fit(PAIRS, y, batch_size=3, epochs=2, verbose=0)
    loaded = check_keras_file(model, PAIRS, tmp_path / "model.keras")
    assert loaded.tokenizer.get_config() == model.tokenizer.get_config()
    config = loaded.optimizer.get_config()
    assert config == model.optimizer.get_config()
    assert len(loaded.optimizer.variables) == len(model.optimizer.variables) > 10
    assert (
        largest_difference(
            [v.value for v in loaded.optimizer.variables],
            [v.value for v in model.optimizer.variables],
        )
        == 0
    )
    # One more step moves both to the same place: loss, clipping and decay came back too.
    for one in (model, loaded):
        one.fit(pack(TEXTS), np.array(y), batch_size=8, shuffle=False, verbose=0)
    assert largest_difference(model.get_weights(), loaded.get_weights()) < 1e-6


def test_a_frozen_backbone_stays():
    model = make_classifier()
    model.backbone.trainable = False
    before = [keras.ops.convert_to_numpy(w) for w in model.backbone.weights]
    model.fit(TEXTS, LABELS, verbose=0)
    after = [keras.ops.convert_to_numpy(w) for w in model.backbone.weights]
    assert all((a == b).all() for a, b in zip(before, after, strict=True))
    assert len(model.trainable_variables) == 2


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_half_precision(policy):
    if keras.backend.backend() == "jax" and policy == "mixed_float16":
        pytest.skip("XLA on a CPU has no float16 product with float32 sums, which attention uses")
    model = make_classifier(backbone=make_backbone(dtype=policy))
    history = model.fit(TEXTS, LABELS, epochs=2, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    assert model.predict(TEXTS, verbose=0).dtype == np.float32
    is_scaled = isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    assert is_scaled == (policy == "mixed_float16")


def test_sequence_length_cuts():
    model = make_classifier(sequence_length=4)
    long, cut = "good film good film good", "good film"
    assert largest_difference(*(model.predict([text], verbose=0) for text in (long, cut))) < 1e-6


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([], "must hold at least one text"),
        (["good", None], "at position 1"),
        (["good", b"bad"], "at position 1"),
        ("good", "`x` must be a list of str"),
        ({**pack(TEXTS), "token_ids": pack(TEXTS)["token_ids"] + 17}, "`token_ids` must lie"),
    ],
)
def test_bad_inputs(x, message):
    model = make_classifier()
    for call in (model.predict, model.evaluate, model.fit):
        with pytest.raises(ValueError, match=message):
            call(x, verbose=0)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (LABELS[:3], "Received: 8 in x, 3 in y"),
        ([*LABELS[:7], 2], "row 7 is 2"),
        (np.eye(2)[LABELS], r"y of shape \(8, 2\)"),
        (["negative"] * 7 + ["neutral"], "row 7 is 'neutral'"),
    ],
)
def test_bad_labels(y, message):
    model = make_classifier()
    for call in (model.evaluate, model.fit):
        with pytest.raises(ValueError, match=message):
            call(TEXTS, y, verbose=0)


def test_bad_calls():
    with pytest.raises(ValueError, match="must have a tokenizer"):
        make_classifier(tokenizer=False).predict(TEXTS, verbose=0)
    with pytest.raises(ValueError, match="must be part of it"):
        make_classifier().fit(iter([]), LABELS)
    for x in (TEXTS, pack(TEXTS)):
        for call in (make_classifier().fit, make_classifier().evaluate):
            with pytest.raises(ValueError, match="`y` must be given"):
                call(x, verbose=0)


@pytest.mark.parametrize("sequence_length", [2, 33, 8.0, "8"])
def test_bad_sequence_length(sequence_length):
    with pytest.raises(ValueError, match=r"`sequence_length` must lie in 3..32"):
        make_classifier(sequence_length=sequence_length)


def test_a_tokenizer_with_too_many_pieces():
    backbone = make_backbone(vocabulary_size=10)
    with pytest.raises(ValueError, match="must not know more pieces"):
        make_classifier(backbone=backbone)


def test_pairs_need_two_segments():
    model = BertTextRegressor(make_backbone(num_segments=1), make_tokenizer())
    with pytest.raises(ValueError, match="must have two segments to take pairs"):
        model.predict(PAIRS, verbose=0)


@pytest.mark.parametrize("batch_size", [0, -1, 1.5])
def test_a_bad_batch_size(batch_size):
    with pytest.raises(ValueError, match="`batch_size` must be a positive integer"):
        make_regressor().predict(TEXTS, batch_size=batch_size, verbose=0)


def test_weights_have_the_shape_of_rows_or_targets():
    x = PACKER(make_tokenizer()(TEXTS))
    for shape in ((7,), (8, 2), (8, 1, 1)):
        with pytest.raises(ValueError, match="`sample_weight` must have the shape"):
            make_regressor().fit(x, [1.0] * 8, sample_weight=np.ones(shape), verbose=0)


def test_a_loss_like_the_default_takes_the_same_targets():
    model = make_regressor()
    for loss, same in (
        ("auto", True),
        (keras.losses.MeanSquaredError(), True),
        (keras.losses.Huber(), False),
        ("mse", False),
    ):
        model.compile(loss=loss)
        assert model.encodes_targets == same
