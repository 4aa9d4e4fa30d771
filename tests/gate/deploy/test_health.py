"""What is said while a service is waited for."""

from __future__ import annotations

import pytest

from sigil.errors import DeploymentFailed
from sigil.gate.deploy.health import End, never_over, wait_until_healthy


def test_a_line_about_waiting_fits_a_narrow_terminal_whatever_the_path():
    told: list[str] = []

    def refuses(timeout_s: float):
        raise ConnectionRefusedError

    def over_once_it_was_told(wait_s: float) -> End | None:
        never_over(wait_s)
        return End("ended") if told else None

    with pytest.raises(DeploymentFailed, match="the service ended"):
        wait_until_healthy(
            refuses,
            "api:80",
            "/" + "long/" * 60,
            30.0,
            over=over_once_it_was_told,
            progress=told.append,
        )
    [line] = told
    assert line.startswith("waiting for /long/")
    assert line.endswith("… (1 s)")
    assert len(line) < 60
