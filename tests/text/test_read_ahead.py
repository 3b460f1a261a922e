import pickle
import threading
import time

import pytest

from kerabert.text.read_ahead import ReadAhead


def test_places_in_any_order():
    ahead = ReadAhead(3, 4)
    places = [0, 1, 2, 0, 1, 9, 8, 8, 3, 9]
    assert [ahead.get(lambda n: n * n, place, end=10) for place in places] == [
        place * place for place in places
    ]


def test_it_makes_so_many_ahead_and_none_behind_the_end():
    made = []
    ahead = ReadAhead(2, 3)
    ahead.get(made.append, 5, end=100)
    deadline = time.monotonic() + 10
    while len(made) < 4 and time.monotonic() < deadline:
        time.sleep(0.001)
    assert sorted(made) == [5, 6, 7, 8]
    made.clear()
    ahead = ReadAhead(1, 3)
    assert [ahead.get(made.append, place, end=2) for place in (0, 1)] == [None, None]
    assert made == [0, 1]


def test_two_threads_work_at_once():
    both = threading.Barrier(2)

    def make(place):
        both.wait(timeout=10)  # passes only if two are made at the same time
        return place

    assert ReadAhead(2, 1).get(make, 0, end=2) == 0


def test_an_error_comes_where_its_place_is_asked_for():
    def make(place):
        if place == 1:
            raise ValueError("no place 1")
        return place

    ahead = ReadAhead(2, 4)
    assert ahead.get(make, 0, end=5) == 0
    with pytest.raises(ValueError, match="no place 1"):
        ahead.get(make, 1, end=5)
    assert ahead.get(make, 2, end=5) == 2


def test_a_copy_has_threads_of_its_own():
    ahead = ReadAhead(2, 3)
    assert ahead.get(str, 0, end=3) == "0"
    copy = pickle.loads(pickle.dumps(ahead))
    assert (copy.workers, copy.size) == (2, 3)
    assert copy.get(str, 1, end=3) == "1"
