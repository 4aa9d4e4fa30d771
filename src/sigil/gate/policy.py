"""``.sigil/gate.yaml``: the services, who examines them, and how strictly.

    services:
      api:
        deploy: {backend: process, command: "python3 server.py --port {port}"}
        env: [SIGNUP_PASSWORD]
        recipients: [age1…]
    policy:
      freshness_s: 60
      thresholds: {P0: {allow: 0.95, review: 0.85}}
    evaluators: ["ed25519:…"]

Takes bytes, so that whoever decides hands in those of the base ref: a change cannot widen its own
exam.

Pure. Not here: reading the file (`sigil.gate.trees`), what a number leads to
(`sigil.gate.decision`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from msgspec import Meta, field

from sigil.errors import InvalidValue, NotFound, Where
from sigil.gate.bundle.sealing import PRIVATE, RECIPIENT
from sigil.gate.deploy.settings import Deploy, model_of
from sigil.gate.names import SERVICE, is_own_variable
from sigil.llm.settings import KEY_VARIABLES, ModelSettings, read_settings
from sigil.printable import printable
from sigil.store.documents import Document, parse_document, validate
from sigil.store.shapes import Misfit, Shape, held, read_section

PATH = ".sigil/gate.yaml"
MAX_BYTES = 2**20
Share = Annotated[float, Meta(ge=0.0, le=1.0)]
PublicKey = Annotated[
    str, Meta(pattern=r"\A\S+\Z", max_length=200, description="a public key, such as ed25519:…")
]
PublicKeys = Annotated[list[PublicKey], Meta(max_length=1000)]
Variable = Annotated[
    str,
    Meta(
        pattern=r"\A[A-Za-z_][A-Za-z0-9_]*\Z",
        max_length=200,
        description="the name of a variable, such as SIGNUP_PASSWORD",
    ),
]
_REQUEST = re.compile(r"(GET|POST|PUT|PATCH|DELETE) /[!-~]{0,2000}")
Weight = Annotated[float, Meta(ge=0.0, le=1e6)]


def _request(text: str) -> str:
    if _REQUEST.fullmatch(text):
        return text
    raise ValueError("expected a method and a path, such as POST /test/reset")


class Asking(Shape, frozen=True, kw_only=True):
    """What models may take, and how often one is asked the same.

    Args:
        quorum: judgements of one subject.
        usd: US dollars of one evaluation; None for no limit.
        tokens: of one evaluation; None for no limit.
    """

    quorum: Annotated[int, Meta(ge=1, le=9)] = 3
    usd: Annotated[float, Meta(gt=0.0, le=1e6)] | None = None
    tokens: Annotated[int, Meta(ge=1, le=10**12)] | None = 2_000_000


class Service(Shape, frozen=True, kw_only=True):
    """A service that is examined.

    Args:
        deploy: how it is put up; None where only its scenarios are kept.
        env: names of the evaluator's environment that ``sigil.env`` may read; none by which it
            reaches its forge, its keys or a model.
        recipients: public keys of those who can open the holdouts.
        models: entries as `sigil.llm.settings` has them, by name; ``intent`` and ``judge`` are
            asked for what they say, a single one for both.
        asking: what they may take.
        reset: method and path, such as ``POST /test/reset``: what the service is asked before each
            scenario, so that it is as it began; none where scenarios may meet what others left.
    """

    deploy: Deploy | None = None
    env: Annotated[list[Variable], Meta(max_length=1000)] = field(default_factory=list[str])
    recipients: Annotated[list[str], Meta(max_length=1000)] = field(default_factory=list[str])
    models: Annotated[dict[str, dict[str, Any]], Meta(max_length=100)] = field(
        default_factory=dict[str, dict[str, Any]]
    )
    asking: Asking = Asking()
    reset: str | None = None

    def __post_init__(self) -> None:
        read_section(self, "deploy", model_of)
        if self.reset is not None:
            held(self, reset=_request)
        for number, key in enumerate(self.recipients):
            if not RECIPIENT.fullmatch(key):
                raise Misfit("no public key of age, age1…", f"recipients[{number}]")
        _refuse_twice("recipients", self.recipients)
        _refuse_twice("env", self.env)
        self._hand_out_nothing_of_the_evaluator()

    def _hand_out_nothing_of_the_evaluator(self) -> None:
        keys = {*KEY_VARIABLES.values(), *(one.get("key_variable") for one in self.models.values())}
        for number, name in enumerate(self.env):
            if is_own_variable(name) or name in keys:
                raise Misfit(f"{name} is the evaluator's own", f"env[{number}]")
        for model, entry in self.models.items():
            if is_own_variable(str(entry.get("key_variable", ""))):
                raise Misfit(
                    "this variable is the evaluator's own, and no model's key",
                    f"models.{model}.key_variable",
                )


class ThresholdSetting(Shape, frozen=True, kw_only=True):
    """How satisfied a priority has to be.

    Args:
        allow: at least this for ALLOW.
        review: at least this for REVIEW; below it, BLOCK.
    """

    allow: Share
    review: Share

    def __post_init__(self) -> None:
        if self.review > self.allow:
            raise Misfit("review is higher than allow; what is allowed is more than reviewed")


class Thresholds(Shape, frozen=True, kw_only=True):
    """One for each priority."""

    P0: ThresholdSetting = ThresholdSetting(allow=0.95, review=0.85)
    P1: ThresholdSetting = ThresholdSetting(allow=0.90, review=0.75)
    P2: ThresholdSetting = ThresholdSetting(allow=0.80, review=0.60)


class Weights(Shape, frozen=True, kw_only=True):
    """How much each half counts in the overall satisfaction."""

    visible: Weight = 2.0
    holdout: Weight = 1.0

    def __post_init__(self) -> None:
        if self.visible + self.holdout <= 0:
            raise Misfit("at least one half has to count; give visible or holdout a weight")


class Policy(Shape, frozen=True, kw_only=True):
    """How strictly changes are judged.

    Args:
        freshness_s: seconds that the ledger's tip may be old for an ALLOW.
        thresholds: for each priority.
        weights: of the halves.
        repeats: runs of each scenario on each side.
        max_seconds: of running the whole exam; what has not begun by then is not run.
        submissions: evaluations of one exam, whatever the change, before feedback on its holdouts
            dries up; `sigil scenario rotate` begins anew.
    """

    freshness_s: Annotated[float, Meta(gt=0.0, le=7 * 86_400.0)] = 60.0
    thresholds: Thresholds = Thresholds()
    weights: Weights = Weights()
    repeats: Annotated[int, Meta(ge=1, le=100)] = 1
    max_seconds: Annotated[float, Meta(gt=0.0, le=86_400.0)] = 1800.0
    submissions: Annotated[int, Meta(ge=0, le=10_000)] = 20


class Gate(Shape, frozen=True, kw_only=True):
    """All keys of the document.

    Args:
        services: by name.
        policy: how strictly they are judged.
        evaluators: public keys whose evaluations and decisions count, ``ed25519:…``.
        reviewers: public keys whose verdicts count for trust; if none is named, every trusted key
            that is no evaluator's.
    """

    services: Annotated[dict[str, Service], Meta(max_length=1000)]
    policy: Policy = Policy()
    evaluators: PublicKeys = field(default_factory=list[str])
    reviewers: PublicKeys = field(default_factory=list[str])

    def __post_init__(self) -> None:
        if not self.services:
            raise Misfit("names no service", "services")
        for name in self.services:
            if not SERVICE.fullmatch(name):
                raise Misfit(
                    f"{printable(name, 80)!r} is no name of a service: at most 60 lower-case "
                    "letters, digits, underscores and hyphens",
                    f"services.{name}",
                )
        _refuse_twice("evaluators", self.evaluators)
        _refuse_twice("reviewers", self.reviewers)
        if both := set(self.evaluators).intersection(self.reviewers):
            raise Misfit(
                f"{printable(min(both), 80)} is evaluator and reviewer; nobody agrees with "
                "themselves"
            )


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """The document, and the place of every value in it.

    Args:
        gate: its keys.
        document: for the line of a field, such as ``services.api.deploy.command``.
    """

    gate: Gate
    document: Document

    def service(self, name: str) -> Service:
        """Return a service.

        Raises:
            NotFound: there is none of this name.
        """
        found = self.gate.services.get(name)
        if found is None:
            raise NotFound(
                f"there is no service {printable(name, 80)!r}",
                where=self.document.where("services"),
                remedy=f"add it, or name one of: {', '.join(sorted(self.gate.services))}",
            )
        return found

    def models(self, name: str) -> dict[str, ModelSettings]:
        """Return the models that a service's exam may ask.

        Raises:
            NotFound: there is no such service.
            InvalidValue: an entry that does not fit.
        """
        service = f"services.{name}.models"
        with self.document.telling_lines():
            return {
                model: read_settings(model, entry, self.document.where(f"{service}.{model}"))
                for model, entry in self.service(name).models.items()
            }

    def doubts(self) -> list[str]:
        """Return what is written so that it can hardly be meant, each with its place and a remedy.

        It is obeyed: whoever writes the base branch decides. But nobody should find out too late.
        """
        policy = self.gate.policy
        found = [
            (f"policy.weights.{half}", f"the {half} half counts for nothing in the satisfaction")
            for half, weight in (
                ("visible", policy.weights.visible),
                ("holdout", policy.weights.holdout),
            )
            if weight == 0
        ]
        for name, threshold in (
            ("P0", policy.thresholds.P0),
            ("P1", policy.thresholds.P1),
            ("P2", policy.thresholds.P2),
        ):
            place = f"policy.thresholds.{name}"
            if threshold.allow == 0:
                found.append((f"{place}.allow", "no satisfaction is too low for an ALLOW"))
            elif threshold.review == 0:
                found.append((f"{place}.review", "no satisfaction is low enough for a BLOCK"))
        return [
            f"{self.document.where(field)}: {said}; set it above 0, or leave it out"
            for field, said in found
        ]

    def deployment(self, name: str) -> Deploy:
        """Return how a service is put up.

        Raises:
            NotFound: there is no such service.
            InvalidValue: the file does not say.
        """
        found = self.service(name).deploy
        if found is None:
            raise InvalidValue(
                "there is no deploy section",
                where=self.document.where(f"services.{name}"),
                remedy="add one: see docs/deployments.md",
            )
        return found


def load_policy(raw: bytes, shown_as: str = PATH) -> GatePolicy:
    """Return what the bytes of a ``gate.yaml`` say.

    Args:
        raw: of the base ref, where a decision hangs on it.
        shown_as: the file, for messages.

    Raises:
        MalformedDocument: no YAML, or no mapping.
        UnknownKey: a key that does not exist, with the nearest one.
        InvalidValue: a missing key, or a value that does not fit.
    """
    _refuse_private_keys(raw, shown_as)
    document = parse_document(raw, shown_as)
    policy = GatePolicy(validate(document, Gate), document)
    for name in policy.gate.services:
        policy.models(name)
    return policy


def _refuse_private_keys(raw: bytes, shown_as: str) -> None:
    """Refuse before anything is parsed, because messages quote what does not fit."""
    found = raw.upper().find(PRIVATE.encode())
    if found >= 0:
        raise InvalidValue(
            "a private key stands in this file",
            where=Where(shown_as, raw.count(b"\n", 0, found) + 1),
            remedy="remove it, make another, and rotate: whoever reads the file has it",
        )


def _refuse_twice(field: str, names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise Misfit(f"holds {printable(name, 80)} twice", field)
