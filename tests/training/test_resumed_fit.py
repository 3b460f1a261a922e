import keras
import pytest

from kerabert import ExactResume
from kerabert.training.resumed_fit import begin_or_go_on, split_off_resume


def test_the_resume_is_found_among_callbacks(tmp_path):
    resume, other = ExactResume(tmp_path), keras.callbacks.TerminateOnNaN()
    assert split_off_resume([other, resume]) == (resume, [other])
    assert split_off_resume(resume) == (resume, [])
    assert split_off_resume([other]) == (None, [other])
    assert split_off_resume(None) == (None, None)


@pytest.mark.parametrize("num_batches", [None, 4])
def test_an_epoch_must_be_all_batches(tmp_path, num_batches):
    class Batches:
        def state_at(self, step):
            return {}

        def restore(self, state):
            pass

    batches = Batches()
    batches.num_batches = num_batches
    with pytest.raises(ValueError, match=f"{num_batches}. Received: steps_per_epoch=3"):
        begin_or_go_on(
            ExactResume(tmp_path), [], batches, (batches, None, None, None, True), steps=3
        )
