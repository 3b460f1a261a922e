import importlib.util
import json
import os
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest

import kerabert
from kerabert.corpora import PretrainingBatches, write_shard
from tests.checks import REPOSITORY, to_numpy
from tests.corpora.batch_digest import digest_batches
from tests.corpora.corpus import SIZE, make_documents, make_tokenizer

pytest.importorskip("pyarrow")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shards")
    for number in range(3):
        documents = make_documents(seed=number)
        names = [f"{number}:{i}" for i in range(len(documents))]
        write_shard(folder / f"{number}.parquet", documents, names, make_tokenizer())
    return folder


def make(folder, **kwargs):
    settings = {"sequence_length": 32, "batch_size": 8, "steps_per_epoch": 20}
    return PretrainingBatches(folder, make_tokenizer(), **{**settings, **kwargs})


def flat(batch):
    x, y, weight = batch
    rest = {f"y/{key}": value for key, value in y.items()}
    return x | rest | {f"weight/{key}": value for key, value in weight.items()}


def are_equal(one, other):
    one, other = flat(one), flat(other)
    return one.keys() == other.keys() and all(np.array_equal(one[k], other[k]) for k in one)


def test_shapes(folder):
    x, y, weight = make(folder)[0]
    masks = x["mask_positions"].shape[1]
    assert x["token_ids"].shape == (8, 32) and x["token_ids"].max() < SIZE
    assert set(x) == {"token_ids", "segment_ids", "padding_mask", "mask_positions"}
    assert y["masked_lm"].shape == weight["masked_lm"].shape == (8, masks)
    assert y["next_sentence"].shape == weight["next_sentence"].shape == (8,)
    hidden = x["token_ids"][x["padding_mask"]] == 4
    assert 0 < hidden.sum() <= weight["masked_lm"].sum()


def test_without_pairs(folder):
    x, y, weight = make(folder, pairs=None)[0]
    assert y.shape == weight.shape == x["mask_positions"].shape
    assert not x["segment_ids"].any()


@pytest.mark.parametrize("pack", [False, True])
@pytest.mark.parametrize("pool_tokens", [1, 2**24])
def test_a_run_goes_on_where_it_stopped(folder, pool_tokens, pack):
    settings = {"pool_tokens": pool_tokens, "steps_per_epoch": 60, "pack": pack}
    whole = make(folder, **settings)
    batches = [whole[i] for i in range(60)]
    epochs = {whole.place_of(i)[0] for i in range(60)}
    assert len(epochs) > 1  # the corpus was gone through more than once
    for stop in (1, 17, 59):
        rest = make(folder, place=whole.place_of(stop), **settings)
        assert all(are_equal(rest[i], batches[stop + i]) for i in range(60 - stop))


def test_a_state_is_found_again_by_other_batches_of_the_same_settings(folder):
    whole = make(folder, steps_per_epoch=40)
    state = json.loads(json.dumps(whole.state_at(7)))
    rest = make(folder, steps_per_epoch=40)
    rest.restore(state)
    assert all(are_equal(rest[i], whole[7 + i]) for i in range(33))
    assert rest.state_at(0) == state
    for change in ({"batch_size": 4}, {"sequence_length": 16}, {"pack": True}, {"seed": 1}):
        with pytest.raises(ValueError, match=f"`{next(iter(change))}` must be that of"):
            make(folder, **change).restore(state)


def test_packed_rows_hold_the_same_examples_with_the_same_masks(folder):
    """All of an epoch, but the rows that fill no batch: those of batch_size 1 do."""
    settings = {"batch_size": 1, "steps_per_epoch": 400}
    padded, packed = make(folder, **settings), make(folder, pack=True, **settings)
    expected, found = set(), set()
    for batches, examples in ((padded, expected), (packed, found)):
        for i in range(400):
            if batches.place_of(i)[0] == 0:
                x, y, weight = batches[i]
                ids = x.get("example_ids", x.get("padding_mask"))[0].astype(int)
                masks = np.zeros((2, 32), int)
                masks[0, x["mask_positions"][0]] = y["masked_lm"][0]  # 0 at [CLS] where weight is 0
                masks[1, x["mask_positions"][0]] = weight["masked_lm"][0]
                for number in range(ids.max()):
                    here = ids == number + 1
                    label = y["next_sentence"].ravel()[number]
                    parts = (x["token_ids"][0, here], x["segment_ids"][0, here], masks[:, here])
                    examples.add((label, *(part.tobytes() for part in parts)))
                    assert masks[1, here].any()
                    assert weight["next_sentence"].ravel()[number] == 1
                assert weight["next_sentence"].sum() == ids.max()
    assert found == expected and len(found) > 100


def test_packed_shapes(folder):
    for pairs in ("next", None):
        batches = make(folder, pack=True, max_examples=5, pairs=pairs)
        shapes = []
        for i in range(20):
            x, y, weight = batches[i]
            if pairs is None:
                y, weight = {"masked_lm": y}, {"masked_lm": weight}
            parts = {**x, **{f"y/{k}": v for k, v in y.items()}}
            parts |= {f"weight/{k}": v for k, v in weight.items()}
            shapes.append({name: part.shape for name, part in parts.items()})
        assert all(shape == shapes[0] for shape in shapes)
        rows, masks = {"token_ids", "segment_ids", "example_ids"}, {"mask_positions"}
        assert set(x) == rows | masks | {"example_starts"}
        assert all(shapes[0][name] == (8, 32) for name in rows)
        assert shapes[0]["example_starts"] == (8, 5)
        if pairs is not None:
            assert shapes[0]["y/next_sentence"] == shapes[0]["weight/next_sentence"] == (8, 5)


def test_packed_rows_have_little_padding(folder):
    shares = {}
    for pack in (False, True):
        batches = make(folder, pack=pack, steps_per_epoch=12)
        shares[pack] = np.mean([(batches[i][0]["token_ids"] == 0).mean() for i in range(12)])
    assert shares[True] < 0.05 < 0.2 < shares[False]


def test_packed_masks_are_fifteen_percent(folder):
    """Of examples that have more than the six tokens of which one is masked at least."""
    masks, share, variance = 0.0, 0.0, 0.0
    batches = make(folder, pack=True, sequence_length=96, steps_per_epoch=40)
    for i in range(40):
        x, _, weight = batches[i]
        hidden = np.zeros(x["token_ids"].shape)
        np.put_along_axis(hidden, x["mask_positions"], weight["masked_lm"], axis=1)
        hidden[:, 0] = 0  # where the filling points to
        for row in range(8):
            for example in range(1, x["example_ids"][row].max() + 1):
                here = x["example_ids"][row] == example
                n = here.sum() - 3
                if n >= 7:
                    masks += hidden[row, here].sum()
                    share += 0.15 * n
                    variance += (0.15 * n % 1) * (1 - 0.15 * n % 1)
    assert abs(masks - share) < 4 * variance**0.5


def test_epochs_differ_and_hold_the_same_documents(folder):
    batches = make(folder, steps_per_epoch=400)
    by_epoch = {}
    for i in range(400):
        epoch = batches.place_of(i)[0]
        by_epoch.setdefault(epoch, []).append(batches[i])
    first, second = (by_epoch[epoch] for epoch in (0, 1))
    assert not any(are_equal(a, b) for a, b in zip(first, second, strict=False))
    used = [
        np.unique(np.concatenate([b[0]["token_ids"] for b in part])) for part in (first, second)
    ]
    assert len(used[0]) > 0.9 * SIZE and len(used[1]) > 0.9 * SIZE


def test_seeds_differ(folder):
    assert not are_equal(make(folder, seed=1)[0], make(folder)[0])
    assert are_equal(make(folder, seed=1)[3], make(folder, seed=1)[3])


def test_keras_takes_its_epochs_in_order(folder):
    batches = make(folder, steps_per_epoch=3)
    expected = make(folder, steps_per_epoch=9)
    model = kerabert.BertPretrainer(kerabert.BertBackbone(SIZE, 8, 1, 2, 8, dropout_rate=0.0))
    history = model.fit(batches, epochs=2, verbose=0)
    assert batches.place_of(0) == expected.place_of(6)
    assert set(history.history) >= {
        "loss",
        "masked_lm_loss",
        "masked_lm_accuracy",
        "next_sentence_loss",
        "next_sentence_accuracy",
    }
    assert np.isfinite(history.history["loss"]).all()
    outputs = to_numpy(model(batches[0][0]))
    assert outputs["masked_lm"].shape[-1] == SIZE


@pytest.mark.parametrize("pairs", ["next", None])
def test_models_train_on_packed_rows(folder, pairs):
    task = kerabert.BertMaskedLM if pairs is None else kerabert.BertPretrainer
    backbone = kerabert.BertBackbone(SIZE, 8, 1, 2, 8, dropout_rate=0.0)
    model = task(backbone, packed=True)
    batches = make(folder, pack=True, pairs=pairs, steps_per_epoch=3)
    held_out = make(folder, pack=True, pairs=pairs, steps_per_epoch=2, seed=1)
    history = model.fit(batches, epochs=2, validation_data=held_out, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    with pytest.raises(ValueError, match="a model made with `packed=True`"):
        task(backbone).fit(batches, verbose=0)
    with pytest.raises(ValueError, match="Rows of one example"):
        model.fit(make(folder, pairs=pairs), verbose=0)


def test_shards_of_another_tokenizer(folder):
    with pytest.raises(ValueError, match=r"0\.parquet: must have been made with this tokenizer"):
        PretrainingBatches(folder, make_tokenizer(lowercase=False))


def test_bad_input(folder, tmp_path):
    with pytest.raises(ValueError, match="a folder with Parquet files"):
        make(tmp_path)
    with pytest.raises(ValueError, match=r"must be files. Received: .*gone"):
        make([tmp_path / "gone.parquet"])
    with pytest.raises(ValueError, match="must fill a batch"):
        make(folder, batch_size=10_000)[0]
    with pytest.raises(IndexError):
        make(folder)[20]


def test_a_vanished_shard(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "copy")
    batches = make(tmp_path / "copy")
    (tmp_path / "copy" / "1.parquet").unlink()
    with pytest.raises(ValueError, match=r"1\.parquet"):
        batches[0]


@pytest.mark.parametrize("change", ["unlink", "replace", "damage"])
def test_a_shard_that_changes_while_training_goes_on(folder, tmp_path, change):
    shutil.copytree(folder, tmp_path / "copy")
    batches = make(tmp_path / "copy", pool_tokens=1, steps_per_epoch=400)
    first, second = (batches._pools(0)[pool][0] for pool in (0, 1))
    paths = [tmp_path / "copy" / f"{shard}.parquet" for shard in (first, second)]
    expected = batches[0]
    if change == "unlink":
        paths[1].unlink()
    elif change == "replace":
        shutil.copy(paths[0], paths[1])
    else:
        paths[1].write_bytes(paths[1].read_bytes()[:-100])
    last = next(i for i in range(400) if batches.place_of(i + 1)[1] == 1)
    assert are_equal(batches[0], expected) and batches[last]  # what is in memory goes on
    with pytest.raises(ValueError, match=rf"{second}\.parquet: "):
        batches[last + 1]


@pytest.mark.parametrize("pack", ["", "packed"])
def test_every_backend_has_the_same_batches(folder, pack):
    """Byte for byte those of a process on another backend; and of a run that stopped thrice."""
    backend = keras.backend.backend()
    others = [name for name in ("jax", "torch", "tensorflow") if name != backend]
    other = next((name for name in others if importlib.util.find_spec(name)), backend)
    command = [sys.executable, "-m", "tests.corpora.batch_digest", str(folder), pack]
    environment = os.environ | {"KERAS_BACKEND": other, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        command, env=environment, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True
    )
    digest = digest_batches(folder, bool(pack))
    print(f"{backend} {pack or 'one a row'}: {digest}")
    assert done.stdout.split() == [digest]
    assert digest_batches(folder, bool(pack), stops=(1, 77, 150)) == digest
