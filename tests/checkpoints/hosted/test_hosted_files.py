"""Against lists of files as they stand in repositories on the hub."""

import pytest

from kerabert.checkpoints.hosted.hosted_files import choose_files

TEXTS = ["config.json", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json"]
MINILM = [
    *TEXTS,
    ".gitattributes",
    "1_Pooling/config.json",
    "README.md",
    "config_sentence_transformers.json",
    "data_config.json",
    "model.safetensors",
    "modules.json",
    "onnx/model.onnx",
    "openvino/openvino_model.bin",
    "pytorch_model.bin",
    "rust_model.ot",
    "sentence_bert_config.json",
    "tf_model.h5",
    "train_script.py",
    "vocab.txt",
]
CLINICAL = [
    "README.md",
    "config.json",
    "flax_model.msgpack",
    "graph.pbtxt",
    "model.ckpt-150000.data-00000-of-00001",
    "pytorch_model.bin",
    "vocab.txt",
]


def test_a_sentence_encoder():
    assert choose_files(MINILM, "here") == [
        "1_Pooling/config.json",
        "config.json",
        "config_sentence_transformers.json",
        "model.safetensors",
        "modules.json",
        "sentence_bert_config.json",
        "special_tokens_map.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "vocab.txt",
    ]


def test_without_weights():
    chosen = choose_files(MINILM, "here", weights=False)
    assert "vocab.txt" in chosen and "model.safetensors" not in chosen
    assert choose_files(CLINICAL, "here", weights=False) == ["config.json", "vocab.txt"]


def test_pickled_weights_only_when_asked_for_and_there_are_no_others():
    with pytest.raises(ValueError, match=r"^here: holds no safetensors, only pytorch_model\.bin"):
        choose_files(CLINICAL, "here")
    assert choose_files(CLINICAL, "here", load_pickled=True) == [
        "config.json",
        "pytorch_model.bin",
        "vocab.txt",
    ]
    assert "pytorch_model.bin" not in choose_files(MINILM, "here", load_pickled=True)


def test_shards_come_with_their_index():
    shards = [f"model-0000{i}-of-00002.safetensors" for i in (1, 2)]
    index = "model.safetensors.index.json"
    assert choose_files([*shards, index, "x.safetensors"], "here") == sorted([*shards, index])
    with pytest.raises(ValueError, match=r"weights must be in model\.safetensors"):
        choose_files(shards, "here")
    pickled = [f"pytorch_model-0000{i}-of-00002.bin" for i in (1, 2)]
    names = [*pickled, "pytorch_model.bin.index.json"]
    assert choose_files([*names, "training_args.bin"], "here", load_pickled=True) == sorted(names)


def test_an_old_sentence_encoder():
    names = ["modules.json", "0_BERT/config.json", "0_BERT/vocab.txt", "0_BERT/model.safetensors"]
    assert choose_files([*names, "0_BERT/optimizer.pt"], "here") == sorted(names)


def test_kerashub():
    names = ["assets/tokenizer/vocabulary.txt", "config.json", "metadata.json", "model.weights.h5"]
    names += ["preprocessor.json", "task.json", "task.weights.h5", "tokenizer.json"]
    assert choose_files([*names, "README.md"], "here") == sorted(names)
    names.remove("model.weights.h5")
    names += ["model.weights.json", "model_00000.weights.h5", "model_00001.weights.h5"]
    assert choose_files([*names, "tf_model.h5"], "here") == sorted(names)


def test_google():
    texts, data = ["bert_config.json", "vocab.txt"], "data-00000-of-00001"
    for name in ("bert_model.ckpt", "model.ckpt-150000"):
        names = [*texts, f"{name}.{data}", f"{name}.index"]
        others = [f"{name}.meta", "checkpoint", "graph.pbtxt"]
        assert choose_files([*names, *others], "here") == sorted(names)
        with pytest.raises(ValueError, match=r"only pytorch_model\.bin"):
            choose_files([*names[1:], "config.json", "pytorch_model.bin"], "here")
    names = [f"assets/{name}" for name in texts] + [f"variables/variables.{data}"]
    names += ["variables/variables.index"]
    assert choose_files([*names, "saved_model.pb"], "here") == sorted(names)


@pytest.mark.parametrize(
    "names, found",
    [
        (["config.json"], "none"),
        (["tf_model.h5", "flax_model.msgpack"], "flax_model.msgpack, tf_model.h5"),
        (["adapter_model.safetensors"], "adapter_model.safetensors"),
    ],
)
def test_what_is_not_read(names, found):
    with pytest.raises(ValueError, match=f"here: the weights must be .*Received: {found}\\."):
        choose_files(names, "here", load_pickled=True)
