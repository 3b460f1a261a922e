import numpy as np
import pytest

from kerabert.text.batch_plan import BatchPlan


def test_in_order():
    padded = np.array([8, 16, 8, 24, 16])
    plan = BatchPlan.in_order(np.array([3, 1, 4, 0, 2]), padded, 2)
    assert len(plan) == 3
    batches = [plan.batch(step) for step in range(3)]
    assert [(rows.tolist(), length) for rows, length in batches] == [
        ([3, 1], 24),
        ([4, 0], 16),
        ([2], 8),
    ]


@pytest.mark.parametrize("batch_size", [1, 4, 7, 50])
@pytest.mark.parametrize("num_rows", [1, 5, 48, 97])
def test_shuffled(num_rows, batch_size):
    padded = np.random.default_rng(num_rows).choice([8, 16, 24, 40], num_rows)
    seen = set()
    for seed in range(20):
        plan = BatchPlan.shuffled(padded, batch_size, np.random.default_rng(seed))
        assert sorted(plan.rows.tolist()) == list(range(num_rows))
        assert len(plan) == -(-num_rows // batch_size)
        shapes = []
        for step in range(len(plan)):
            rows, length = plan.batch(step)
            assert (padded[rows] <= length).all()
            shapes.append((len(rows), length))
        partial = [shape for shape in shapes if shape[0] < batch_size]
        # Only one batch may be short, and only the longest.
        assert len(partial) == (num_rows % batch_size > 0)
        assert all(length == padded.max() for _, length in partial)
        seen.add(tuple(sorted(shapes)))
    assert len(seen) == 1  # the shapes do not depend on the shuffle


def test_carried_rows_are_few():
    padded = np.repeat([8, 16, 24, 40], [30, 30, 30, 30])
    plan = BatchPlan.shuffled(padded, 8, np.random.default_rng(0))
    longer = sum((padded[plan.batch(k)[0]] < plan.batch(k)[1]).sum() for k in range(len(plan)))
    assert longer == 6 + 4 + 2  # the remainders of 30, 36 and 34 rows


def test_every_row_meets_every_other_of_its_length():
    together = np.zeros((12, 12), int)
    order = np.zeros((12, 12), int)
    for seed in range(300):
        plan = BatchPlan.shuffled(np.full(12, 8), 4, np.random.default_rng(seed))
        for step in range(3):
            rows, _ = plan.batch(step)
            together[np.ix_(rows, rows)] += 1
        order[plan.rows, np.arange(12)] += 1
    # 3 of 11 others in each of 300 epochs: 82, give or take 8; each place once in 12: 25 of 300.
    others = together[~np.eye(12, dtype=bool)]
    assert others.min() > 45 and others.max() < 120
    assert order.min() > 5 and order.max() < 55
