"""Real huggingface_hub against a fake hub on this machine, see fake_hosts.py.

The real hub is not reached.
"""

import shutil
import sys
import warnings

import pytest

from kerabert.checkpoints.formats import FORMATS
from kerabert.checkpoints.hosted.from_hugging_face import download_from_hugging_face
from kerabert.checkpoints.hosted.handles import parse_handle
from kerabert.checkpoints.preset import load_preset, save_preset
from kerabert.models.backbone import BertBackbone
from kerabert.models.text_classifier import BertTextClassifier
from kerabert.text.tokenizer import BertTokenizer
from tests.checkpoints.fake_hosts import FakeHub, read_files, running, use_hub
from tests.checkpoints.presets import (
    are_equal,
    make_backbone,
    make_classifier,
    make_plain,
    make_tokenizer,
    randomize,
)

huggingface_hub = pytest.importorskip("huggingface_hub")

# What repositories of BERTs hold besides, as the hub lists them for all-MiniLM-L6-v2 and
# Bio_ClinicalBERT.
CLUTTER = (
    ".gitattributes",
    "README.md",
    "data_config.json",
    "flax_model.msgpack",
    "graph.pbtxt",
    "model.ckpt-150000.data-00000-of-00001",
    "model.ckpt-150000.index",
    "onnx/model.onnx",
    "openvino/openvino_model.xml",
    "pytorch_model.bin",
    "rust_model.ot",
    "tf_model.h5",
    "train_script.py",
)


@pytest.fixture
def hub(tmp_path, monkeypatch):
    with running(FakeHub()) as hub:
        use_hub(monkeypatch, hub, tmp_path / "cache")
        yield hub


@pytest.fixture
def plain(tmp_path):
    """The files of a model as Hugging Face's libraries write it, and the model."""
    model = make_classifier()
    save_preset(model, tmp_path / "preset")
    make_plain(tmp_path / "preset", tmp_path / "plain")
    return read_files(tmp_path / "plain"), model


def test_only_what_makes_a_preset_is_downloaded(hub, plain, tmp_path):
    files, _ = plain
    pooling = {"modules.json": b"[]", "1_Pooling/config.json": b"{}"}
    commit = hub.put("me/bert", files | pooling | dict.fromkeys(CLUTTER, b"x"))
    directory = download_from_hugging_face(parse_handle("hf://me/bert"))
    assert directory == tmp_path / "cache" / "models--me--bert" / "snapshots" / commit
    assert set(read_files(directory)) == {*files, *pooling}
    assert (directory / "1_Pooling" / "config.json").is_symlink()


def test_a_classifier_from_the_hub(hub, plain):
    files, model = plain
    hub.put("me/bert", files)
    loaded = load_preset(BertTextClassifier, "hf://me/bert")
    assert are_equal(loaded, model) and loaded.classes == model.classes
    assert hub.token == "Bearer hf_test"
    del hub.log[:]
    assert are_equal(load_preset(BertTextClassifier, "hf://me/bert"), model)
    assert not [line for line in hub.log if line.startswith("GET /me/bert/resolve")]


def test_a_preset_of_kerabert_comes_with_what_it_lists_and_is_verified(hub, tmp_path):
    model = make_classifier()
    save_preset(model, tmp_path / "preset")
    files = read_files(tmp_path / "preset")
    hub.put("me/bert", files | {"notes.json": b"{}", "model-old.safetensors": b"x"})
    assert are_equal(load_preset(BertTextClassifier, "hf://me/bert"), model)
    directory = download_from_hugging_face(parse_handle("hf://me/bert"))
    assert set(read_files(directory)) == set(files)
    hub.put("me/bert", files | {"vocab.txt": files["vocab.txt"].replace(b"good", b"goof")})
    with pytest.raises(ValueError, match=r"vocab\.txt: must have the SHA-256"):
        load_preset(BertTextClassifier, "hf://me/bert")


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_every_format(hub, tmp_path, format):
    backbone = make_backbone(activation="gelu_new")  # Google's and KerasHub's
    model = BertTextClassifier(backbone, classes=["a", "b"], tokenizer=make_tokenizer())
    randomize(model)
    save_preset(model, tmp_path / "preset", format)
    files = read_files(tmp_path / "preset")
    hub.put("me/bert", files | dict.fromkeys(CLUTTER, b"x"))
    assert are_equal(load_preset(BertTextClassifier, "hf://me/bert"), model)
    # The same files, as others publish them: without a kerabert.json that lists them.
    del files["kerabert.json"]
    hub.put("me/bert", files | dict.fromkeys(CLUTTER, b"x"))
    assert set(read_files(download_from_hugging_face(parse_handle("hf://me/bert")))) == set(files)


def test_a_revision_is_pinned(hub, tmp_path):
    old, new = randomize(make_backbone(), 1), randomize(make_backbone(), 2)
    commits = []
    for model, branch in ((old, "v1"), (new, "main")):
        save_preset(model, tmp_path / "preset")
        commits.append(hub.put("me/bert", read_files(tmp_path / "preset"), branch))
    for preset, revision in (
        ("hf://me/bert@v1", None),
        (f"hf://me/bert@{commits[0]}", None),
        ("hf://me/bert", "v1"),
        ("hf://me/bert", commits[0]),
    ):
        assert are_equal(load_preset(BertBackbone, preset, revision=revision), old)
    assert are_equal(load_preset(BertBackbone, "hf://me/bert"), new)


def test_a_pull_request_is_a_revision_too(hub, plain):
    files, model = plain
    hub.put("me/bert", {"config.json": files["config.json"], "pytorch_model.bin": b"x"})
    hub.put("me/bert", files, "refs/pr/1")
    assert are_equal(load_preset(BertTextClassifier, "hf://me/bert@refs/pr/1"), model)


def test_a_tokenizer_needs_no_weights(hub, plain):
    files, _ = plain
    hub.put("me/bert", files)
    tokenizer = load_preset(BertTokenizer, "hf://me/bert")
    assert tokenizer.get_config() == make_tokenizer().get_config()
    assert not [line for line in hub.log if "safetensors" in line]
    hub.stop()
    with pytest.raises(ValueError, match="must be whole in the cache"):
        load_preset(BertTextClassifier, "hf://me/bert")
    with pytest.warns(UserWarning, match="the copy in the cache is used"):
        load_preset(BertTokenizer, "hf://me/bert")


def test_without_a_network_the_cache_serves_and_says_so(hub, plain):
    files, model = plain
    commit = hub.put("me/bert", files)
    load_preset(BertTextClassifier, "hf://me/bert")
    hub.stop()
    with pytest.warns(UserWarning, match=f"me/bert: the copy in the cache .* {commit}.*Connect"):
        assert are_equal(BertTextClassifier.from_preset("hf://me/bert"), model)
    with pytest.warns(UserWarning) as caught:
        assert are_equal(BertTextClassifier.from_preset(f"hf://me/bert@{commit}"), model)
    assert caught[0].filename == __file__


def test_offline_mode(hub, plain, monkeypatch):
    files, model = plain
    hub.put("me/bert", files)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ValueError, match=r"hf://me/bert: must be whole in the cache .*OFFLINE"):
        load_preset(BertTextClassifier, "hf://me/bert")
    assert hub.log == []
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    load_preset(BertTextClassifier, "hf://me/bert")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    del hub.log[:]
    with pytest.warns(UserWarning, match="the copy in the cache is used"):
        assert are_equal(load_preset(BertTextClassifier, "hf://me/bert"), model)
    assert hub.log == []


def test_an_interrupted_download_is_not_taken_for_a_copy(hub, plain, tmp_path):
    """By the list of files that huggingface_hub keeps; its older versions kept none."""
    if not hasattr(huggingface_hub, "get_cached_repo_tree"):
        pytest.skip("this version of huggingface_hub keeps no list of files")
    files, _ = plain
    commit = hub.put("me/bert", files)
    load_preset(BertTextClassifier, "hf://me/bert")
    (tmp_path / "cache" / "models--me--bert" / "snapshots" / commit / "vocab.txt").unlink()
    hub.stop()
    with pytest.raises(ValueError, match="hf://me/bert: must be whole in the cache"):
        load_preset(BertTextClassifier, "hf://me/bert")


def test_a_cache_laid_out_by_hand(hub, plain, tmp_path):
    """blobs/, snapshots/ and refs/ as huggingface_hub has written them since 2022."""
    files, model = plain
    store = tmp_path / "cache" / "models--me--bert"
    commit = "0123456789abcdef0123456789abcdef01234567"
    snapshot = store / "snapshots" / commit
    for folder in (snapshot, store / "blobs", store / "refs"):
        folder.mkdir(parents=True)
    (store / "refs" / "main").write_text(commit)
    for i, (name, data) in enumerate(files.items()):
        (store / "blobs" / f"{i:040x}").write_bytes(data)
        (snapshot / name).symlink_to(f"../../blobs/{i:040x}")
    hub.stop()
    with pytest.warns(UserWarning, match=f"the copy in the cache is used, commit {commit}"):
        assert are_equal(load_preset(BertTextClassifier, "hf://me/bert"), model)


def test_the_store_that_repositories_share(hub, plain, tmp_path):
    """Since version 2 a blob may be a link into a store of the whole cache."""
    files, model = plain
    commit = hub.put("me/bert", files)
    load_preset(BertTextClassifier, "hf://me/bert")
    cache = tmp_path / "cache"
    blob = (cache / "models--me--bert" / "snapshots" / commit / "model.safetensors").resolve()
    shared = cache / "blobs" / "ab" / ("ab" * 32)
    shared.parent.mkdir(parents=True)
    blob.rename(shared)
    blob.symlink_to(f"../../blobs/ab/{'ab' * 32}")
    assert are_equal(load_preset(BertTextClassifier, "hf://me/bert"), model)
    blob.unlink()
    (cache / "elsewhere").mkdir()
    shutil.move(shared, cache / "elsewhere" / "file")
    blob.symlink_to("../../elsewhere/file")
    with pytest.raises(ValueError, match="must be a regular file"):
        load_preset(BertTextClassifier, "hf://me/bert")


def test_a_repository_that_is_not_there(hub):
    with pytest.raises(ValueError, match=r"hf://me/no: must be a model on the hub.*hf auth login"):
        load_preset(BertBackbone, "hf://me/no")


def test_a_revision_that_is_not_there(hub, plain):
    hub.put("me/bert", plain[0])
    with pytest.raises(ValueError, match=r"hf://me/bert@v9: the revision must be a branch"):
        load_preset(BertBackbone, "hf://me/bert@v9")


def test_a_gated_repository(hub, plain):
    hub.put("me/bert", plain[0])
    hub.gated.add("me/bert")
    with pytest.raises(ValueError, match=r"hf://me/bert: the conditions on https://.*HF_TOKEN"):
        load_preset(BertBackbone, "hf://me/bert")


def test_no_network_and_no_cache(hub, tmp_path):
    hub.stop()
    with pytest.raises(ValueError, match=r"hf://me/bert: must be whole in the cache .*Connect"):
        load_preset(BertBackbone, "hf://me/bert")


def test_a_server_in_trouble(hub, monkeypatch):
    monkeypatch.setattr(hub, "answer", lambda *_: (500, {}, b"oops"))
    with pytest.raises(ValueError, match=r"hf://me/bert: must be whole in the cache .*500"):
        load_preset(BertBackbone, "hf://me/bert")


def test_pickled_weights_are_not_even_downloaded_unless_asked_for(hub, plain, tmp_path):
    torch = pytest.importorskip("torch")
    safetensors = pytest.importorskip("safetensors.torch")
    files, model = plain
    weights = safetensors.load(files.pop("model.safetensors"))
    torch.save(weights, tmp_path / "pytorch_model.bin")
    files["pytorch_model.bin"] = (tmp_path / "pytorch_model.bin").read_bytes()
    hub.put("me/bert", files)
    with pytest.raises(ValueError, match=r"hf://me/bert: .*pytorch_model\.bin.*load_pickled=True"):
        load_preset(BertTextClassifier, "hf://me/bert")
    assert not [line for line in hub.log if "resolve" in line]
    loaded = load_preset(BertTextClassifier, "hf://me/bert", load_pickled=True)
    assert are_equal(loaded, model)


def test_huggingface_hub_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ValueError, match=r"hf://me/bert: huggingface_hub must be installed: pip"):
        load_preset(BertBackbone, "hf://me/bert")


def test_a_cased_model_whose_files_do_not_say_so(hub, plain):
    files, _ = plain
    name = "emilyalsentzer/Bio_ClinicalBERT"
    hub.put(name, {key: files[key] for key in files if key != "tokenizer_config.json"})
    for preset in (f"hf://{name}", f"hf://{name}@main"):
        with pytest.warns(UserWarning, match=rf"{preset} was trained on cased .*lowercase=False"):
            load_preset(BertTextClassifier, preset)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tokenizer = load_preset(BertTokenizer, f"hf://{name}", lowercase=False)
        assert load_preset(BertTextClassifier, f"hf://{name}", tokenizer=tokenizer)
        load_preset(BertBackbone, f"hf://{name}")
        hub.put(name, files)
        load_preset(BertTextClassifier, f"hf://{name}")
