"""An evaluation as one page for its operator: self-contained, without script.

Frames come in as text and go out escaped, screenshots as ``data:`` URLs; of holdouts neither comes
in.

Not here: which frames (`sigil.gate.view.reporting`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import zip_longest

from sigil.gate.deploy.model import ended_text
from sigil.gate.feedback import Disclosure, Feedback, Line
from sigil.gate.record.remarks import Remark
from sigil.gate.record.summary import Summary
from sigil.gate.view import present
from sigil.gate.view.frames import Frames

_NOTHING_ELSE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_STYLE = """
:root { color-scheme: light dark; --ink: #1c2024; --paper: #fff; --soft: #f3f4f6; --line: #d9dce1;
  --pass: #1a7f4b; --fail: #c0392b; --review: #8a590c; }
@media screen and (prefers-color-scheme: dark) {
  :root { --ink: #e7e9ec; --paper: #14171a; --soft: #1e2226; --line: #343a40;
    --pass: #4cc38a; --fail: #ff7b72; --review: #e3b341; } }
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
.alone { font-size: 1.05rem; margin: 0 0 1rem; }
.reasons { list-style: none; margin: 0; padding: 0; }
.reasons li { display: flex; gap: .75rem; padding: .3rem 0; border-bottom: 1px solid var(--line); }
.reasons b { flex: 0 0 4.5rem; font-size: .85rem; }
.of-ALLOW { color: var(--pass); } .of-REVIEW { color: var(--review); }
.of-BLOCK, .less { color: var(--fail); }
.step { display: inline-block; min-width: 1.6em; text-align: center; margin: 0 .2em .2em 0;
  border-radius: .25em; font-size: .85em; background: var(--soft); }
.step.pass { color: var(--pass); } .step.skip { opacity: .7; }
.step.fail, .step.error { background: var(--fail); color: var(--paper); font-weight: 600; }
.error { color: var(--fail); font-weight: 600; }
.note { color: color-mix(in srgb, var(--ink) 65%, transparent); }
h1, p, .reasons span, .bound code { min-width: 0; overflow-wrap: anywhere; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: .4rem;
  padding: 1rem; overflow-x: auto; font: 13px/1.45 ui-monospace, monospace; }
code { font: .9em ui-monospace, monospace; }
figure { margin: 0 0 1.5rem; } img { max-width: 100%; border: 1px solid var(--line); }
"""
_NONE: Mapping[str, str] = {}


def page(
    found: Summary,
    told: Feedback,
    frames: Frames,
    pictures: Mapping[str, str] = _NONE,
    said: Sequence[Remark] = (),
) -> str:
    """Return an HTML document.

    Args:
        found: what the evaluation came to.
        told: what its author may read.
        frames: of visible scenarios.
        pictures: screenshots of visible scenarios by name, as ``data:`` URLs.
        said: what people put on record of it since.
    """
    parts = (
        *(_head(found), _said(said), _printed(found), _scores(found), _scenarios(told)),
        *(_frames(found, frames), _pictures(pictures), _bound(found)),
    )
    body = "\n".join(line for part in parts for line in part)
    title = f"{found.verdict.value} · {found.service} · {found.eval}"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_NOTHING_ELSE}">\n'
        f"<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _head(found: Summary) -> Iterator[str]:
    verdict = found.verdict.value
    yield f'<h1><span class="verdict {verdict}">{verdict}</span> {_text(found.service)}</h1>'
    yield f'<p class="sub">{_text(found.ref)} · {_text(found.eval)}</p>'
    alone = present.exam_alone(found.recommended, found.verdict)
    yield f'<p class="alone">{_text(alone[0].upper() + alone[1:])}</p>'
    left = [str(reason.get("verdict", "")) for reason in found.reasons]
    why = {f"{trouble['stage']} failed": trouble["problem"] for trouble in found.troubles}
    rows = [
        (word, f"{line}: {why[line]}" if line in why else line)
        for word, line in zip_longest(left, found.lines, fillvalue="")
    ]
    rows += [("failed", f"{line}: {why[line]}") for line in why if line not in found.lines]
    rows += [("ended", ended_text(side)) for side in found.ended]
    if rows:
        items = "".join(
            f'<li><b class="of-{_text(word)}">{_text(word)}</b><span>{_text(line)}</span></li>'
            for word, line in rows
        )
        yield f'<ul class="reasons">{items}</ul>'


def _said(said: Sequence[Remark]) -> Iterator[str]:
    """Yield what people put on record: overrides, verdicts, incidents."""
    if not said:
        return
    yield "<h2>Said of it since</h2>"
    heads = "".join(f"<th>{head}</th>" for head in ("what", "why", "when", "entry", "by"))
    yield f'<div class="scroll"><table><tr>{heads}</tr>'
    for one in said:
        when = f"{one.ts:%Y-%m-%d %H:%M} UTC"
        cells = (one.what, one.reason or "–", when, str(one.entry))
        row = "".join(f"<td>{_text(cell)}</td>" for cell in cells)
        yield f"<tr>{row}<td><code>{_text(one.key)}</code></td></tr>"
    yield "</table></div>"


def _printed(found: Summary) -> Iterator[str]:
    """Yield what a side printed last that did not come up."""
    for trouble in found.troubles:
        if trouble.get("output"):
            yield f"<h2>Printed last, at {_text(trouble['stage'])}</h2>"
            yield _block(trouble["output"])


def _block(text: str) -> str:
    return f'<pre tabindex="0">{_text(text)}</pre>'


def _scores(found: Summary) -> Iterator[str]:
    if not found.scores:
        return
    yield "<h2>Satisfaction</h2>"
    heads = "".join(f'<th class="n">{head}</th>' for head in ("change", "baseline", "Δ"))
    yield f'<div class="scroll"><table><tr><th></th>{heads}</tr>'
    for name, one in found.halves():
        cells = present.NO_FIGURES if one is None else (one.pr, one.baseline, one.delta)
        less = " less" if cells[-1].startswith(present.MINUS) else ""
        row = "".join(f'<td class="n">{_text(cell)}</td>' for cell in cells[:-1])
        row += f'<td class="n{less}">{_text(cells[-1])}</td>'
        yield f"<tr><td>{_text(name)}</td>{row}</tr>"
    yield "</table></div>"


def _scenarios(told: Feedback) -> Iterator[str]:
    yield "<h2>Scenarios</h2>"
    has_specs = any(line.spec for line in told.lines)
    heads = ("scenario", "intent", "steps") if has_specs else ("scenario", "steps")
    yield '<div class="scroll"><table>'
    yield f"<tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr>"
    for line in told.lines:
        named = (_text(line.name), _text(line.spec)) if has_specs else (_text(line.name),)
        cells = (*named, _steps(line))
        yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
    yield "</table></div>"
    if told.failing_specs:
        yield f"<p>Holdouts miss: {_text(', '.join(told.failing_specs))}</p>"
    if told.disclosure is not Disclosure.STEPS:
        yield f'<p class="note">To its author: {_text(" ".join(present.wall_lines(told)))}</p>'


def _steps(line: Line) -> str:
    if not line.steps:
        return '<span class="error">not run</span>' if line.failed else ""
    return "".join(
        f'<span class="step {step.value}" title="step_{number}: {step.value}">{number}</span>'
        for number, step in enumerate(line.steps, 1)
    )


def _frames(found: Summary, frames: Frames) -> Iterator[str]:
    for head, shown in (
        ("What failed, of the visible half", frames.change),
        ("What failed on its baseline alone, of the visible half", frames.baseline),
    ):
        if shown:
            yield f"<h2>{head}</h2>"
        yield from (_block(frame) for frame in shown)
    command = f"sigil report {_text(found.eval)} --holdouts"
    yield (
        '<p class="note">Holdouts are shown on a terminal alone, to whoever has the key: '
        f"<code>{command}</code></p>"
    )


def _pictures(pictures: Mapping[str, str]) -> Iterator[str]:
    if pictures:
        yield "<h2>Screenshots, of the visible half</h2>"
    for name, url in pictures.items():
        yield (
            f'<figure><img src="{escape(url)}" alt="{_text(name)}">'
            f"<figcaption>{_text(name)}</figcaption></figure>"
        )


def _bound(found: Summary) -> Iterator[str]:
    yield "<h2>What it is bound to</h2>"
    rows = [
        (f"{name}, commit", f"{commit} {found.subjects.get(name, '')}".rstrip())
        for name, commit in found.commits.items()
    ]
    if found.provenance is not None:
        one = found.provenance
        rows += [
            ("change, content", present.short(one.artifact)),
            ("baseline, content", present.short(one.baseline)),
            ("control, content", present.short(one.control)),
            ("exam", present.short(one.scenarios)),
            ("seed", one.seed),
            ("evaluator", one.evaluator),
        ]
    rows.append(("ledger", "on no record" if found.entry is None else f"entry {found.entry}"))
    cells = "".join(
        f"<tr><td>{_text(name)}</td><td><code>{_text(value)}</code></td></tr>"
        for name, value in rows
    )
    yield f'<div class="scroll"><table class="bound">{cells}</table></div>'


def _text(text: str) -> str:
    """Return foreign text as HTML, without characters that change how others are read."""
    shown = "".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in text)
    return escape(shown)
