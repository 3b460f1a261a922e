import numpy as np
import pytest

from kerabert.corpora import SegmentPairs, TokenDocuments
from tests.corpora.corpus import make_documents


def draw_all(documents, epoch=0, **kwargs):
    pairs = SegmentPairs(**{"sequence_length": 32, **kwargs})
    return [pairs.draw(documents, document, epoch) for document in range(len(documents))]


def within_four_sigma(hits, total, share):
    return abs(hits - total * share) < 4 * (total * share * (1 - share)) ** 0.5


def is_part(part, whole):
    part, whole = part.tolist(), whole.tolist()
    return any(whole[i : i + len(part)] == part for i in range(len(whole) - len(part) + 1))


def numbered(num_documents=60):
    """Documents in which every token is another, so that it says where it comes from."""
    generator = np.random.default_rng(0)
    lists, next_id = [], 5
    for _ in range(num_documents):
        lists.append([])
        for length in generator.integers(1, 12, generator.integers(1, 12)).tolist():
            lists[-1].append(list(range(next_id, next_id + length)))
            next_id += length
    return TokenDocuments.from_lists(lists)


@pytest.mark.parametrize("pairs", ["next", "order", None])
def test_lengths_and_numbers(pairs):
    drawn = [e for row in draw_all(make_documents(), pairs=pairs) for e in row]
    for example in drawn:
        assert len(example.first) and (example.second is None) == (pairs is None)
        length = len(example.first) + (0 if pairs is None else len(example.second))
        assert length <= 32 - (2 if pairs is None else 3)
        assert pairs is None or len(example.second)
    assert len({example.number for example in drawn}) == len(drawn)


def test_half_are_next_and_come_from_where_they_should():
    documents = numbered()
    document_of = np.repeat(
        np.arange(len(documents)),
        [sum(map(len, documents[i])) for i in range(len(documents))],
    )
    labels = []
    for epoch in range(40):
        for number, examples in enumerate(draw_all(documents, epoch)):
            text = np.concatenate(documents[number])
            for example in examples:
                labels.append(example.label)
                assert is_part(example.first, text)
                origin = set(document_of[example.second.astype(int) - 5].tolist())
                if example.label == 0:
                    assert origin == {number} and example.second[0] > example.first[-1]
                else:
                    assert number not in origin and len(origin) == 1
    assert len(labels) > 2000
    assert within_four_sigma(sum(labels), len(labels), 0.5)


@pytest.mark.slow
def test_many_pairs():
    """Half of them follow, and none that does not comes from the same document."""
    documents = numbered(400)
    document_of = np.repeat(
        np.arange(len(documents)),
        [sum(map(len, documents[i])) for i in range(len(documents))],
    )
    labels, mistakes = [], 0
    for epoch in range(250):
        for number, examples in enumerate(draw_all(documents, epoch)):
            for example in examples:
                labels.append(example.label)
                origin = document_of[example.second.astype(int) - 5]
                mistakes += ((origin == number).any() == (example.label == 1)).item()
                mistakes += (origin != origin[0]).any().item()
    print(f"{len(labels):,} pairs: {sum(labels) / len(labels):.4%} random, {mistakes} mistakes")
    assert len(labels) > 200_000 and mistakes == 0
    assert within_four_sigma(sum(labels), len(labels), 0.5)


def test_what_follows_really_follows():
    documents = numbered()
    for examples in draw_all(documents, sequence_length=400, short_rate=0.0):
        for example in examples:
            if example.label == 0:  # nothing had to be cut: the parts touch
                assert example.second[0] == example.first[-1] + 1


def test_order():
    documents = numbered()
    labels = []
    for epoch in range(40):
        for examples in draw_all(documents, epoch, pairs="order"):
            for example in examples:
                turned = example.first[0] > example.second[0]
                assert turned == (example.label == 1)
                labels.append(example.label)
    assert within_four_sigma(sum(labels), len(labels), 0.5)


def test_every_sentence_is_used():
    documents = numbered()
    for examples, number in zip(draw_all(documents, pairs=None), range(60), strict=True):
        used = set(np.concatenate([example.first for example in examples]).tolist())
        text = np.concatenate(documents[number]).tolist()
        if all(len(sentence) < 8 for sentence in documents[number]):
            assert len(used) > 0.6 * len(text)
    uncut = draw_all(documents, pairs=None, sequence_length=400, short_rate=0.0)
    for examples, number in zip(uncut, range(60), strict=True):
        whole = np.concatenate(documents[number]).tolist()
        assert np.concatenate([example.first for example in examples]).tolist() == whole


def test_a_tenth_is_short():
    documents = TokenDocuments.from_lists([[[5]] * 3000] * 2)
    lengths = [
        len(e.first) for row in draw_all(documents, pairs=None, sequence_length=102) for e in row
    ]
    short = sum(length < 100 for length in lengths[:-1])
    # A target of 2..100 is below 100 in 98 of 99 cases.
    assert within_four_sigma(short, len(lengths), 0.1 * 98 / 99)
    assert min(lengths) < 30


def test_a_draw_depends_on_seed_epoch_and_number_alone():
    documents = make_documents()
    pairs = SegmentPairs(32, pairs="order")
    one = pairs.draw(documents, 3, epoch=2)
    moved = TokenDocuments.from_lists([[s.tolist() for s in documents[3]], [[7]]])
    other = pairs.draw(moved, 0, epoch=2, number=3)
    assert [tuple(map(str, e)) for e in one] == [tuple(map(str, e)) for e in other]
    for changed in (
        pairs.draw(documents, 3, epoch=3),
        pairs.draw(moved, 0, epoch=2),
        SegmentPairs(32, pairs="order", seed=1).draw(documents, 3, epoch=2),
    ):
        assert str(changed) != str(one)


def test_a_document_of_one_sentence_has_both_labels():
    documents = TokenDocuments.from_lists([[[5, 6, 7]]] * 2)
    labels = [draw_all(documents, epoch)[0][0].label for epoch in range(40)]
    assert 5 < sum(labels) < 35
    assert draw_all(TokenDocuments.from_lists([[[5]], [[6]]]), pairs="order") == [[], []]


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"sequence_length": 4}, "sequence_length"),
        ({"pairs": "sentence"}, "`pairs` must be"),
        ({"short_rate": 1.5}, "`short_rate` must lie"),
        ({"seed": -1}, "seed"),
    ],
)
def test_bad_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        SegmentPairs(**{"sequence_length": 32, **kwargs})


def test_one_document_has_no_negatives():
    with pytest.raises(ValueError, match="two documents at least"):
        SegmentPairs(32).draw(TokenDocuments.from_lists([[[5, 6]]]), 0, 0)
