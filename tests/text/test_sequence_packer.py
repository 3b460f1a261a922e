import json

import numpy as np
import pytest

from kerabert.text import SequencePacker

START, SEPARATOR, PADDING = 101, 102, 7


def make(sequence_length=10, **options):
    return SequencePacker(START, SEPARATOR, PADDING, sequence_length, **options)


def truncate_seq_pair(tokens_a, tokens_b, max_length):
    """The loop of google-research/bert, run_classifier.py."""
    tokens_a, tokens_b = list(tokens_a), list(tokens_b)
    while len(tokens_a) + len(tokens_b) > max_length:
        if len(tokens_a) > len(tokens_b):
            tokens_a.pop()
        else:
            tokens_b.pop()
    return tokens_a, tokens_b


def pack_plainly(first, second, length):
    """One row, token by token."""
    ids = [START, *first, SEPARATOR]
    segments = [0] * len(ids)
    if second is not None:
        ids += [*second, SEPARATOR]
        segments += [1] * (len(second) + 1)
    fill = length - len(ids)
    return ids + [PADDING] * fill, segments + [0] * fill, [True] * len(ids) + [False] * fill


def assert_packed(packed, firsts, seconds, length):
    rows = [
        pack_plainly(a, b, length)
        for a, b in zip(firsts, seconds or [None] * len(firsts), strict=True)
    ]
    for name, expected in zip(packed, zip(*rows, strict=True), strict=True):
        assert packed[name].tolist() == list(expected), name


def random_rows(generator, count, longest):
    return [
        generator.integers(200, 300, generator.integers(0, longest + 1)).tolist()
        for _ in range(count)
    ]


def test_single_segments():
    packed = make(6)([[1, 2], [], [3, 4, 5, 6]])
    assert list(packed) == ["token_ids", "segment_ids", "padding_mask"]
    assert [packed[name].dtype for name in packed] == [np.int32, np.int32, np.bool_]
    assert_packed(packed, [[1, 2], [], [3, 4, 5, 6]], None, 6)


@pytest.mark.parametrize("truncation", ["longest_first", "only_first", "only_second", False])
def test_pairs_that_fit_are_whole(truncation):
    generator = np.random.default_rng(0)
    first, second = random_rows(generator, 50, 6), random_rows(generator, 50, 6)
    assert_packed(make(15, truncation=truncation)(first, second), first, second, 15)


def test_longest_first_is_the_loop_of_google():
    for sequence_length in (3, 4, 5, 8, 9):
        pairs = [(a, b) for a in range(12) for b in range(12)]
        first = [list(range(a)) for a, _ in pairs]
        second = [list(range(50, 50 + b)) for _, b in pairs]
        expected = [
            truncate_seq_pair(a, b, sequence_length - 3) for a, b in zip(first, second, strict=True)
        ]
        packer = make(sequence_length)
        packed = packer(first, second)
        assert_packed(packed, *zip(*expected, strict=True), sequence_length)
        assert (packer.lengths(first, second) == packed["padding_mask"].sum(axis=1)).all()


def test_only_first_and_only_second():
    first, second = [[1, 2, 3, 4], [1]], [[5, 6, 7], [5, 6]]
    packed = make(8, truncation="only_first")(first, second)
    assert_packed(packed, [[1, 2], [1]], second, 8)
    packed = make(8, truncation="only_second")(first, second)
    assert_packed(packed, first, [[5], [5, 6]], 8)
    assert_packed(make(5, truncation="only_first")(first), [[1, 2, 3], [1]], None, 5)


def test_truncate_and_lengths_agree_with_a_call():
    generator = np.random.default_rng(1)
    first, second = random_rows(generator, 40, 20), random_rows(generator, 40, 20)
    packer = make(16)
    short_first, short_second = packer.truncate(first, second)
    packed = packer(first, second)
    again = packer(short_first, short_second)
    assert all((packed[name] == again[name]).all() for name in packed)
    assert packer.truncate(first)[1] is None
    assert packer.lengths(first).tolist() == [min(len(a) + 2, 16) for a in first]


def test_length_of_the_arrays():
    rows = [[1, 2, 3], [4]]
    assert make(10)(rows)["token_ids"].shape == (2, 10)
    assert make(10, pad_to="longest")(rows)["token_ids"].shape == (2, 5)
    assert make(10, pad_to="longest")(rows, length=8)["token_ids"].shape == (2, 8)
    assert make(10)(rows, length=5)["token_ids"].shape == (2, 5)
    with pytest.raises(ValueError, match=r"`length` must be .*Received: length=4, longest row=5"):
        make(10)(rows, length=4)


@pytest.mark.parametrize(
    ("truncation", "first", "second", "message"),
    [
        (False, [[1], [1] * 9], None, "row 1 with 11 tokens, sequence_length=10"),
        (False, [[1], [1] * 4], [[2], [2] * 4], "row 1 with 11 tokens, sequence_length=10"),
        ("only_second", [[1] * 9], None, "row 0 with 11 tokens"),
        ("only_first", [[1], [1]], [[2], [2] * 7], "row 1 with 11 tokens"),
        ("only_second", [[1] * 8], [[2]], "row 0 with 12 tokens"),
    ],
)
def test_a_row_that_may_not_be_cut_to_fit_is_refused(truncation, first, second, message):
    packer = make(10, truncation=truncation)
    with pytest.raises(ValueError, match=f"must fit into `sequence_length`.*{message}"):
        packer(first, second)
    with pytest.raises(ValueError, match=message):
        packer.lengths(first, second)


def test_no_segment_is_cut_to_nothing_by_only():
    packed = make(10, truncation="only_first")([[1, 1]], [[2] * 6])
    assert_packed(packed, [[1]], [[2] * 6], 10)


def test_bad_rows_are_refused():
    with pytest.raises(ValueError, match="`first` must hold at least one row"):
        make()([])
    with pytest.raises(ValueError, match=r"Received: -1 in second\[0\]"):
        make()([[1]], [[-1]])
    with pytest.raises(ValueError, match=r"len\(first\)=1, len\(second\)=2"):
        make()([[1]], [[1], [2]])
    with pytest.raises(ValueError, match=r"must be 3 or more .*Received: sequence_length=2"):
        make(2)([[1]], [[2]])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sequence_length": 1}, "`sequence_length` must be an integer of 2 or more"),
        ({"sequence_length": 8.0}, "`sequence_length` must be .*Received: sequence_length=8.0"),
        ({"stride": -1}, "`stride` must be an integer of 0 or more"),
        ({"truncation": True}, "`truncation` must be .*Received: truncation=True"),
        ({"truncation": 0}, "`truncation` must be .*Received: truncation=0"),
        ({"truncation": None}, "`truncation` must be"),
        ({"pad_to": "max"}, "`pad_to` must be .*Received: pad_to='max'"),
    ],
)
def test_bad_arguments_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        make(**options)
    with pytest.raises(ValueError, match="`padding_id` must be an integer of 0 or more"):
        SequencePacker(1, 2, None, 8)


def windows_plainly(length, room, stride):
    """(start, end) of the windows, as Hugging Face tokenizers cut them."""
    if length <= room:
        return [(0, length)]
    windows = []
    for start in range(0, length, room - stride):
        windows.append((start, min(start + room, length)))
        if start + room >= length:
            break
    return windows


@pytest.mark.parametrize("stride", [0, 1, 3])
@pytest.mark.parametrize("kind", ["single", "only_first", "only_second"])
def test_windows(kind, stride):
    sequence_length = 12
    single = kind == "single"
    packer = make(sequence_length, stride=stride, truncation="longest_first" if single else kind)
    long = [list(range(200, 200 + n)) for n in range(30)]
    short = [[1, 2, 3][: n % 4] for n in range(30)]
    expected = []
    for row, (tokens, other) in enumerate(zip(long, short, strict=True)):
        room = sequence_length - (2 if single else 3 + len(other))
        for start, end in windows_plainly(len(tokens), room, stride):
            expected.append((row, start, tokens[start:end], other))
    rows, starts, cuts, others = map(list, zip(*expected, strict=True))
    if single:
        packed, row, start = packer.pack_windows(long)
        assert_packed(packed, cuts, None, sequence_length)
    elif kind == "only_first":
        packed, row, start = packer.pack_windows(long, short)
        assert_packed(packed, cuts, others, sequence_length)
    else:
        packed, row, start = packer.pack_windows(short, long)
        assert_packed(packed, others, cuts, sequence_length)
    assert row.tolist() == rows
    assert start.tolist() == starts


def test_windows_are_those_of_hugging_face(tmp_path):
    tokenizers = pytest.importorskip("tokenizers")
    words = {f"w{n}": n for n in range(40)}
    reference = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="w0"))
    reference.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    long = [[(3 * n + i) % 40 for i in range(n)] for n in range(25)]
    packer = make(9, stride=2)
    packed, row, _ = packer.pack_windows(long)
    for number, tokens in enumerate(long):
        reference.enable_truncation(9 - 2, stride=2)
        encoded = reference.encode(" ".join(f"w{n}" for n in tokens))
        theirs = [encoded.ids, *(window.ids for window in encoded.overflowing)]
        ours = packed["token_ids"][row == number]
        mask = packed["padding_mask"][row == number]
        assert [w[m][1:-1].tolist() for w, m in zip(ours, mask, strict=True)] == theirs


def test_windows_that_cannot_be_cut_are_refused():
    with pytest.raises(ValueError, match='must be "only_first" or "only_second"'):
        make().pack_windows([[1]], [[2]])
    packer = make(10, stride=3, truncation="only_second")
    with pytest.raises(ValueError, match=r"stride=3, sequence_length=10, which leaves 3 .* row 1"):
        packer.pack_windows([[1], [1] * 4], [[2], [2] * 9])
    packed, _, _ = packer.pack_windows([[1], [1] * 4], [[2], [2] * 3])
    assert_packed(packed, [[1], [1] * 4], [[2], [2] * 3], 10)


def test_windows_to_the_longest():
    packed, _, _ = make(10, pad_to="longest").pack_windows([[1] * 3, [1]])
    assert packed["token_ids"].shape == (2, 5)


def test_config_makes_an_equal_packer():
    packer = make(12, truncation=False, stride=3, pad_to="longest")
    config = json.loads(json.dumps(packer.get_config()))
    copy = SequencePacker.from_config(config)
    assert copy.get_config() == config
    assert vars(copy) == vars(packer)
