import numpy as np
import pytest

from kerabert.models.answers import encode_places, find_pieces, read_answers

TEXT = "Ada and Bo"


@pytest.mark.parametrize(
    ("answer", "spans"),
    [
        (None, []),
        (("Bo", 8), [(8, 10)]),
        (["Bo", np.int64(8)], [(8, 10)]),
        ((8, 10), [(8, 10)]),
        (np.array([0, 3]), [(0, 3)]),
        ([("Bo", 8), (0, 3)], [(8, 10), (0, 3)]),
        ([], []),
        ({"text": ["Bo", "Ada"], "answer_start": [8, 0]}, [(8, 10), (0, 3)]),
        ({"text": [], "answer_start": []}, []),
    ],
)
def test_reads(answer, spans):
    assert read_answers([None, answer], ["other", TEXT]) == [[], spans]


def test_reads_an_array():
    assert read_answers(np.array([[0, 3], [8, 10]]), [TEXT] * 2) == [[(0, 3)], [(8, 10)]]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (("Bo", 7), "'Bo' at 7 in row 1, where there is ' B'"),
        (("Bo", -2), "'Bo' at -2 in row 1"),
        (("bo", 8), "'bo' at 8 in row 1, where there is 'Bo'"),
        (("", 3), "'' at 3 in row 1"),
        ((8, 11), r"must lie in 0..10, .* start=8, end=11 in row 1"),
        ((3, 3), "begin before it ends. Received: start=3, end=3"),
        ((-1, 3), "start=-1"),
        ((0, True), r"\(text, start\), .* in row 1"),
        ((0.0, 3), "in row 1"),
        (("Bo", "8"), "in row 1"),
        ("Bo", "Received: 'Bo' in row 1"),
        (7, "Received: 7 in row 1"),
        ([("Bo", 8), None], "Received: None in row 1"),
        ([("Bo", 8), "Bo"], "Received: 'Bo' in row 1"),
        ((1, 2, 3), "in row 1"),
        ({"text": ["Bo"]}, "in row 1"),
        ({"text": ["Bo"], "answer_start": [8, 9]}, "in row 1"),
    ],
)
def test_bad_answers(answer, message):
    with pytest.raises(ValueError, match=message):
        read_answers([None, answer], ["other", TEXT])


def test_bad_rows():
    with pytest.raises(ValueError, match="Received: 1 for 2 questions"):
        read_answers([None], [TEXT] * 2)
    for y in ("Bo", {"start": [0]}, 5):
        with pytest.raises(ValueError, match="must be a list with an answer"):
            read_answers(y, [TEXT])


def test_pieces():
    spans = np.array([[0, 3], [4, 7], [8, 9], [9, 10]])
    assert find_pieces((4, 7), spans, 0) == (1, 1)
    assert find_pieces((5, 9), spans, 0) == (1, 2)  # widened to the pieces that it touches
    assert find_pieces((0, 10), spans, 0) == (0, 3)
    assert find_pieces((3, 8), spans, 0) == (1, 1)
    with pytest.raises(ValueError, match="characters 3 to 4 of the context of row 5"):
        find_pieces((3, 4), spans, 5)


def test_places():
    assert encode_places({"start": [1], "end": [2]}, 1, 3)["end"].tolist() == [2]
    with pytest.raises(ValueError, match=r"0..2. Received: row 0 is 3"):
        encode_places({"start": [1], "end": [3]}, 1, 3)
