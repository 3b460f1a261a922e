"""BertTokenizer as a user meets it, and against the reference."""

import copy
import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from kerabert.text import word_piece
from kerabert.text.tokenizer import BertTokenizer
from tests.checks import MINILM, needs_minilm, needs_shared_data
from tests.text.tokenizer_data import SPECIAL, TINY, reference, strange_texts


@pytest.fixture
def tokenizer() -> BertTokenizer:
    return BertTokenizer(TINY)


def ids(*pieces: str) -> list[int]:
    return [TINY.index(piece) for piece in pieces]


# === Against the reference, and against another implementation ===


@needs_shared_data
@needs_minilm
@pytest.mark.parametrize("lowercase", [True, False])
def test_every_line_of_the_reference(lowercase: bool):
    tokenizer = BertTokenizer(MINILM / "vocab.txt", lowercase=lowercase)
    texts, expected = reference(lowercase)
    assert len(texts) > 6000
    assert tokenizer(texts) == expected
    assert tokenizer(texts) == expected  # now from the memory
    assert [tokenizer(text) for text in texts] == expected
    for text, right in zip(texts, expected, strict=True):
        encoded = tokenizer.encode_with_offsets(text)
        assert encoded.ids == right
        starts = [start for start, _ in encoded.spans]
        assert starts == sorted(starts) or any(c >= "\u0300" for c in text)


@needs_minilm
def test_it_agrees_with_hugging_face_on_plain_text():
    tokenizers = pytest.importorskip("tokenizers")
    vocabulary = (MINILM / "vocab.txt").read_text(encoding="utf-8").split("\n")[:-1]
    numbers = {piece: id for id, piece in enumerate(vocabulary)}
    peer = tokenizers.Tokenizer(tokenizers.models.WordPiece(numbers, unk_token="[UNK]"))
    peer.normalizer = tokenizers.normalizers.BertNormalizer()
    peer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    ours = BertTokenizer(vocabulary)
    texts = [
        "The quick brown fox jumped over the 13 lazy dogs' (unaffable) fences; re-encoding!",
        "Café naïve Ångström\tEl Niño — “quoted” … £5.00 3½",
        "北京大学 and 東京 in one text",
        "x" * 90 + " e-mail@example.com https://example.org/?a=b&c=d#e",
    ]
    for text in texts:
        theirs = peer.encode(text, add_special_tokens=False)
        encoded = ours.encode_with_offsets(text)
        assert encoded.ids == ours(text) == theirs.ids
        assert encoded.spans == theirs.offsets
        assert encoded.word_numbers == theirs.word_ids


# === Strings to ids ===


def test_ids_and_pieces(tokenizer: BertTokenizer):
    expected = ids("una", "##ffa", "##ble", "cafe", "!")
    assert tokenizer("Unaffable café!") == expected
    assert tokenizer(["Unaffable café!", "", " \t", "x"]) == [expected, [], [], ids("[UNK]")]
    assert tokenizer.tokenize("Unaffable x") == ["una", "##ffa", "##ble", "[UNK]"]
    assert tokenizer([]) == []


@pytest.mark.parametrize(
    "texts", [("the", "a"), np.array(["the", "a"]), np.array(["the", "a"], dtype=object)]
)
def test_any_kind_of_list(tokenizer: BertTokenizer, texts: object):
    assert tokenizer(texts) == [ids("the"), ids("a")]


@pytest.mark.parametrize(
    "texts", [None, b"the", 3, ["the", None], ["the", b"a"], ["the", float("nan")], [["the"]]]
)
def test_what_is_no_string_is_refused(tokenizer: BertTokenizer, texts: object):
    with pytest.raises(ValueError, match=r"`texts` must"):
        tokenizer(texts)
    with pytest.raises(ValueError, match=r"`text` must be a string"):
        tokenizer.tokenize(texts)
    with pytest.raises(ValueError, match=r"`text` must be a string"):
        tokenizer.encode_with_offsets(texts)


@pytest.mark.parametrize("false", list("\x0b\x0c\x1c\x1d\x1e\x1f\x85"))
def test_what_only_str_split_takes_for_white_space_vanishes(tokenizer: BertTokenizer, false: str):
    assert tokenizer(f"una{false}ffa{false}") == ids("una", "##ffa")
    assert tokenizer(["the", f"una{false}ffa", "a"]) == [ids("the"), ids("una", "##ffa"), ids("a")]
    assert tokenizer.encode_with_offsets(f"una{false}ffa").spans == [(0, 3), (4, 7)]


@pytest.mark.parametrize("settings", [{}, {"special_tokens_in_strings": True}, {"memory_size": 20}])
def test_batches_texts_and_offsets_follow_the_definition(settings: dict[str, object]):
    vocabulary = [*dict.fromkeys([*TINY, *map(chr, range(33, 0x400))])]
    tokenizer = BertTokenizer(vocabulary, **settings)
    texts = strange_texts(2000, seed=5)
    rows = tokenizer(texts)
    for text, row in zip(texts, rows, strict=True):
        encoded = tokenizer.encode_with_offsets(text)
        assert row == tokenizer(text) == encoded.ids, ascii(text)
        assert encoded.pieces == tokenizer.tokenize(text)
        if not any(token in text for token in SPECIAL):
            words = word_piece.split_words(text)
            pieces = [p for word in words for p in word_piece.split_pieces(word, tokenizer._ids)]
            assert encoded.pieces == pieces, ascii(text)
            assert sorted(set(encoded.word_numbers)) == list(range(len(words)))


def test_pairs(tokenizer: BertTokenizer):
    expected = ([ids("the"), ids("a")], [ids("i"), ids("cafe")])
    assert tokenizer.encode_pairs([("the", "i"), ("a", "café")]) == expected
    assert tokenizer.encode_pairs((["the", "a"], ["i", "café"])) == expected
    with pytest.raises(ValueError, match="position 1"):
        tokenizer.encode_pairs([("the", "i"), ("a",)])


def test_special_tokens_in_strings():
    text = "the[MASK] [UNK]"
    plain = BertTokenizer(TINY)
    assert plain.tokenize(text) == ["the", "[", "mask", "]", "[", "[UNK]", "]"]
    special = BertTokenizer(TINY, special_tokens_in_strings=True)
    assert special.tokenize(text) == ["the", "[MASK]", "[UNK]"]
    encoded = special.encode_with_offsets(text)
    assert encoded.spans == [(0, 3), (3, 9), (10, 15)]
    assert encoded.word_numbers == [0, 1, 2]
    # What is removed from a text cannot make a special token of it.
    assert special.tokenize("[MA\x0bSK]") == special.tokenize("[MA\u200bSK]") == ["[", "mask", "]"]


def test_offsets(tokenizer: BertTokenizer):
    encoded = tokenizer.encode_with_offsets("  Una\u200bffáble\u0301\n한 中a!")
    assert encoded.pieces == ["una", "##ffa", "##ble", "ᄒ", "##ᅡ", "##ᆫ", "中", "a", "!"]
    assert encoded.spans == [
        (2, 5), (6, 9), (9, 13), (14, 15), (14, 15), (14, 15), (16, 17), (17, 18), (18, 19),
    ]  # fmt: skip
    assert encoded.word_numbers == [0, 0, 0, 1, 1, 1, 2, 3, 4]
    assert encoded.ids == ids(*encoded.pieces)


# === Ids to strings ===


def test_decode(tokenizer: BertTokenizer):
    row = [2, *ids("una", "##ffa", "##ble", "cafe", "!"), 3, 0, 0]
    assert tokenizer.decode(row) == "unaffable cafe !"
    assert tokenizer.decode(np.array([row])) == ["unaffable cafe !"]
    assert tokenizer.decode([row, []]) == ["unaffable cafe !", ""]
    assert tokenizer.decode([]) == ""
    everything = "[CLS] unaffable cafe ! [SEP] [PAD] [PAD]"
    assert tokenizer.decode(row, skip_special_tokens=False) == everything


def test_single_ids(tokenizer: BertTokenizer):
    assert tokenizer.token_to_id("una") == 5 and tokenizer.id_to_token(5) == "una"
    assert tokenizer.id_to_token(np.int64(5)) == "una"
    for wrong in (-1, len(TINY), 1.5, None, "5"):
        with pytest.raises(ValueError, match=f"from 0 to {len(TINY) - 1}"):
            tokenizer.id_to_token(wrong)
        with pytest.raises(ValueError):
            tokenizer.decode([0, wrong])
    for wrong in ("cafés", None, ["una"]):
        with pytest.raises(ValueError, match="must be in the vocabulary"):
            tokenizer.token_to_id(wrong)


# === Vocabulary and config ===


def test_vocabulary(tokenizer: BertTokenizer, tmp_path: Path):
    assert tokenizer.vocabulary == TINY and tokenizer.vocabulary_size == len(TINY)
    special = (tokenizer.padding_id, tokenizer.unknown_id, tokenizer.start_id)
    assert (*special, tokenizer.separator_id, tokenizer.mask_id) == (0, 1, 2, 3, 4)
    path = tmp_path / "vocab.txt"
    tokenizer.save_vocabulary(path)
    assert path.read_bytes() == ("\n".join(TINY) + "\n").encode()
    assert BertTokenizer(path).vocabulary == BertTokenizer(str(path)).vocabulary == TINY


def test_own_special_tokens():
    tokenizer = BertTokenizer(
        ["<pad>", "<unk>", "<s>", "</s>", "<mask>", "a"],
        unknown_token="<unk>",
        padding_token="<pad>",
        start_token="<s>",
        separator_token="</s>",
        mask_token="<mask>",
        special_tokens_in_strings=True,
    )
    assert tokenizer("x a<mask>") == [1, 5, 4]


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"vocabulary": [*TINY, "una"]}, r"'una' at index 5 and at index"),
        ({"vocabulary": TINY[1:]}, r"vocabulary list.*Missing: '\[PAD\]'"),
        ({"vocabulary": TINY, "mask_token": "<mask>"}, r"Missing: '<mask>'"),
        ({"vocabulary": "no/such/vocab.txt"}, r"'no/such/vocab.txt' cannot be read"),
        ({"vocabulary": TINY, "memory_size": -1}, r"memory_size=-1"),
    ],
)
def test_faults_are_refused(arguments: dict[str, object], message: str):
    with pytest.raises(ValueError, match=message):
        BertTokenizer(**arguments)


def test_config_is_complete_and_fit_for_json():
    settings = {
        "lowercase": False,
        "strip_accents": True,
        "split_cjk": False,
        "special_tokens_in_strings": True,
        "memory_size": 7,
    }
    tokenizer = BertTokenizer(TINY, **settings)
    config = json.loads(json.dumps(tokenizer.get_config()))
    again = BertTokenizer.from_config(config)
    assert again.get_config() == config == {**config, **settings, "vocabulary": TINY}
    text = "Unaffable café 中a [MASK]"
    assert again(text) == tokenizer(text)


def test_copies_and_pickles(tokenizer: BertTokenizer):
    tokenizer("unaffable")
    for again in (pickle.loads(pickle.dumps(tokenizer)), copy.deepcopy(tokenizer)):
        assert again.get_config() == tokenizer.get_config()
        assert again("Unaffable!") == tokenizer("Unaffable!")


# === Memory ===


@pytest.mark.parametrize("memory_size", [0, 1, 40])
def test_memory_is_bounded(memory_size: int):
    tokenizer = BertTokenizer(TINY, memory_size=memory_size)
    texts = [f"una{number} cafe the{number}! {'a' * (number % 60)}" for number in range(2000)]
    expected = BertTokenizer(TINY)(texts)
    assert tokenizer(texts) == tokenizer(texts) == expected
    for text in texts[:200]:
        tokenizer.encode_with_offsets(text)
    memories = [tokenizer._memory, tokenizer._located_memory, tokenizer._encoder._pieces]
    held = [chunk for m in memories for chunk in (*m, *m._older)]
    assert len(held) <= 2 * memory_size
    assert all(len(chunk) <= 32 for chunk in held)


def test_threads_may_share_a_tokenizer():
    tokenizer = BertTokenizer(TINY, memory_size=30)
    texts = strange_texts(300, seed=6)
    expected = BertTokenizer(TINY)(texts)
    with ThreadPoolExecutor(8) as pool:
        assert all(rows == expected for rows in pool.map(tokenizer, [texts] * 16))
