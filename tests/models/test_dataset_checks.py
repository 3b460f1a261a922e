"""Every kind of dataset is checked as arrays are, and is otherwise what it was."""

import keras
import numpy as np
import pytest

from kerabert.models.dataset_checks import check_dataset, raises_refusals
from kerabert.models.inputs import check_arrays
from kerabert.text.batches import TokenBatches
from tests.checks import largest_difference
from tests.models.test_task import PACKER, make_classifier, pack
from tests.tiny import LABELS, TEXTS, VOCABULARY, make_backbone

X, Y = pack(TEXTS), np.array(LABELS)
BAD_LAST_ROW = {**X, "token_ids": np.concatenate([X["token_ids"][:-1], X["token_ids"][-1:] + 17])}
OUT_OF_RANGE = r"^`token_ids` must lie in 0..16. Received: token_ids from 0 to "


def batches_of(x):
    """Two batches of 4 rows, so that backends which compile have one shape to compile."""
    return [({name: v[i : i + 4] for name, v in x.items()}, Y[i : i + 4]) for i in (0, 4)]


class Batches(keras.utils.PyDataset):
    def __init__(self, x):
        super().__init__()
        self.batches = batches_of(x)

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, index):
        return self.batches[index]


def tf_data(x):
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices((x, Y)).batch(4).prefetch(2)


class Rows:
    """What PyTorch's and grain's loaders read from."""

    def __init__(self, x):
        self.x = x

    def __len__(self):
        return len(Y)

    def __getitem__(self, row):
        return {name: values[row] for name, values in self.x.items()}, Y[row]


def data_loader(x, **options):
    data = pytest.importorskip("torch.utils.data")
    return data.DataLoader(Rows(x), batch_size=4, **options)


def grain_map(x):
    return pytest.importorskip("grain").MapDataset.source(Rows(x)).batch(4)


def grain_iter(x):
    return grain_map(x).to_iter_dataset()


def grain_loader(x):
    grain = pytest.importorskip("grain")
    sampler = grain.samplers.SequentialSampler(len(Y), grain.sharding.NoSharding())
    batch = grain.transforms.Batch(4)
    return grain.DataLoader(data_source=Rows(x), sampler=sampler, operations=[batch])


DATASETS = [Batches, tf_data, data_loader, grain_map, grain_iter, grain_loader]
CALLS = ["fit", "evaluate", "predict", "validation"]


def call(model, name, dataset):
    if name == "validation":
        options = {"validation_data": dataset, "validation_batch_size": 4}
        return model.fit(X, Y, batch_size=4, verbose=0, **options)
    options = {"steps_per_epoch": 2} if name == "fit" else {}
    return getattr(model, name)(dataset, verbose=0, **options)


@pytest.fixture(scope="module")
def compiled():
    """As users have it: compiled by the backend, not eager. Once, since that takes seconds."""
    model = make_classifier()
    model.compile("sgd")
    return model, model.get_weights()


@pytest.fixture
def model(compiled):
    model, weights = compiled
    model.set_weights(weights)
    return model


@pytest.mark.parametrize("make", DATASETS)
def test_ids_out_of_range_are_refused(make, model):
    dataset = make(BAD_LAST_ROW)
    for name in CALLS:
        before = model.get_weights()
        with pytest.raises(ValueError, match=OUT_OF_RANGE):
            call(model, name, dataset)
        if name in ("evaluate", "predict"):
            assert largest_difference(model.get_weights(), before) == 0


def test_a_generator_is_checked(model):
    for method in (model.fit, model.evaluate, model.predict):
        with pytest.raises(ValueError, match=OUT_OF_RANGE):
            method((batch for batch in batches_of(BAD_LAST_ROW)), verbose=0)


@pytest.mark.parametrize("built", [False, True])
@pytest.mark.parametrize("make", [Batches, tf_data, data_loader, grain_map])
def test_wrong_keys_and_shapes_are_refused(make, built, model):
    if not built:
        model = make_classifier()
        model.compile("sgd")
    wrong = [
        ({"token_ids": X["token_ids"]}, "must have the keys"),
        ({**X, "other": X["token_ids"]}, "must have the keys"),
        ({**X, "padding_mask": X["padding_mask"][:, :3]}, r"padding_mask \(4, 3\)"),
        ({name: values[:, 0] for name, values in X.items()}, r"token_ids \(4,\)"),
        ({name: np.tile(values, (1, 2)) for name, values in X.items()}, "Received: 64 tokens"),
    ]
    for x, message in wrong:
        for name in ("fit", "predict"):
            with pytest.raises(ValueError, match=message):
                call(model, name, make(x))


def test_inputs_that_are_no_dict_are_refused(model):
    ids = X["token_ids"]
    tf = pytest.importorskip("tensorflow")
    ragged = {**X, "token_ids": tf.RaggedTensor.from_tensor(ids)}
    for dataset, message in (
        (iter([(ids, Y)]), "must yield a dict of arrays"),
        (tf.data.Dataset.from_tensor_slices((ids, Y)).batch(4), "must yield a dict of arrays"),
        (tf.data.Dataset.from_tensor_slices((ragged, Y)).batch(4), "dense.* token_ids Ragged"),
    ):
        with pytest.raises(ValueError, match=message):
            model.fit(dataset, steps_per_epoch=1, verbose=0)


@pytest.fixture(scope="module")
def expected(compiled):
    """What arrays give."""
    model, weights = compiled
    model.set_weights(weights)
    outputs = model.predict(X, batch_size=4, verbose=0)
    accuracy = model.evaluate(X, Y, batch_size=4, verbose=0)[1]
    history = model.fit(X, Y, batch_size=4, epochs=2, shuffle=False, verbose=0).history
    return outputs, accuracy, history["loss"]


@pytest.mark.parametrize("make", DATASETS)
def test_good_datasets_give_what_arrays_give(make, expected, model):
    outputs, accuracy, losses = expected
    dataset = make(X)
    for _ in range(2):
        assert largest_difference(model.predict(dataset, verbose=0), outputs) < 1e-5
    assert model.evaluate(dataset, verbose=0)[1] == pytest.approx(accuracy)
    history = model.fit(dataset, epochs=2, shuffle=False, verbose=0).history
    np.testing.assert_allclose(history["loss"], losses, rtol=1e-5)


def check(x):
    check_arrays(x, make_backbone())


def checked(dataset):
    return check_dataset(dataset, check, len(VOCABULARY))


def test_tf_data_stays_what_it_was():
    tf = pytest.importorskip("tensorflow")
    dataset = tf_data(X)
    result = checked(dataset)
    assert result.element_spec == dataset.element_spec and len(result) == 2
    for shape in (lambda x, y: x, lambda x, y: (x,), lambda x, y: (x, y, y)):
        changed = dataset.map(shape)
        assert checked(changed).element_spec == changed.element_spec
        assert len(list(checked(changed))) == 2
    assert checked(dataset.repeat()).cardinality() == tf.data.INFINITE_CARDINALITY


def test_a_data_loader_stays_what_it_was():
    torch = pytest.importorskip("torch")
    loader = data_loader(X, shuffle=True, generator=torch.Generator().manual_seed(3))
    result = checked(loader)
    assert isinstance(result, torch.utils.data.DataLoader)
    assert len(result) == 2 and result.batch_size == 4 and result.dataset is loader.dataset
    orders = [torch.cat([batch[0]["token_ids"] for batch in result]) for _ in range(2)]
    assert (orders[0] != orders[1]).any()
    loader.generator.manual_seed(3)
    assert (torch.cat([batch[0]["token_ids"] for batch in loader]) == orders[0]).all()


@pytest.mark.parametrize("options", [{}, {"persistent_workers": True}])
def test_a_data_loader_with_workers(options, model):
    loader = data_loader(BAD_LAST_ROW, num_workers=1, **options)
    with pytest.raises(ValueError, match=OUT_OF_RANGE):
        model.predict(loader, verbose=0)
    outputs = model.predict(data_loader(X, num_workers=1, **options), verbose=0)
    assert largest_difference(outputs, model.predict(X, batch_size=4, verbose=0)) < 1e-5


def test_a_data_loader_of_inputs_alone(model):
    data = pytest.importorskip("torch.utils.data")
    rows = [Rows(X)[row][0] for row in range(len(Y))]
    outputs = model.predict(data.DataLoader(rows, batch_size=4), verbose=0)
    assert largest_difference(outputs, model.predict(X, batch_size=4, verbose=0)) < 1e-5


def test_datasets_are_checked_as_they_come():
    good, bad = Batches(X), Batches({**X, "token_ids": X["token_ids"] + 20})
    result = checked(good)
    assert result.num_batches == 2
    assert result[0][0]["token_ids"] is good[0][0]["token_ids"]
    assert next(checked(iter([good[0]]))) is good[0]
    for dataset in (bad, iter([bad[0]])):
        with pytest.raises(ValueError, match="`token_ids` must lie"):
            dataset = checked(dataset)
            dataset[0] if isinstance(dataset, keras.utils.PyDataset) else next(dataset)


def test_token_batches_are_checked_at_once():
    with pytest.raises(ValueError, match=r"`token_ids` must lie in 0..16. Received: .* 0 to 99"):
        checked(TokenBatches([[5, 99]], packer=PACKER))


def test_only_refusals_replace_other_errors():
    @raises_refusals
    def read(model, batch, message):
        try:
            next(checked(iter([batch])))
        except ValueError as refusal:
            raise RuntimeError(message.format(refusal)) from refusal
        raise RuntimeError(message)

    model = make_classifier()
    good, bad = Batches(X)[0], Batches({**X, "token_ids": X["token_ids"] + 20})[0]
    for batch in (good, bad):
        with pytest.raises(RuntimeError, match="out of memory"):
            read(model, batch, "out of memory")
    with pytest.raises(ValueError, match=r"^`token_ids` must lie in 0..16. Received: \S+ from 20"):
        read(model, bad, "within the pipeline: {}")
