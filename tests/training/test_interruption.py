import os
import signal
import threading

import pytest

from kerabert.training.interruption import Interruption


@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)]
)
def test_the_first_signal_asks_and_the_second_stops(capsys, number, error):
    before = signal.getsignal(number)
    with Interruption() as interruption:
        assert not interruption.is_asked_for
        os.kill(os.getpid(), number)
        assert interruption.is_asked_for
        assert "Stopping" in capsys.readouterr().err
        with pytest.raises(error):
            os.kill(os.getpid(), number)
        with pytest.raises(error):
            interruption.stop()
    assert signal.getsignal(number) == before


def test_it_is_ready_again_and_does_nothing_in_other_threads():
    interruption = Interruption()
    with interruption:
        os.kill(os.getpid(), signal.SIGINT)
    seen = []

    def enter():
        with interruption:
            seen.append(signal.getsignal(signal.SIGINT))

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [before]
    with interruption:
        assert not interruption.is_asked_for
