"""TFBertTokenizer gives the ids of BertTokenizer: eager, in tf.data and in a SavedModel."""

import importlib
import random
import sys
from pathlib import Path

import numpy as np
import pytest

from kerabert.text.sequence_packer import SequencePacker
from kerabert.text.tokenizer import BertTokenizer
from tests.checks import MINILM, needs_minilm, needs_shared_data
from tests.text.tokenizer_data import SPECIAL, TINY, reference, strange_texts, telling_characters

tf = pytest.importorskip("tensorflow")
pytest.importorskip("tensorflow_text")

from kerabert.text.tf_tokenizer import TFBertTokenizer  # noqa: E402

TEXTS = ["Unaffable café!", "", "x the\u3000i", "한 ΑΣ [MASK]", "a" * 201 + " a"]


@pytest.fixture(scope="module")
def tokenizer() -> BertTokenizer:
    return BertTokenizer(TINY)


@pytest.fixture(scope="module")
def tf_tokenizer(tokenizer: BertTokenizer) -> TFBertTokenizer:
    return TFBertTokenizer(tokenizer)


def in_tensorflow(tokenizer: TFBertTokenizer, texts: list[str]) -> list[list[int]]:
    return tokenizer(tf.constant(texts)).to_list()


# === The same ids ===


@needs_shared_data
@needs_minilm
@pytest.mark.parametrize("lowercase", [True, False])
def test_every_line_of_the_reference(lowercase: bool):
    tokenizer = TFBertTokenizer(BertTokenizer(MINILM / "vocab.txt", lowercase=lowercase))
    texts, expected = reference(lowercase)
    assert in_tensorflow(tokenizer, texts) == expected


RULES = [
    {},
    {"special_tokens_in_strings": True},
    {"lowercase": False},
    {"strip_accents": False},
    {"lowercase": False, "strip_accents": True},
    {"split_cjk": False},
]


@pytest.mark.parametrize("rules", RULES)
def test_every_kind_of_character_and_strange_texts(rules: dict[str, bool]):
    # A vocabulary in which every character shows: nothing can hide behind [UNK].
    characters = [c for c in telling_characters() if c not in " \t\n\r"]
    vocabulary = [*SPECIAL, *characters, *("##" + c for c in characters), "\x00a"]
    tokenizer = BertTokenizer(vocabulary, **rules)
    in_graph = TFBertTokenizer(tokenizer)
    texts = strange_texts(2000, seed=RULES.index(rules), surrogates=False)
    step = 1 if not rules else 9
    for c in characters[::step]:
        texts.append(f"{c} a{c}b {c}\u0301 Σ{c} A{c}Σ AΣ{c} AΣ{c}a")
    for text, mine, theirs in zip(
        texts, tokenizer(texts), in_tensorflow(in_graph, texts), strict=True
    ):
        assert mine == theirs, ascii(text)


def test_accents_that_are_kept_change_places_as_in_the_definition():
    kept = [chr(code) for code in (0x302E, 0x1B44, 0x16FF0, 0x1D165, 0x1D16D)]
    some = [*kept, "a", "\u034f", "\u0301", "\u200b", "\U0001d160", " "]
    tokenizer = BertTokenizer([*SPECIAL, *kept, "a", *("##" + c for c in [*kept, "a"])])
    generator = random.Random(0)
    texts = ["".join(generator.choices(some, k=12)) for _ in range(3000)]
    assert in_tensorflow(TFBertTokenizer(tokenizer), texts) == tokenizer(texts)


def test_special_tokens_in_strings():
    overlapping = ["<a", "<a>", "a>", "[UNK]", "]"]
    names = dict(
        zip(
            ["padding_token", "start_token", "separator_token", "unknown_token", "mask_token"],
            overlapping,
            strict=True,
        )
    )
    private = [chr(code) for code in range(0xF0000, 0xF0010)]
    tokenizer = BertTokenizer(
        [*overlapping, "x", "##x", *private[::2]], special_tokens_in_strings=True, **names
    )
    generator = random.Random(0)
    some = [*overlapping, "<", "a", ">", "x", " ", *private, "\x0b"]
    texts = ["".join(generator.choices(some, k=12)) for _ in range(2000)]
    assert in_tensorflow(TFBertTokenizer(tokenizer), texts) == tokenizer(texts)


def test_shapes(tokenizer: BertTokenizer, tf_tokenizer: TFBertTokenizer):
    found = tf_tokenizer(tf.constant(TEXTS))
    assert found.dtype == tf.int32 and found.to_list() == tokenizer(TEXTS)
    one = tf_tokenizer(tf.constant(TEXTS[0]))
    assert one.dtype == tf.int32 and one.numpy().tolist() == tokenizer(TEXTS[0])
    assert tf_tokenizer(tf.constant([], tf.string)).to_list() == []
    assert in_tensorflow(tf_tokenizer, ["", " "]) == [[], []]
    with pytest.raises(ValueError, match=r"Received: shape=\(1, 1\)"):
        tf_tokenizer(tf.constant([["a"]]))


def test_bytes_that_are_not_utf8_are_dropped(tf_tokenizer: TFBertTokenizer):
    assert tf_tokenizer(tf.constant([b"un\xffa\xc3"])).to_list() == [[TINY.index("una")]]


# === Packing ===


@pytest.mark.parametrize("pairs", [False, True])
@pytest.mark.parametrize("truncation", ["longest_first", "only_first", "only_second"])
@pytest.mark.parametrize("pad_to", ["sequence_length", "longest"])
def test_it_packs_as_the_packer_does(
    tokenizer: BertTokenizer,
    tf_tokenizer: TFBertTokenizer,
    pairs: bool,
    truncation: str,
    pad_to: str,
):
    generator = random.Random(0)
    limit = {"only_first": (12, 3), "only_second": (3, 12)}.get(truncation, (12, 12))
    first, second = (
        ["a " * generator.randint(0, most) + "the" for _ in range(60)] for most in limit
    )
    if truncation == "only_second" and not pairs:
        first = ["a"] * 60
    packer = SequencePacker(
        tokenizer.start_id, tokenizer.separator_id, tokenizer.padding_id,
        sequence_length=11, truncation=truncation, pad_to=pad_to,
    )  # fmt: skip
    expected = packer(tokenizer(first), tokenizer(second) if pairs else None)
    found = tf_tokenizer.pack(
        tf.constant(first),
        tf.constant(second) if pairs else None,
        sequence_length=11,
        truncation=truncation,
        pad_to=pad_to,
    )
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        assert found[name].dtype == array.dtype, name
        np.testing.assert_array_equal(found[name].numpy(), array, err_msg=name)


def test_what_cannot_be_packed_is_refused(tf_tokenizer: TFBertTokenizer):
    texts = tf.constant(["a a a a"])
    assert tf_tokenizer.pack(texts, sequence_length=6, truncation=False)["token_ids"].shape == (
        1,
        6,
    )
    for pair, settings in [
        (None, {"sequence_length": 5, "truncation": False}),
        (None, {"sequence_length": 5, "truncation": "only_second"}),
        (texts, {"sequence_length": 7, "truncation": "only_first"}),
    ]:
        with pytest.raises(tf.errors.InvalidArgumentError, match="must fit into"):
            tf_tokenizer.pack(texts, pair, **settings)
    for settings in [
        {"sequence_length": 1},
        {"sequence_length": 8, "truncation": "first"},
        {"sequence_length": 8, "pad_to": "shortest"},
    ]:
        with pytest.raises(ValueError, match="must be"):
            tf_tokenizer.pack(texts, **settings)


# === In tf.data and in a SavedModel ===


def test_in_tf_data(tokenizer: BertTokenizer, tf_tokenizer: TFBertTokenizer):
    lines = tf.data.Dataset.from_tensor_slices(TEXTS)
    assert [row.numpy().tolist() for row in lines.map(tf_tokenizer)] == tokenizer(TEXTS)
    batches = lines.batch(2).map(tf_tokenizer)
    assert [row for batch in batches for row in batch.to_list()] == tokenizer(TEXTS)
    packed = lines.batch(2).map(lambda texts: tf_tokenizer.pack(texts, texts, sequence_length=16))
    assert packed.element_spec["token_ids"].shape.as_list() == [None, 16]
    packer = SequencePacker(2, 3, 0, sequence_length=16)
    expected = packer(tokenizer(TEXTS), tokenizer(TEXTS))["token_ids"]
    rows = np.concatenate([batch["token_ids"].numpy() for batch in packed])
    np.testing.assert_array_equal(rows, expected)


def test_made_inside_a_graph(tokenizer: BertTokenizer):
    made = []

    @tf.function
    def encode(texts):
        made.append(TFBertTokenizer(tokenizer))
        return made[-1](texts)

    assert encode(tf.constant(TEXTS)).to_list() == tokenizer(TEXTS)
    assert in_tensorflow(made[0], TEXTS) == tokenizer(TEXTS)


def test_saved_model_takes_raw_strings(
    tokenizer: BertTokenizer, tf_tokenizer: TFBertTokenizer, tmp_path: Path
):
    strings = tf.TensorSpec([None], tf.string)
    module = tf.Module()
    module.tokenizer = tf_tokenizer
    module.ids = tf.function(tf_tokenizer, input_signature=[strings])
    module.pack = tf.function(
        lambda first, second: tf_tokenizer.pack(first, second, sequence_length=24),
        input_signature=[strings, strings],
    )
    tf.saved_model.save(module, str(tmp_path), signatures={"pack": module.pack})
    loaded = tf.saved_model.load(str(tmp_path))
    assert loaded.ids(tf.constant(TEXTS)).to_list() == tokenizer(TEXTS)
    packer = SequencePacker(2, 3, 0, sequence_length=24)
    expected = packer(tokenizer(TEXTS), tokenizer(TEXTS[::-1]))
    arguments = {"first": tf.constant(TEXTS), "second": tf.constant(TEXTS[::-1])}
    found = loaded.signatures["pack"](**arguments)
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name].numpy(), array, err_msg=name)


# === Without TensorFlow Text ===


@pytest.mark.parametrize("missing", ["tensorflow", "tensorflow_text"])
def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, missing: str):
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.delitem(sys.modules, "kerabert.text.tf_tokenizer")
    with pytest.raises(ImportError, match=r"kerabert\[tensorflow\]"):
        importlib.import_module("kerabert.text.tf_tokenizer")
