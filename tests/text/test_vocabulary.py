from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from kerabert.text import BertTokenizer, train_vocabulary
from kerabert.text.vocabulary import SPECIAL_TOKENS, count_words

TEXTS = ["low lower lowest, newer newest", "Wider widest wide", "the low the wide the new"] * 2


def by_the_book(words, num_merges):
    """The same rule without any bookkeeping: count all pairs anew each time."""
    spelled = {word: [word[0], *(f"##{c}" for c in word[1:])] for word in words}
    merged = []
    while len(merged) < num_merges:
        pairs = Counter()
        for word, symbols in spelled.items():
            for pair in pairwise(symbols):
                pairs[pair] += words[word]
        pairs = {pair: count for pair, count in pairs.items() if count >= 2}
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        piece = best[0] + best[1][2:]
        for symbols in spelled.values():
            i = 0
            while i < len(symbols) - 1:
                if (symbols[i], symbols[i + 1]) == best:
                    symbols[i : i + 2] = [piece]
                i += 1
        if piece not in merged:
            merged.append(piece)
    return merged


@pytest.mark.parametrize("seed", range(3))
def test_is_the_rule_of_the_paper(seed):
    generator = np.random.default_rng(seed)
    words = ["".join(generator.choice(list("abc"), generator.integers(1, 7))) for _ in range(400)]
    text = " ".join(words)
    vocabulary = train_vocabulary([text], 60)
    alphabet = [piece for piece in vocabulary[5:] if len(piece.removeprefix("##")) == 1]
    assert vocabulary[5:] == alphabet + by_the_book(Counter(words), 60 - 5 - len(alphabet))
    assert len(vocabulary) == 60


def test_the_order_of_texts_and_words_does_not_matter():
    vocabulary = train_vocabulary(TEXTS, 40)
    assert train_vocabulary(TEXTS[::-1], 40) == vocabulary
    assert train_vocabulary([" ".join(TEXTS).replace(" ", "\n")], 40) == vocabulary
    assert train_vocabulary(iter(TEXTS), 40) == vocabulary


def test_what_it_was_trained_on_has_no_unknown_words():
    vocabulary = train_vocabulary(TEXTS, 45)
    assert len(vocabulary) <= 45 and len(set(vocabulary)) == len(vocabulary)
    tokenizer = BertTokenizer(vocabulary)
    assert not any(tokenizer.unknown_id in row for row in tokenizer(TEXTS))
    assert tokenizer.tokenize("lowest widest") != []
    assert "the" in vocabulary  # the most frequent word is one piece


def test_special_and_reserved_pieces_come_first():
    vocabulary = train_vocabulary(TEXTS, 60, num_reserved=2)
    assert vocabulary[:7] == [*SPECIAL_TOKENS, "[unused0]", "[unused1]"]
    assert train_vocabulary(TEXTS, 60, special_tokens=["[UNK]", "[X]"])[:2] == ["[UNK]", "[X]"]


def test_case_and_accents():
    assert not any(piece.lower() != piece for piece in train_vocabulary(["Éa Éa"], 50)[5:])
    assert train_vocabulary(["Éa Éa"], 50)[5:] == ["e", "##a", "ea"]
    assert train_vocabulary(["Éa Éa"], 50, lowercase=False)[5:] == ["É", "##a", "Éa"]
    kept = train_vocabulary(["Éa Éa"], 50, strip_accents=False)
    assert kept[5:] == ["é", "##a", "éa"]


def test_words_are_split_as_the_tokenizer_does():
    count = {"lowercase": True, "strip_accents": True, "split_cjk": True}
    words = count_words(["Don't 日本 a\x0bb \ufffdc", "x" * 201, "x" * 200], **count)
    assert words == {"don": 1, "'": 1, "t": 1, "日": 1, "本": 1, "ab": 1, "c": 1, "x" * 200: 1}
    assert count_words(["日本"], **(count | {"split_cjk": False})) == {"日本": 1}


def test_rare_characters_are_left_out():
    vocabulary = train_vocabulary(["ab ab ab q"], 50)
    assert "q" not in vocabulary and "ab" in vocabulary
    assert "q" in train_vocabulary(["ab ab ab q"], 50, min_frequency=1)


@pytest.mark.parametrize(
    ("texts", "kwargs", "message"),
    [
        ([], {}, "must hold words"),
        (["", " \n"], {}, "must hold words"),
        (["a", None], {}, "number 1 is None"),
        ([b"a"], {}, "number 0 is b'a'"),
        ("corpus.txt", {}, "must be a list or an iterator of strings"),
        (None, {}, "must be a list or an iterator of strings"),
        ({"ab ab": 1}, {}, "must be a list or an iterator of strings"),
        (["ab ab"], {"size": 6}, "`size` must be at least 7"),
        (["ab ab"], {"size": 0}, "size"),
        (["ab ab"], {"num_reserved": -1}, "num_reserved"),
        (["ab ab"], {"min_frequency": 0}, "min_frequency"),
        (["ab ab"], {"special_tokens": ["[UNK]", "[UNK]"]}, "must be different"),
    ],
)
def test_bad_input(texts, kwargs, message):
    with pytest.raises(ValueError, match=message):
        train_vocabulary(texts, **{"size": 50, **kwargs})


def test_progress_is_shown_on_request(capsys):
    train_vocabulary(TEXTS, 40, verbose=True)
    assert "piece" in capsys.readouterr().out
    train_vocabulary(TEXTS, 40)
    assert capsys.readouterr().out == ""
