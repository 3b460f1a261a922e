import keras
import pytest

from kerabert.models import BertTask, BertTextClassifier
from kerabert.models.task_contract import TaskContract
from tests.tiny import make_backbone


def make(kind, **kwargs):
    backbone = make_backbone(num_layers=1)
    pooled = backbone(backbone.input)["pooled_output"]
    return kind(backbone, inputs=backbone.input, outputs=keras.layers.Dense(2)(pooled), **kwargs)


def test_what_a_task_must_define():
    task = make(BertTask)
    for call in (
        task.default_loss,
        task.default_metrics,
        task.head_config,
        lambda: task.head_layers,
        lambda: task.encode_targets([0], 1),
        lambda: task.score_texts(None),
    ):
        with pytest.raises(NotImplementedError):
            call()


def test_what_a_task_may_leave_as_it_is():
    class Task(BertTask):
        def encode_targets(self, y, num_rows):
            return (y, num_rows)

    task = make(Task)
    assert task.default_weighted_metrics() is None
    assert task.scores_texts is False
    assert task.encode_array_targets("y", {"token_ids": keras.ops.ones((3, 2))}) == ("y", 3)
    with pytest.raises(ValueError, match="token_ids"):
        task.check_inputs({})


def test_every_name_of_the_contract_is_a_tasks():
    assert issubclass(BertTextClassifier, TaskContract)
    assert BertTextClassifier.default_learning_rate == 5e-5
    assert BertTextClassifier.takes_strings
