import random

import pytest

from kerabert.checkpoints.google.snappy import unpack_snappy


def test_pieces_and_copies():
    """Written by hand from the format's description, each kind of piece."""
    assert unpack_snappy(b"\x00", 0) == b""
    assert unpack_snappy(b"\x03\x08abc", 3) == b"abc"
    long = bytes(range(256)) * 3
    for tag, size in ((60, 1), (61, 2), (62, 3), (63, 4)):
        data = long[: 200 if size == 1 else 768]
        length = bytes([len(data) & 127 | 128, len(data) >> 7])
        packed = length + bytes([tag << 2]) + (len(data) - 1).to_bytes(size, "little") + data
        assert unpack_snappy(packed, 1000) == data
    near = b"\x08\x0cabcd" + bytes([1 | (4 - 4) << 2 | (4 >> 8) << 5, 4])
    assert unpack_snappy(near, 8) == b"abcdabcd"
    two = b"\x08\x0cabcd" + bytes([2 | (4 - 1) << 2, 4, 0])
    assert unpack_snappy(two, 8) == b"abcdabcd"
    four = b"\x08\x0cabcd" + bytes([3 | (4 - 1) << 2, 4, 0, 0, 0])
    assert unpack_snappy(four, 8) == b"abcdabcd"


def test_a_copy_that_reaches_into_itself():
    packed = b"\x0b\x04ab" + bytes([2 | (9 - 1) << 2, 2, 0])
    assert unpack_snappy(packed, 11) == b"abababababa"


def test_what_pyarrow_packs():
    """An independent packer, where there is one."""
    pyarrow = pytest.importorskip("pyarrow")
    if not pyarrow.Codec.is_available("snappy"):
        pytest.skip("this pyarrow has no Snappy")
    generator = random.Random(0)
    for length in (0, 1, 59, 60, 61, 1000, 70_000, 300_000):
        words = [generator.randbytes(generator.randrange(1, 20)) for _ in range(50)]
        data = b"".join(generator.choice(words) for _ in range(length // 8 + 1))[:length]
        packed = pyarrow.compress(data, codec="snappy", asbytes=True)
        assert unpack_snappy(packed, length) == data


@pytest.mark.parametrize(
    ("packed", "message"),
    [
        (b"", "its length is cut off"),
        (b"\xff\xff\xff\xff\xff\x01", "its length is cut off"),
        (b"\xff\xff\xff\xff\x0f", "4294967295 bytes, more than 100"),
        (b"\x05\x10abc", "a piece of it is cut off"),
        (b"\x05\xf0", "a piece of it is cut off"),
        (b"\x05\x00a\x02\x05", "a piece of it is cut off"),
        (b"\x05\x02\x01\x00", "a copy in it begins before the first byte"),
        (b"\x05\x00a\x02\x00\x00", "a copy in it begins before the first byte"),
        (b"\x05\x00a\x02\x02\x00", "a copy in it begins before the first byte"),
        (b"\x05\x00a", "does not unpack to the 5 bytes"),
        (b"\x02\x08abc", "does not unpack to the 2 bytes"),
    ],
)
def test_damage(packed, message):
    with pytest.raises(ValueError, match=message):
        unpack_snappy(packed, 100)


def test_random_damage():
    """Nothing but what it holds or a ValueError comes out, and never more than was stated."""
    packed = bytes([200, 1]) + bytes([60 << 2, 99]) + bytes(range(100)) + bytes([2 | 63 << 2, 9, 0])
    packed += bytes([2 | 35 << 2, 100, 0])
    assert len(unpack_snappy(packed, 200)) == 200
    generator = random.Random(0)
    raised = 0
    for _ in range(2000):
        data = bytearray(packed)
        for _ in range(generator.randrange(1, 4)):
            data[generator.randrange(len(data))] = generator.randrange(256)
        try:
            assert len(unpack_snappy(bytes(data), 200)) <= 200
        except ValueError:
            raised += 1
    assert 100 < raised < 2000
