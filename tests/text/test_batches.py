import copy
import json
import pickle
import random
import time
import warnings

import keras
import numpy as np
import pytest

from kerabert.text import SequencePacker, TokenBatches

PACKER = SequencePacker(start_id=1, separator_id=2, padding_id=0, sequence_length=40)
LENGTHS = np.random.default_rng(0).integers(0, 60, 53)
# Row i is [100 + i, 3, 3, ...] with the target i: a batch tells which rows it holds.
ROWS = [[100 + i] + [3] * int(n) for i, n in enumerate(LENGTHS)]


def make(rows=ROWS, **options):
    options = {"packer": PACKER, "batch_size": 8, "y": np.arange(len(rows)), **options}
    return TokenBatches(rows, **options)


def rows_of(batches):
    """The rows of each batch, from the targets; the inputs must be of the same rows."""
    result = []
    for x, y in batches:
        assert (x["token_ids"][:, 1] == 100 + y).all()
        result.append(y.tolist())
    return result


def flat(lists):
    return [row for rows in lists for row in rows]


def epoch_rows(epoch, **options):
    return rows_of(make(epoch=epoch, **options))


class Mean(keras.Model):
    """The smallest model that takes the batches."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1)

    def call(self, x):
        return self.dense(keras.ops.mean(keras.ops.cast(x["token_ids"], "float32"), 1, True))


class Largest(keras.metrics.Metric):
    """The largest target of a batch: which batch the model saw."""

    def __init__(self):
        super().__init__(name="largest")
        self.value = self.add_variable((), "zeros", name="value")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.value.assign(keras.ops.max(keras.ops.cast(y_true, "float32")))

    def result(self):
        return self.value + 0.0

    def reset_state(self):
        self.value.assign(0.0)


class Recorder(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.epochs = []

    def on_epoch_begin(self, epoch, logs=None):
        self.epochs.append([])

    def on_train_batch_end(self, batch, logs=None):
        self.epochs[-1].append(int(logs["largest"]))


def compiled():
    model = Mean()
    model.compile("sgd", "mse", metrics=[Largest()])
    return model


def fit(batches, epochs, model=None, **options):
    """The largest target of each batch that `fit` saw, epoch by epoch."""
    recorder = Recorder()
    options = {"shuffle": False, "verbose": 0, **options}
    (model or compiled()).fit(batches, epochs=epochs, callbacks=[recorder], **options)
    return recorder.epochs


def largest(epoch):
    return [max(rows) for rows in epoch]


# One epoch.


@pytest.mark.parametrize("num_rows", [1, 7, 8, 9, 16, 53])
@pytest.mark.parametrize("options", [{}, {"shuffle": False}, {"shuffle": False, "sort": False}])
def test_every_row_once(options, num_rows):
    batches = make(ROWS[:num_rows], **options)
    rows = rows_of(batches)
    assert len(rows) == len(batches) == -(-num_rows // 8)
    assert sorted(flat(rows)) == list(range(num_rows))
    assert flat(rows) == batches.order.tolist()
    assert all(len(batch) == 8 for batch in rows if batch is not min(rows, key=len))


@pytest.mark.parametrize("num_buckets", [1, 2, 3, 8])
@pytest.mark.parametrize("shuffle", [True, False])
def test_few_shapes_in_all_epochs(num_buckets, shuffle):
    batches = make(num_buckets=num_buckets, shuffle=shuffle)
    assert len(batches.boundaries) <= num_buckets
    assert all(boundary % 8 == 0 for boundary in batches.boundaries)
    seen = set()
    for epoch in range(12):
        batches.seek(epoch)
        shapes = [x["token_ids"].shape for x, _ in batches]
        seen.update(shapes)
        assert sum(size != 8 for size, _ in shapes) == 1
        if shuffle:  # the batch that is not full is one of the longest
            assert [length for size, length in shapes if size != 8] == [batches.boundaries[-1]]
    assert len(seen) <= num_buckets + 1
    assert sorted(seen) == batches.shapes


def test_padding_fraction_is_what_the_masks_say():
    for options in ({}, {"shuffle": False}, {"num_buckets": 1}):
        batches = make(**options)
        masks = [x["padding_mask"] for x, _ in batches]
        padded = 1 - sum(m.sum() for m in masks) / sum(m.size for m in masks)
        assert batches.padding_fraction == pytest.approx(padded)
    assert make(num_buckets=8).padding_fraction < 0.7 * make(num_buckets=1).padding_fraction


def test_inputs_are_what_the_packer_makes():
    second = [[9] * (n % 5) for n in range(len(ROWS))]
    x, y = TokenBatches(ROWS, second, packer=PACKER, y=np.arange(53), batch_size=8)[2]
    expected = PACKER(
        [ROWS[row] for row in y], [second[row] for row in y], length=x["token_ids"].shape[1]
    )
    assert list(x) == list(expected)
    assert all((x[name] == expected[name]).all() for name in x)
    assert all(x[name].dtype == expected[name].dtype for name in x)


def test_order_without_shuffle():
    longest_first = make(shuffle=False)
    tokens = longest_first.num_tokens[longest_first.order]
    assert (np.diff(tokens) <= 0).all()
    assert longest_first[0][0]["token_ids"].shape == (8, 40)
    assert make(shuffle=False, sort=False).order.tolist() == list(range(53))


def test_boundaries_of_ones_own():
    batches = make(boundaries=[10, 40])
    assert {x["token_ids"].shape[1] for x, _ in batches} == {10, 40}
    for boundaries in ([], [40, 10], [10, 39], [10, 48], [0, 40], [8.0, 40.0], [8, 8, 40], 40):
        with pytest.raises(ValueError, match="`boundaries` must be increasing integers"):
            make(boundaries=boundaries)


# Targets.


def test_targets_and_weights_in_structures():
    n = len(ROWS)
    y = {"a": np.arange(n), "b": (np.arange(n) * 2.0, list(range(0, 3 * n, 3)))}
    x, y, weight = make(y=y, sample_weight=np.arange(n) / 4)[3]
    rows = x["token_ids"][:, 1] - 100
    assert y["a"].tolist() == rows.tolist()
    assert y["b"][0].tolist() == (rows * 2.0).tolist()
    assert y["b"][1].tolist() == (rows * 3).tolist()
    assert weight.tolist() == (rows / 4).tolist()
    (x,) = make(y=None)[0]
    assert x["token_ids"].shape[0] == 8


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"y": np.zeros(52)}, r"`y` must have one row .*shape \(52,\), len\(first\)=53"),
        ({"y": np.float32(1)}, r"`y` must have one row .*shape \(\), len\(first\)=53"),
        ({"y": {"a": np.zeros(53), "b": np.zeros(2)}}, r"`y\['b'\]` must have one row"),
        ({"y": ["a"] * 53}, "`y` must hold numbers"),
        ({"y": [None] * 53}, "`y` must hold numbers"),
        ({"sample_weight": [1.0]}, r"`sample_weight` must have one row .*len\(first\)=53"),
        ({"y": None, "sample_weight": np.ones(53)}, "`sample_weight` must come with `y`"),
        ({"batch_size": 0}, "`batch_size` must be an integer of 1 or more"),
        ({"num_buckets": 0}, "`num_buckets` must be"),
        ({"seed": -1}, "`seed` must be"),
        ({"seed": None}, "`seed` must be"),
        ({"epoch": -1}, "`epoch` must be"),
        ({"first_step": 7}, "`first_step` must be less than the number of batches, 7"),
        ({"workers": 0}, "`workers` must be"),
        ({"max_queue_size": 0}, "`max_queue_size` must be"),
    ],
)
def test_bad_arguments_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        make(**options)


def test_bad_rows_are_refused():
    with pytest.raises(ValueError, match="`first` must hold at least one row"):
        make([])
    with pytest.raises(ValueError, match=r"Received: -3 in first\[1\]"):
        make([[1], [-3]])
    strict = SequencePacker(1, 2, 0, 40, truncation=False)
    with pytest.raises(ValueError, match="must fit into `sequence_length`"):
        make(packer=strict)


def test_there_is_no_batch_beyond_the_last():
    batches = make()
    for index in (-1, 7):
        with pytest.raises(IndexError, match=rf"0..6. Received: index={index}"):
            batches[index]


def test_token_id_range():
    assert make().token_id_range.tolist() == [0, 152]
    batches = TokenBatches([[5], []], [[400], []], packer=PACKER)
    assert batches.token_id_range.tolist() == [0, 400]
    assert TokenBatches([[], []], packer=PACKER).token_id_range.tolist() == [0, 2]


# Epochs.


def test_the_order_is_a_function_of_seed_and_epoch():
    assert epoch_rows(0) == epoch_rows(0)
    orders = [epoch_rows(epoch, seed=seed) for seed in (0, 1) for epoch in (0, 1, 2)]
    assert len({str(order) for order in orders}) == 6
    # Written down, so that every backend, machine and version must agree.
    assert epoch_rows(3)[1] == [26, 11, 35, 45, 49, 46, 47, 9]
    batches = make(epoch=5)
    assert (batches.epoch, batches.first_step) == (5, 0)
    batches.seek(2)
    assert rows_of(batches) == orders[2]


def test_first_step_goes_on_where_it_stopped():
    stream = [rows for epoch in range(4) for rows in epoch_rows(epoch)]
    for step in range(7):
        batches = make(epoch=1, first_step=step)
        assert (batches.epoch, batches.first_step) == (1, step)
        assert rows_of(batches) == stream[7 + step : 14 + step]
        assert batches.order.tolist() == flat(stream[7 + step : 14 + step])


def test_looking_changes_nothing():
    batches = make()
    expected = epoch_rows(0)
    for _ in range(3):
        assert rows_of(batches) == expected
    batches.on_epoch_end()  # as Keras does before the first epoch of a `fit`
    assert rows_of(batches) == expected


def test_copies_give_the_same():
    for workers in (1, 3):
        batches = make(epoch=1, workers=workers)
        batches[0]
        for twin in (copy.deepcopy(batches), pickle.loads(pickle.dumps(batches))):
            assert rows_of(twin) == epoch_rows(1)


# Keras.


@pytest.mark.parametrize("workers", [1, 3])
def test_fit_sees_each_epoch_whole_and_in_order(workers):
    expected = [largest(epoch_rows(epoch)) for epoch in range(4)]
    model = compiled()
    batches = make(workers=workers)
    assert fit(batches, 3, model) == expected[:3]
    assert batches.epoch == 3
    # The next `fit`, with a model that needs no building any more, goes on.
    assert fit(batches, 1, model) == expected[3:]
    # A new object with a new model takes up any epoch.
    assert fit(make(workers=workers, epoch=2), 2) == expected[2:]


@pytest.mark.parametrize("workers", [1, 3])
def test_fit_from_a_step(workers):
    stream = [row for epoch in range(3) for row in largest(epoch_rows(epoch))]
    assert fit(make(first_step=4, workers=workers), 2) == [stream[4:11], stream[11:18]]
    # The rest of the epoch, then whole epochs: in step with Keras.
    model = compiled()
    rest = fit(make(first_step=4, workers=workers), 1, model, steps_per_epoch=3)
    whole = fit(make(epoch=1, workers=workers), 2, model)
    assert rest + whole == [stream[4:7], stream[7:14], stream[14:21]]


def test_fit_in_parts_of_an_epoch():
    stream = [row for epoch in range(2) for row in largest(epoch_rows(epoch))]
    # 7 steps a pass: 7 Keras epochs of 2 would end in the middle of one.
    batches = make(workers=3)
    seen = fit(batches, 7, steps_per_epoch=1)
    assert flat(seen) == stream[:7]
    assert batches.epoch == 1


def test_a_fit_that_was_stopped_begins_its_epoch_again():
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 3:
                raise KeyboardInterrupt

    expected = [largest(epoch_rows(epoch)) for epoch in range(3)]
    batches = make()
    model = compiled()
    assert fit(batches, 1, model) == expected[:1]
    with pytest.raises(KeyboardInterrupt):
        model.fit(batches, epochs=1, verbose=0, shuffle=False, callbacks=[Stop()])
    assert fit(batches, 2, model) == expected[1:]


def test_keras_own_shuffle_takes_every_batch_once():
    random.seed(0)
    seen = fit(make(), 2, shuffle=True)
    expected = [largest(epoch_rows(epoch)) for epoch in range(2)]
    assert [sorted(epoch) for epoch in seen] == [sorted(epoch) for epoch in expected]


def test_the_batch_that_keras_looks_at_is_not_counted(monkeypatch):
    # The look takes batch 6, which comes last in the pass: it must not end the pass early.
    turns = iter([list.reverse, list.sort, list.sort, list.sort])
    monkeypatch.setattr(random, "shuffle", lambda indices: next(turns)(indices))
    seen = fit(make(), 7, shuffle=True, steps_per_epoch=1)
    assert sorted(flat(seen)) == sorted(largest(epoch_rows(0)))


def test_a_second_batch_as_long_as_the_first():
    # Keras on TensorFlow takes the shape of the first two batches for that of all.
    lengths = [29] * 16 + [4] * 16
    rows = [[100 + i] + [3] * n for i, n in enumerate(lengths)]
    batches = make(rows, shuffle=False)
    assert [x["token_ids"].shape[1] for x, _ in batches] == [32, 32, 8, 8]
    assert fit(batches, 2) == [[7, 15, 23, 31]] * 2
    # Also where the pass before was not finished.
    batches.on_epoch_begin()
    assert fit(batches, 1) == [[7, 15, 23, 31]]
    assert [x["token_ids"].shape[1] for x, _ in batches] == [32, 32, 8, 8]


def test_one_batch():
    rows = ROWS[:5]
    assert fit(make(rows), 3) == [[4]] * 3
    assert rows_of(make(rows, epoch=3)) == rows_of(make(rows))


@pytest.mark.parametrize("options", [{"shuffle": False}, {"workers": 2}])
def test_predict_can_be_put_back_in_order(options):
    model = compiled()
    batches = make(**options)
    place = np.argsort(batches.order)
    sums = PACKER(ROWS)["token_ids"].sum(axis=1, keepdims=True)
    lengths = np.concatenate([np.full((len(y), 1), x["token_ids"].shape[1]) for x, y in batches])
    outputs = model.predict(batches, verbose=0)
    expected = sums / lengths[place] * keras.ops.convert_to_numpy(model.dense.kernel)
    np.testing.assert_allclose(outputs[place], expected, rtol=1e-4)


def test_evaluate_and_validation_data():
    model = compiled()
    batches = make(shuffle=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        logs = [model.evaluate(batches, verbose=0, return_dict=True)["loss"] for _ in range(2)]
        model.fit(make(), epochs=2, shuffle=False, validation_data=batches, verbose=0)
    assert logs[0] == pytest.approx(logs[1])


def test_a_batch_is_packed_in_well_under_a_millisecond():
    rows = [[7] * int(n) for n in np.random.default_rng(0).integers(5, 40, 4096)]
    batches = TokenBatches(rows, packer=PACKER, y=np.zeros(4096))
    batches[0]
    times = []
    for index in range(len(batches)):
        begin = time.perf_counter()
        batches[index]
        times.append(time.perf_counter() - begin)
    assert min(times) < 1e-3


@pytest.mark.parametrize("step", [0, 3])
def test_a_state_is_found_again_by_batches_of_another_seed(step):
    whole = make(seed=3, epoch=2)
    rest = make(seed=9)
    rest.restore(json.loads(json.dumps(whole.state_at(step))))
    expected = rows_of(whole)[step:]
    assert rows_of(rest)[: len(expected)] == expected
    assert rest.state_at(0) == whole.state_at(step)
