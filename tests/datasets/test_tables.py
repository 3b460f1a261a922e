import csv
import gzip
import io

import numpy as np
import pytest

from kerabert.datasets import read_csv, read_tsv
from tests.checks import SHARED_DATA, needs_shared_data


def write(tmp_path, text, name="file.tsv"):
    path = tmp_path / name
    data = text.encode("utf-8")
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def test_reads_tsv(tmp_path):
    text = 'id\ta\tb\tlabel\r\n1\t"Quoted\tb1\t0\r\n\n2\ta2, too"\t\t1\n'
    for name in ("file.tsv", "file.tsv.gz"):
        path = write(tmp_path, text, name)
        assert read_tsv(path, "a") == (['"Quoted', 'a2, too"'], [0, 1])
        assert read_tsv(path, ["b", "a"]) == ((["b1", ""], ['"Quoted', 'a2, too"']), [0, 1])
        assert read_tsv(path, [-2], label_column="id") == (["b1", ""], [1, 2])
        assert read_tsv(path, "a", None)[1] is None
    path = write(tmp_path, "good\tno\nbad\tyes\n")
    assert read_tsv(path, label_column=1, has_header=False) == (["good", "bad"], ["no", "yes"])


def test_reads_csv_as_the_standard_writes_it(tmp_path):
    """What Python's own writer quotes comes back."""
    generator = np.random.default_rng(0)
    texts = ["".join(generator.choice(list('a ",;\n\r'), 6)) + "." for _ in range(300)]
    for separator in (",", ";"):
        file = io.StringIO()
        writer = csv.writer(file, delimiter=separator)
        writer.writerows([("text", "label"), *((text, row) for row, text in enumerate(texts))])
        path = write(tmp_path, file.getvalue(), "file.csv")
        assert read_csv(path, separator=separator) == (texts, list(range(300)))


@pytest.mark.parametrize(
    ("values", "label_type", "labels"),
    [
        (["1", "-2"], "auto", [1, -2]),
        (["1", "2.5"], "auto", [1.0, 2.5]),
        (["1", "x"], "auto", ["1", "x"]),
        (["1_0", "nan"], "auto", ["1_0", "nan"]),
        (["1", "2"], "text", ["1", "2"]),
        (["1", "2"], "number", [1.0, 2.0]),
    ],
)
def test_label_types(tmp_path, values, label_type, labels):
    path = write(tmp_path, "text\tlabel\n" + "".join(f"a\t{value}\n" for value in values))
    found = read_tsv(path, label_type=label_type)[1]
    assert found == labels and [type(label) for label in found] == [type(label) for label in labels]


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("text\tlabel\na\t1\n\nb\n", {}, "row 1, line 4 must have 2 fields.* Received: 1"),
        ("text\tlabel\na\t1\nb\tc\t1\n", {}, "row 1, line 3 must have 2 fields.* Received: 3"),
        ("text\tlabel\na\t\n", {}, "row 0, line 2: column 'label' must not be empty"),
        (
            "text\tlabel\na\tx\n",
            {"label_type": "integer"},
            "row 0, line 2: column 'label' must be a whole number. Received: 'x'",
        ),
        ("text\tlabel\na\tinf\n", {"label_type": "number"}, "must be a finite number"),
        ("text\tlabel\n", {}, "must have at least one row"),
        ("", {}, "must have at least one row"),
        ("text\tlabel\na\t1\n", {"columns": "b"}, r"one of \['text', 'label'\].* Received: 'b'"),
        ("a\t1\n", {"has_header": False}, "Received: 'label'"),
    ],
)
def test_bad_tsv(tmp_path, text, arguments, message):
    path = write(tmp_path, text)
    with pytest.raises(ValueError, match=message) as error:
        read_tsv(path, **arguments)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('text,label\n"a\nb",1\n"c" d,2\n', "line 4 must begin a row of CSV"),
        ('text,label\na,1\n"b,2\n', "line 3 must begin a row of CSV"),
        ('text,label\n"a\n\nb",1\nc\n', "row 1, line 5 must have 2 fields"),
    ],
)
def test_bad_csv(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        read_csv(write(tmp_path, text, "file.csv"))


def test_bad_arguments(tmp_path):
    path = write(tmp_path, "text\tlabel\na\t1\n")
    with pytest.raises(ValueError, match="`label_type` must be one of"):
        read_tsv(path, label_type="float")
    with pytest.raises(ValueError, match="`separator` must be one character"):
        read_csv(path, separator="::")


@needs_shared_data
@pytest.mark.parametrize(
    ("name", "arguments", "rows", "positive"),
    [
        ("sst2/train.tsv.gz", {}, 67349, 37569),
        ("mrpc/dev.tsv", {"columns": ["sentence1", "sentence2"]}, 500, 346),
        ("qqp_subset/dev.tsv", {"label_column": "is_duplicate"}, 3000, 1122),
    ],
)
def test_real_files(name, arguments, rows, positive):
    """The numbers that the data's own description states."""
    inputs, labels = read_tsv(SHARED_DATA / name, **arguments)
    assert len(labels) == rows and sum(labels) == positive
    assert len(inputs[0] if isinstance(inputs, tuple) else inputs) == rows
