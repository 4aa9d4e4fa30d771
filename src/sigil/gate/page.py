"""An evaluation as one page for its operator: self-contained, without script.

Frames come in as text and go out escaped; of holdouts none comes in.

Not here: which frames (`sigil.gate.reporting`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from sigil.gate import present
from sigil.gate.feedback import Feedback, Line
from sigil.gate.summary import Summary

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2024; --paper: #fff; --soft: #f3f4f6; --line: #d9dce1;
  --pass: #1a7f4b; --fail: #c0392b; --review: #b7791f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7e9ec; --paper: #14171a; --soft: #1e2226;
  --line: #343a40; --pass: #4cc38a; --fail: #ff7b72; --review: #e3b341; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.55 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.05rem; margin: 2.25rem 0 .5rem; }
.sub { color: color-mix(in srgb, var(--ink) 65%, transparent); margin: 0 0 1.5rem; }
.verdict { display: inline-block; padding: .1em .6em; border-radius: .3em; color: var(--paper); }
.ALLOW { background: var(--pass); } .REVIEW { background: var(--review); }
.BLOCK { background: var(--fail); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
.step { display: inline-block; min-width: 1.5em; text-align: center; margin-right: .2em;
  border-radius: .25em; font-size: .85em; background: var(--soft); }
.pass { color: var(--pass); } .fail, .error { color: var(--fail); font-weight: 600; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: .4rem;
  padding: 1rem; overflow-x: auto; font: 13px/1.45 ui-monospace, monospace; }
code { font: .9em ui-monospace, monospace; }
"""


def page(found: Summary, told: Feedback, frames: Sequence[str]) -> str:
    """Return an HTML document.

    Args:
        found: what the evaluation came to.
        told: what its author may read.
        frames: of visible scenarios, as plain text.
    """
    body = "\n".join(
        [*_head(found), *_scores(found), *_scenarios(told), *_frames(frames), *_bound(found)]
    )
    title = f"{found.verdict.value} · {found.service} · {found.eval}"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _head(found: Summary) -> Iterator[str]:
    verdict = found.verdict.value
    yield f'<h1><span class="verdict {verdict}">{verdict}</span> {_text(found.service)}</h1>'
    yield f'<p class="sub">{_text(found.ref)} · {_text(found.eval)}</p>'
    lines = [
        *found.lines,
        present.exam_alone(found.recommended, found.verdict),
        *(f"{t['stage']} failed: {t['problem']}" for t in found.troubles),
    ]
    yield f"<ul>{''.join(f'<li>{_text(line)}</li>' for line in lines)}</ul>"


def _scores(found: Summary) -> Iterator[str]:
    if not found.scores:
        return
    yield "<h2>Satisfaction</h2>"
    heads = "".join(f'<th class="n">{head}</th>' for head in ("change", "baseline", "Δ"))
    yield f'<div class="scroll"><table><tr><th></th>{heads}</tr>'
    for name, one in found.halves():
        cells = ("–", "–", "–") if one is None else (one.pr, one.baseline, one.delta)
        row = "".join(f'<td class="n">{_text(cell)}</td>' for cell in cells)
        yield f"<tr><td>{_text(name)}</td>{row}</tr>"
    yield "</table></div>"


def _scenarios(told: Feedback) -> Iterator[str]:
    yield "<h2>Scenarios</h2>"
    yield '<div class="scroll"><table><tr><th>scenario</th><th>intent</th><th>steps</th></tr>'
    for line in told.lines:
        cells = (_text(line.name), _text(line.spec), _steps(line))
        yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
    yield "</table></div>"
    if told.failing_specs:
        yield f"<p>Holdouts miss: {_text(', '.join(told.failing_specs))}</p>"


def _steps(line: Line) -> str:
    if not line.steps:
        return '<span class="error">not run</span>' if line.failed else ""
    return "".join(
        f'<span class="step {step.value}" title="step_{number}: {step.value}">{number}</span>'
        for number, step in enumerate(line.steps, 1)
    )


def _frames(frames: Sequence[str]) -> Iterator[str]:
    if frames:
        yield "<h2>What failed, of the visible half</h2>"
    for frame in frames:
        yield f"<pre>{_text(frame)}</pre>"


def _bound(found: Summary) -> Iterator[str]:
    yield "<h2>What it is bound to</h2>"
    entry = "on no record" if found.entry is None else f"entry {found.entry}"
    rows = [("ledger", entry), *found.commits.items()]
    if found.provenance is not None:
        one = found.provenance
        rows += [
            ("artifact", present.short(one.artifact)),
            ("baseline", present.short(one.baseline)),
            ("scenario set", present.short(one.scenarios)),
            ("seed", one.seed),
            ("control", present.short(one.control)),
            ("evaluator", one.evaluator),
        ]
    cells = "".join(
        f"<tr><td>{_text(name)}</td><td><code>{_text(value)}</code></td></tr>"
        for name, value in rows
    )
    yield f'<div class="scroll"><table>{cells}</table></div>'


def _text(text: str) -> str:
    """Return foreign text as HTML, without characters that change how others are read."""
    shown = "".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in text)
    return escape(shown)
