import pytest

from kerabert.checkpoints.google.wire_format import (
    read_fields,
    read_varint,
    write_bytes,
    write_four_bytes,
    write_number,
    write_varint,
)


@pytest.mark.parametrize("value", [0, 1, 127, 128, 300, 2**31, 2**64 - 1])
def test_numbers(value):
    written = write_varint(value)
    assert read_varint(b"x" + written + b"y", 1) == (value, 1 + len(written))


def test_what_google_protobuf_writes():
    """A message of TensorFlow's by the library, and by hand."""
    pytest.importorskip("tensorflow")
    from tensorflow.core.framework import tensor_shape_pb2, types_pb2
    from tensorflow.core.protobuf import tensor_bundle_pb2

    shape = tensor_shape_pb2.TensorShapeProto(
        dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=size) for size in (3, 0, 70000)]
    )
    entry = tensor_bundle_pb2.BundleEntryProto(
        dtype=types_pb2.DT_FLOAT, shape=shape, offset=5, size=2**40, crc32c=123456789
    )
    dimensions = b"".join(write_bytes(2, write_number(1, size)) for size in (3, 0, 70000))
    written = write_number(1, 1) + write_bytes(2, dimensions) + write_number(3, 0)
    written += write_number(4, 5) + write_number(5, 2**40) + write_four_bytes(6, 123456789)
    assert written == entry.SerializeToString()
    assert list(read_fields(written)) == [
        (1, 1),
        (2, dimensions),
        (4, 5),
        (5, 2**40),
        (6, 123456789),
    ]


def test_eight_bytes():
    assert list(read_fields(b"\x09" + bytes([1] + [0] * 7))) == [(1, 1)]


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (b"\x08", "a number is cut off"),
        (b"\x08\x80", "a number is cut off"),
        (b"\x80" * 11, "a number is cut off"),
        (b"\x12\x05abc", "a message is cut off"),
        (b"\x12\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "a message is cut off"),
        (b"\x0d\x01", "a message is cut off"),
        (b"\x0b", "a field of the unknown kind 3"),
    ],
)
def test_damage(message, error):
    with pytest.raises(ValueError, match=error):
        list(read_fields(message))
