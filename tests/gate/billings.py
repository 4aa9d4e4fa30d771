"""The billing service of the examples in a repository of its own, and whoever buys from it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import structs

from sigil.gate.deploy import Deployment, Source, deploy
from sigil.gate.exam.answerers import Answerers
from sigil.gate.exam.channel import Assignment, Report
from sigil.gate.exam.hall import Hall
from sigil.gate.lua import Limits
from sigil.gate.model import Scenario
from sigil.gate.policy import Service, load_policy
from sigil.gate.sittings import Sitting
from sigil.testing.exam_models import Seen

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "billing"
ENVIRONMENT = {"SIGNUP_PASSWORD": "correct horse battery staple"}
SECONDS = 90.0


def repository(root: Path, changed: Mapping[str, tuple[str, str]] | None = None) -> Path:
    """Return a git repository with the example in it.

    Args:
        root: where; made here.
        changed: by file, a text and what stands in its place: a bug.
    """
    shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns("__pycache__", "cache", "ledger"))
    for name, (before, after) in (changed or {}).items():
        text = (root / name).read_text(encoding="utf-8")
        assert text.count(before) == 1, name
        (root / name).write_text(text.replace(before, after), encoding="utf-8")
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "base"]):
        subprocess.run(
            ["git", "-c", "user.name=t", "-c", "user.email=t@example.invalid", *arguments],
            cwd=root,
            env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull},
            check=True,
        )
    return root


def service(root: Path, **more: Any) -> Service:
    """Return what the example's policy says of its service."""
    raw = (root / ".sigil" / "gate.yaml").read_bytes()
    return structs.replace(load_policy(raw).service("api"), **more)


def put_up(root: Path) -> Deployment:
    """Return the example's deployment, not started."""
    settings = service(root).deploy
    assert settings is not None
    return deploy(settings, Source(root, "HEAD"), "pr", cache=root / ".sigil" / "cache")


def sit(
    hall: Hall,
    deployment: Deployment,
    scenario: Scenario,
    answerers: Answerers,
    settings: Service,
    seed: int = 7,
) -> Report:
    """Run one scenario as an evaluation does."""
    answering = answerers.make(settings, {"pr": deployment, "baseline": deployment})
    sitting = Sitting(scenario, "pr", 0, seed)
    assignment = Assignment(
        scenario=scenario,
        seed=seed,
        limits=Limits(),
        authority=deployment.authority,
        origins=deployment.origins,
        most_seconds=SECONDS,
    )
    return hall.examine(
        assignment,
        answer=lambda call: answering.perform(sitting, call),
        connect=deployment.connect,
    )


def scenario(body: str, *capabilities: str) -> Scenario:
    """Return a scenario whose ``run`` is ``body``."""
    named = ", ".join(f'"{name}"' for name in capabilities)
    text = f"return {{ policy = {{ capabilities = {{{named}}} }}, run = function()\n{body}\nend }}"
    return Scenario("s", "visible", text, "s.lua")


def _fill(name: str, value: str):
    return lambda seen: ("browser.fill", {"selector": f"[name={name}]", "value": value})


def _read(name: str):
    return lambda seen: ("browser.text", {"selector": f"[data-testid={name}]"})


def _report(seen: Seen) -> tuple[str, dict[str, Any]]:
    total, order, plan, period = (one["result"] for one in seen[-4:])
    return "complete", {
        "completed": True,
        "summary": f"upgraded to {plan} plan on {period} billing",
        "total_cents": round(float(total.removeprefix("$")) * 100),
        "order_id": order,
        "plan": plan,
    }


UPGRADE = (
    lambda seen: ("browser.open", {"url": "/session?token={{session_token}}"}),
    _fill("number", "4242 4242 4242 4242"),
    _fill("expiry", "12/49"),
    _fill("cvc", "123"),
    lambda seen: ("browser.click", {"selector": "[data-testid=upgrade]"}),
    _read("total"),
    _read("order-id"),
    _read("receipt-plan"),
    _read("receipt-period"),
    _report,
)
"""How a person with the test card goes through the billing page."""
