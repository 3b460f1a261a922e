import random
import struct

import pytest

from kerabert.checkpoints.google.crc32c import masked_crc32c
from kerabert.checkpoints.google.sorted_table import _write_block, read_table, write_table
from kerabert.checkpoints.google.wire_format import write_varint

ENTRIES = [(b"", b"header"), (b"a", b"1"), (b"a/b", b"2" * 300), (b"b", b"")]


def test_what_is_written_is_read():
    assert read_table(write_table(ENTRIES), "index") == ENTRIES
    assert read_table(write_table([]), "index") == []
    many = [(f"{i:05d}".encode(), bytes(i % 7)) for i in range(3000)]
    assert read_table(write_table(many), "index") == many


def entry(shared, new, value, length=None):
    sizes = (shared, len(new), len(value) if length is None else length)
    return b"".join(map(write_varint, sizes)) + new + value


def table(*blocks, kind=0, handles=None, magic=0xDB4775248B80FB57):
    """A table of blocks as they are given, with checksums that fit."""
    written = bytearray()
    found = []
    for block in blocks:
        found.append(write_varint(len(written)) + write_varint(len(block)))
        checked = block + bytes([kind])
        written += checked + struct.pack("<I", masked_crc32c(checked))
    listing = b"".join(entry(0, bytes([i]), h) for i, h in enumerate(handles or found))
    footer = _write_block(written, struct.pack("<2I", 0, 1))
    footer += _write_block(written, listing + struct.pack("<2I", 0, 1))
    return bytes(written) + footer.ljust(40, b"\0") + struct.pack("<Q", magic)


STARTS = struct.pack("<2I", 0, 1)


def test_keys_that_share_their_beginning_and_several_blocks():
    blocks = [
        entry(0, b"word", b"1") + entry(4, b"s", b"2") + STARTS,
        entry(0, b"x", b"3") + STARTS,
    ]
    assert read_table(table(*blocks), "index") == [(b"word", b"1"), (b"words", b"2"), (b"x", b"3")]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "does not end as one"),
        (bytes(100), "does not end as one"),
        (table(STARTS, magic=1), "does not end as one"),
        (table(entry(3, b"a", b"") + STARTS), "an entry of it is cut off"),
        (table(entry(0, b"a", b"", length=5) + STARTS), "an entry of it is cut off"),
        (table(entry(0, b"a" * 2000, b"") + STARTS), "an entry of it is cut off"),
        (table(entry(0, b"b", b"") + entry(0, b"a", b"") + STARTS), "its keys are not sorted"),
        (table(entry(0, b"a", b"") + entry(1, b"", b"") + STARTS), "its keys are not sorted"),
        (table(b"\0\0\0\x80" + STARTS, handles=[b"\0\x05"]), "a block of it does not have its"),
        (table(struct.pack("<2I", 0, 2**31)), "a block of it is cut off"),
        (table(b"\0"), "a block of it is cut off"),
        (table(STARTS, handles=[write_varint(2**40) + b"\1"]), "a block of it lies outside"),
        (table(STARTS, handles=[b"\0" + write_varint(2**62)]), "a block of it lies outside"),
        (table(STARTS, handles=[b"\x80"]), "a number is cut off"),
        (table(STARTS, handles=[b"\0\x08", b"\0\x08"]), "its blocks overlap"),
    ],
)
def test_damage(data, message):
    with pytest.raises(
        ValueError, match=rf"here/index: must be the index .* Received: .*{message}"
    ):
        read_table(data, "here/index")


def test_packed_blocks():
    block = entry(0, b"word", b"1") + STARTS
    packed = write_varint(len(block)) + bytes([len(block) - 1 << 2]) + block
    assert read_table(table(packed, kind=1), "index") == [(b"word", b"1")]
    with pytest.raises(ValueError, match="packed in the unknown way 2"):
        read_table(table(packed, kind=2), "index")
    with pytest.raises(ValueError, match="does not unpack to the 99 bytes"):
        read_table(table(b"\x63" + packed[1:], kind=1), "index")


def test_every_flipped_bit_is_found():
    data = write_table(ENTRIES)
    same = 0
    for place in range(8 * len(data)):
        changed = bytearray(data)
        changed[place // 8] ^= 1 << (place % 8)
        try:
            assert read_table(bytes(changed), "index") == ENTRIES  # padding, or an empty block
            same += 1
        except ValueError:
            pass
    assert same < 0.3 * 8 * len(data)


def test_random_damage_with_checksums_that_fit():
    """As a stranger makes it up: entries or a ValueError, soon, and nothing else."""
    generator = random.Random(0)
    raised = 0
    for _ in range(3000):
        block = bytearray(entry(0, b"word", b"1") + entry(4, b"s", b"2") + STARTS)
        for _ in range(generator.randrange(1, 4)):
            block[generator.randrange(len(block))] = generator.randrange(256)
        try:
            read_table(table(bytes(block)), "index")
        except ValueError:
            raised += 1
    assert 1000 < raised < 3000
