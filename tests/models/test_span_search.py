import numpy as np
import pytest

from kerabert.models.span_search import best_spans


@pytest.mark.parametrize("num_best", [1, 3, 1000])
def test_equals_a_look_at_all(num_best):
    generator = np.random.default_rng(num_best)
    for _ in range(40):
        rows, length = generator.integers(1, 4), int(generator.integers(1, 12))
        start, end = generator.normal(size=(2, rows, length)).astype("float32")
        if generator.random() < 0.3:
            start, end = np.round(start), np.round(end)
        first = generator.integers(0, length, rows)
        last = np.array([generator.integers(f + 1, length + 1) for f in first])
        longest = int(generator.integers(1, 15))
        begins, ends, scores = best_spans(start, end, first, last, longest, num_best)
        for row in range(rows):
            spans = [
                (float(start[row, i] + end[row, j]), i, j)
                for i in range(first[row], last[row])
                for j in range(i, min(i + longest, last[row]))
            ]
            best = sorted((score for score, _, _ in spans), reverse=True)[:num_best]
            valid = scores[row] > -np.inf
            assert scores[row][valid].tolist() == best
            found = zip(scores[row][valid].tolist(), begins[row], ends[row], strict=False)
            assert len({*found} & {*spans}) == len(best)  # each is one of them, none is twice
            assert len(best) == min(num_best, len(spans))
