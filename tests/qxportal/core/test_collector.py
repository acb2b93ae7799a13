"""The garbage collector is off within a loop, and as before after it."""

import gc

import pytest

from qxportal.core.collector import without_collector


def test_collector_is_on_again_after_an_error():
    assert gc.isenabled()

    with pytest.raises(ValueError, match="broken"), without_collector():
        assert not gc.isenabled()
        raise ValueError("broken")

    assert gc.isenabled()


def test_collector_that_was_off_stays_off():
    gc.disable()
    try:
        with without_collector():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
