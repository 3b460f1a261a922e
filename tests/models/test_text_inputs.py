import numpy as np
import pytest

from kerabert.models import BertTextClassifier
from tests.tiny import TEXTS, make_backbone, make_tokenizer


def make(tokenizer):
    return BertTextClassifier(
        make_backbone(num_layers=1), num_classes=2, tokenizer=tokenizer, sequence_length=10
    )


def test_what_becomes_of_texts():
    tokenizer = make_tokenizer()
    task = make(tokenizer)
    first, second = task.tokenize_texts(TEXTS[:2])
    assert (first, second) == (tokenizer(TEXTS[:2]), None)
    assert task.tokenize_texts(TEXTS[:2], TEXTS[2:4])[1] == tokenizer(TEXTS[2:4])
    packed = task.packer(first[:1])["token_ids"][0]
    expected = [tokenizer.start_id, *first[0], tokenizer.separator_id]
    assert packed[: len(expected)].tolist() == expected
    batches = task.make_batches((TEXTS, TEXTS), [0, 1] * 4, batch_size=3)
    assert len(batches) == 3
    assert max(x["token_ids"].shape[1] for x, _ in batches) == 10
    assert np.concatenate([y for _, y in batches]).sum() == 4


def test_without_a_tokenizer():
    task = make(None)
    for call in (task.require_tokenizer, lambda: task.packer, lambda: task.make_batches(TEXTS)):
        with pytest.raises(ValueError, match="must have a tokenizer to take strings"):
            call()
