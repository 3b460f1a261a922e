import numpy as np
import pytest

from kerabert.checkpoints.google.crc32c import crc32c, masked_crc32c


def divide(data):
    """The remainder of the polynomial division, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


@pytest.mark.parametrize(
    ("data", "crc"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),  # RFC 3720, B.4
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
    ],
)
def test_published_checksums(data, crc):
    assert crc32c(data) == crc == divide(data)


@pytest.mark.parametrize("length", [65536, 65537, 8 * 8192, 8 * 8192 + 8191, 8192 * 1025 // 8])
def test_long_data_are_divided_in_lanes(length):
    data = np.random.default_rng(length).bytes(length)
    assert crc32c(data) == divide(data)


def test_long_lanes():
    """Longer than what is turned into columns at once; the remainder is linear in the data."""
    length = 2 * 4096 * 1200 + 5
    one, other = (np.frombuffer(np.random.default_rng(i).bytes(length), np.uint8) for i in (0, 1))
    assert crc32c(one ^ other) == crc32c(one) ^ crc32c(other) ^ crc32c(bytes(length))
    changed = one.copy()
    changed[length // 3] ^= 16
    assert crc32c(changed) != crc32c(one)


def test_an_array():
    array = np.arange(30000, dtype="<f4").reshape(100, 300)
    assert crc32c(array) == crc32c(array.tobytes())


def test_the_mask():
    """TensorFlow's record files hold masked checksums: an independent one."""
    tf = pytest.importorskip("tensorflow")
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "records")
        with tf.io.TFRecordWriter(str(path)) as writer:
            writer.write(b"some bytes")
        data = path.read_bytes()  # length, its checksum, the bytes, their checksum
    assert int.from_bytes(data[8:12], "little") == masked_crc32c(data[:8])
    assert int.from_bytes(data[-4:], "little") == masked_crc32c(b"some bytes")
