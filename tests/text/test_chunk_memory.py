"""The memory: bounded, and never wrong."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from kerabert.text.chunk_memory import ChunkMemory


def held(memory: ChunkMemory) -> int:
    return len(memory) + len(memory._older)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 10, 100])
def test_at_most_size_results_are_held(size: int):
    memory = ChunkMemory(len, size)
    generator = random.Random(0)
    for _ in range(2000):
        chunk = "x" * generator.randint(1, 30) + str(generator.randint(0, 300))
        assert memory[chunk] == len(chunk)
        assert held(memory) <= size


def test_what_is_remembered_is_not_computed_again():
    asked: list[str] = []
    memory = ChunkMemory(lambda chunk: asked.append(chunk) or chunk.upper(), 10, longest=4)
    assert [memory["a"] for _ in range(3)] == ["A"] * 3
    assert asked == ["a"]
    assert [memory["longer"] for _ in range(3)] == ["LONGER"] * 3
    assert asked == ["a"] + ["longer"] * 3
    assert "longer" not in memory


def test_what_is_asked_for_often_outlives_what_is_not():
    asked: list[str] = []
    memory = ChunkMemory(lambda chunk: asked.append(chunk) or chunk, 10)
    for number in range(1000):
        assert memory["often"] == "often"
        memory[str(number)]
    assert asked.count("often") == 1
    memory["0"]
    assert asked.count("0") == 2


def test_threads_may_share_it():
    memory = ChunkMemory(len, 20)
    chunks = [str(number) * (number % 7) for number in range(100)] * 200

    def right(seed: int) -> bool:
        mine = random.Random(seed).sample(chunks, len(chunks))
        return list(map(memory.__getitem__, mine)) == list(map(len, mine))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(right, range(8)))
