"""The tools by the names, arguments and descriptions that an agent sees.

A method is a tool: its docstring is what the agent is told, its annotations are the schema of
arguments and result.

Not here: what they do (`reading`, `requests`, `writing` beside this file), the protocol
(`sigil.cli.serving.server`).
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from mcp.types import CallToolResult, TextContent
from pydantic import Field

from sigil.cli.serving import reading, requests, results, writing
from sigil.cli.serving.places import find, inbox_of
from sigil.optimize.workspace import load_history
from sigil.search.model import BASELINE

_LOOK_S = 0.25
_LOOKS_A_RECORD = 12
"""Looks for a request to one whether the run has ended, which reads its whole record."""
_LONGEST_WAIT_S = 55.0
"""Below the minute after which many clients give a call up."""
_MOST = 100

_Spec = Annotated[str, Field(description="Name of the spec; list_specs lists them.")]
_Workspace = Annotated[str, Field(description="Name of the workspace.")]
_Run = Annotated[
    str | None, Field(description="Name of the run, or its beginning; without one the latest.")
]
_Candidate = Annotated[str, Field(description="Id of the candidate, or its beginning.")]
_Request = Annotated[str, Field(description="Name of the request, as list_requests gives it.")]
_Reply = Annotated[str, Field(description="The whole answer, in the form that the request wants.")]
_Patch = Annotated[str, Field(description="A unified diff.")]
_Count = Annotated[int, Field(ge=1, le=_MOST, description="How many at most.")]
_Wait = Annotated[
    float,
    Field(ge=0, le=_LONGEST_WAIT_S, description="Seconds to wait at most until there is one."),
]


@dataclass(frozen=True, slots=True)
class Reading:
    """Tools that write nothing.

    Args:
        repository: that they read.
    """

    repository: Path

    def list_specs(self) -> results.Specs:
        """List the specs of the repository: what may change, and what it is measured by."""
        return reading.specs(self.repository)

    def list_runs(
        self, spec: _Spec, workspace: _Workspace = "default", last: _Count = 10
    ) -> results.Runs:
        """List the latest runs of a workspace, latest first."""
        return reading.runs(self.repository, spec, workspace, last)

    def inspect_run(
        self, spec: _Spec, workspace: _Workspace = "default", run: _Run = None, top: _Count = 10
    ) -> Annotated[CallToolResult, results.RunReport]:
        """Show a run: baseline, ranking with gains and intervals, front, lineage, failures."""
        folder = find(self.repository, spec, workspace, run)
        report, text = reading.run_report(folder, top)
        return CallToolResult(
            content=[TextContent(type="text", text=text)], structured_content=asdict(report)
        )

    def inspect_candidate(
        self,
        spec: _Spec,
        candidate: _Candidate,
        workspace: _Workspace = "default",
        run: _Run = None,
    ) -> results.CandidateReport:
        """Show one candidate: what it measured, its change, and its change of the baseline."""
        return reading.candidate_report(find(self.repository, spec, workspace, run), candidate)

    def validate_patch(self, spec: _Spec, patch: _Patch) -> results.Valid:
        """Check that a diff applies, stays inside the pins, parses and keeps signatures."""
        return reading.validated(self.repository, spec, patch)

    def verify(
        self, spec: _Spec, workspace: _Workspace = "default", run: _Run = None
    ) -> results.Verified:
        """Re-derive every hash of the record of a run."""
        return reading.verified(find(self.repository, spec, workspace, run))

    def doctor(self, spec: _Spec | None = None) -> results.Machine:
        """Say what this machine can isolate, and what the eval of a spec could be cheated by."""
        return reading.machine(self.repository, spec)


@dataclass(frozen=True, slots=True)
class Answering:
    """Tools by which an agent is the model of a run.

    Args:
        repository: in which the run is.
    """

    repository: Path

    async def list_requests(
        self,
        spec: _Spec,
        workspace: _Workspace = "default",
        run: _Run = None,
        answered: Annotated[bool, Field(description="List those with a reply too.")] = False,
        wait_s: _Wait = 0.0,
    ) -> results.Requests:
        """List what a run asks its model and nobody has answered, oldest first."""
        place = find(self.repository, spec, workspace, run)
        folder = inbox_of(self.repository, place)
        ended = await asyncio.to_thread(_ended, place)
        looks = int(wait_s / _LOOK_S)
        while looks and not ended and not await asyncio.to_thread(requests.waiting, folder):
            await asyncio.sleep(_LOOK_S)
            looks -= 1
            if not looks % _LOOKS_A_RECORD:
                ended = await asyncio.to_thread(_ended, place)
        found = await asyncio.to_thread(requests.requests, folder)
        return results.Requests(
            place.name,
            ended,
            sum(not one.answered for one in found),
            [one for one in found if answered or not one.answered],
        )

    def read_request(
        self,
        spec: _Spec,
        request: _Request,
        workspace: _Workspace = "default",
        run: _Run = None,
    ) -> str:
        """Read one request to the model: the code, how it is measured, how to answer."""
        return requests.read_request(self._folder(spec, workspace, run), request)

    def answer_request(
        self,
        spec: _Spec,
        request: _Request,
        reply: _Reply,
        workspace: _Workspace = "default",
        run: _Run = None,
    ) -> results.Answered:
        """Answer as the model. WRITES the reply, which the run measures in its sandbox.

        A reply that stands is never replaced.
        """
        folder = self._folder(spec, workspace, run)
        requests.answer(folder, request, reply)
        return results.Answered(request, requests.waiting(folder))

    def _folder(self, spec: str, workspace: str, run: str | None) -> Path:
        return inbox_of(self.repository, find(self.repository, spec, workspace, run))


@dataclass(frozen=True, slots=True)
class Measuring:
    """The tool that runs code.

    Args:
        repository: whose code it is.
    """

    repository: Path

    def add_candidate(
        self,
        spec: _Spec,
        patch: _Patch,
        note: Annotated[str, Field(description="What it tries, in one line.")] = "",
        workspace: _Workspace = "default",
        run: Annotated[
            str | None, Field(description="Add it to this run; without one it gets its own.")
        ] = None,
        parent: Annotated[str, Field(description="Candidate that the diff changes.")] = BASELINE,
        eval_name: Annotated[
            str | None, Field(description="Which eval, if the spec lists several.")
        ] = None,
    ) -> results.Added:
        """Measure a diff in full and record it. WRITES a record; runs the code in the sandbox.

        Takes as long as the eval does. While a run holds the workspace it is refused.
        """
        return writing.added(
            self.repository,
            spec,
            patch,
            note=note,
            workspace=workspace,
            run=run,
            parent=parent,
            eval_name=eval_name,
        )


def _ended(run: Path) -> str | None:
    return load_history(run).ended
