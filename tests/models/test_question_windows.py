import numpy as np

from kerabert.models import question_windows
from kerabert.models.question_windows import cut_windows, predict_windows, read_rows
from tests.checks import largest_difference
from tests.models.qa import CONTEXTS, QUESTIONS, make_answerer


def test_equals_tokenizers():
    """The windows are those of the library tokenizers."""
    from tokenizers import BertWordPieceTokenizer

    model = make_answerer(stride=4)
    peer = BertWordPieceTokenizer({p: i for i, p in enumerate(model.tokenizer.vocabulary)})
    peer.enable_truncation(20, stride=4, strategy="only_second")
    contexts = [*CONTEXTS[:2], CONTEXTS[3] + CONTEXTS[1], CONTEXTS[3]]
    rows = read_rows(model, (QUESTIONS, contexts))
    windows = cut_windows(model, rows, np.arange(4))
    packed = model.packer(windows.first, windows.second)
    found = []
    for row, (question, context) in enumerate(zip(QUESTIONS, contexts, strict=True)):
        first = peer.encode(question, context)
        for encoding in (first, *first.overflowing):
            found.append((row, encoding.ids, encoding.type_ids, encoding.offsets))
    assert windows.row.tolist() == [row for row, *_ in found] and len(found) > 5
    for window, (row, ids, segments, offsets) in enumerate(found):
        assert packed["token_ids"][window][: len(ids)].tolist() == ids
        assert packed["segment_ids"][window][: len(ids)].tolist() == segments
        first = int(windows.first.lengths[window]) + 2
        begin = int(windows.start[window])
        spans = rows.located.spans_of(row)[begin : begin + len(ids) - 1 - first]
        assert spans.tolist() == [list(span) for span in offsets[first:-1]]


def test_each_window_once_in_any_number_of_groups(monkeypatch):
    model = make_answerer()
    rows = read_rows(model, (QUESTIONS * 3, CONTEXTS * 3))

    def collect():
        found = {}
        for row, begin, first, last, logits in predict_windows(model, rows, batch_size=3):
            for i, key in enumerate(zip(row.tolist(), begin.tolist(), strict=True)):
                assert key not in found
                found[key] = [logits[name][i, first[i] : last[i]] for name in ("start", "end")]
        return found

    one = collect()
    windows = cut_windows(model, rows, np.arange(len(rows)))
    assert set(one) == set(zip(windows.row.tolist(), windows.start.tolist(), strict=True))
    monkeypatch.setattr(question_windows, "_PIECES_AT_ONCE", 20)
    many = collect()
    assert list(many) != list(one)  # groups, one after the other
    for key, values in one.items():
        assert largest_difference(values, many[key]) < 1e-5
