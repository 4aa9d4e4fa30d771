"""A small ``docker``: one program that keeps state beside itself and runs real processes.

It knows ``compose version``, ``up``, ``port``, ``ps``, ``logs`` and ``down``, of services whose
``command`` starts with ``python``. What it was asked stands in ``calls``, one JSON list a line.
"""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import yaml

HERE = pathlib.Path(__file__).resolve().parent


def main() -> int:
    """Do what the command line says."""
    words = sys.argv[1:]
    with (HERE / "calls").open("a") as calls:
        calls.write(json.dumps({"argv": words, "env": dict(os.environ)}) + "\n")
    assert words.pop(0) == "compose"
    if words == ["version"]:
        return 0 if not (HERE / "none").exists() else 125
    options = {}
    while words[0].startswith("--"):
        name, value, *words = words
        options[name] = value
    state = HERE / options["--project-name"]
    return {"up": up, "port": port, "ps": ps, "logs": logs, "down": down}[words[0]](
        state, options, words[1:]
    )


def up(state: pathlib.Path, options: dict, words: list) -> int:
    """Start what the file says, in the project's folder."""
    assert {"--detach", "--build", "--wait"} <= set(words)
    state.mkdir()
    told = yaml.safe_load(pathlib.Path(options["--file"]).read_text())
    for name, service in told["services"].items():
        if service.get("platform") == "broken":
            print("pull access denied for broken", file=sys.stderr)
            print("Error: executing docker-compose up: exit status 1", file=sys.stderr)
            return 1
        if service.get("platform") == "endless":
            (state / "pulling").write_text(str(os.getpid()))
            time.sleep(600)
        if service.get("platform") == "slow":
            time.sleep(1.5)
        with (HERE / f"printed.{state.name}.{name}").open("wb") as printed:
            process = subprocess.Popen(
                [sys.executable, "-u", *service["command"]],
                cwd=options["--project-directory"],
                env={**service.get("environment", {})},
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
                start_new_session=True,
            )
        (state / name).write_text(json.dumps([process.pid, service.get("ports", [])]))
    return 0


def port(state: pathlib.Path, options: dict, words: list) -> int:
    """Say where a port is published."""
    for published in json.loads((state / words[0]).read_text())[1]:
        address, host, inside = published.split(":")
        if inside == words[1]:
            print(f"{address}:{host}")
            return 0
    print("no port", words[1], file=sys.stderr)
    return 1


def ps(state: pathlib.Path, options: dict, words: list) -> int:
    """List the services that run."""
    if (HERE / "dead").exists():
        print("Cannot connect to the daemon", file=sys.stderr)
        return 1
    for file in state.iterdir() if state.exists() else ():
        if (
            pathlib.Path(f"/proc/{json.loads(file.read_text())[0]}/stat").read_text().split()[2]
            != "Z"
        ):
            print(file.name)
    return 0


def logs(state: pathlib.Path, options: dict, words: list) -> int:
    """Print the last lines of what each service printed, with its name before them."""
    assert words[:-1] == ["--no-color", "--tail"]
    if (HERE / "flood").exists():
        while True:
            print("for ever", flush=True)
    if (HERE / "mute").exists():
        time.sleep(600)
    for file in sorted(HERE.glob(f"printed.{state.name}.*")):
        for line in file.read_text().splitlines()[-int(words[-1]) :]:
            print(f"\x1b[2K{file.name.split('.')[-1]}-1  | {line}")
    return 0


def down(state: pathlib.Path, options: dict, words: list) -> int:
    """End and forget a project."""
    assert {"--volumes", "--remove-orphans"} <= set(words)
    if (HERE / "stuck").exists():
        return 1
    for file in HERE.glob(f"printed.{state.name}.*"):
        file.unlink()
    for file in state.iterdir() if state.exists() else ():
        told = json.loads(file.read_text())
        if isinstance(told, list):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(told[0], signal.SIGKILL)
        file.unlink()
    if state.exists():
        state.rmdir()
    return 0


if __name__ == "__main__":
    sys.exit(main())
