import signal
import warnings

import pytest

from sigil.foreign import guarded


def raising(error):
    def step():
        raise error

    return step


def test_what_a_step_returns_is_returned():
    assert guarded(lambda: 7) == (7, None)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RuntimeError("boom \x1b[31m\nsecond line"), r"RuntimeError: boom \x1b[31m second line"),
        (SystemExit(3), "SystemExit: 3"),
    ],
)
def test_a_step_that_fails_is_one_printable_line(error, said):
    assert guarded(raising(error)) == (None, said)


def test_what_a_step_writes_reaches_nobody(capsys):
    guarded(lambda: (print("\x1b[2J"), warnings.warn("old", stacklevel=1)))
    assert capsys.readouterr() == ("", "")


class Interrupted(KeyboardInterrupt):
    pass


@pytest.fixture
def _command():
    """Have a handler of our own in place, as our commands do."""
    former = signal.signal(signal.SIGINT, lambda *_: None)
    yield
    signal.signal(signal.SIGINT, former)


@pytest.mark.usefixtures("_command")
def test_an_interruption_that_a_package_raises_is_its_failure():
    assert guarded(raising(KeyboardInterrupt())) == (None, "KeyboardInterrupt")


@pytest.mark.usefixtures("_command")
def test_an_interruption_by_a_signal_goes_on():
    with pytest.raises(Interrupted):
        guarded(raising(Interrupted()))


def test_an_interruption_of_which_nobody_can_tell_goes_on():
    with pytest.raises(KeyboardInterrupt):
        guarded(raising(KeyboardInterrupt()))
