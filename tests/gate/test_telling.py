"""What of a machine stands in the words of a deployment, and what is left of it for the author."""

from __future__ import annotations

import base64
import random
import string
import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sigil.gate.secrets import LEAST
from sigil.gate.telling import ELSEWHERE, LEAST_SURROUNDING, Telling, for_operator, is_random
from sigil.llm.redaction import REDACTED

TREE = "/tmp/sigil-x1/root"
NAMES = st.text("abcdefghijklmnopqrstuvwxyz_-.0123456789", min_size=2, max_size=12).filter(
    lambda name: not name.startswith(".") and not name.endswith(".")
)


def told(text: str, **more) -> str:
    return Telling(**more).line(text, TREE)


# --- paths --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "left"),
    [
        (f'File "{TREE}/src/app.py", line 3', 'File "src/app.py", line 3'),
        (f"cwd={TREE}", "cwd=."),
        (f"{TREE}/app.py:12: bad", "app.py:12: bad"),
        (f"{TREE}/../../etc/passwd", "…"),
        (f"{TREE}-other/app.py", "…/app.py"),
        ('File "/usr/lib/python3.11/json/__init__.py"', 'File "…/__init__.py"'),
        ("['/home/someone/.venv/bin', '']", "['…', '']"),
        ("PATH=/usr/bin:/home/someone/bin", "PATH=…:…"),
        ("overlay / overlay rw,upperdir=/tmp/a/up 0 0", "overlay / overlay rw,upperdir=… 0 0"),
        ("files.corp:/export/home /home nfs", "… … nfs"),
        (r"b'a\n/home/someone\x00/root/x'", r"b'a\n…'"),
        (r'{"home": "\/home\/someone"}', '{"home": "…"}'),
        ("at=%2Fhome%2Fsomeone", "at=…"),
        ("\x1b[31m/home/someone\x1b[0m gone", "… gone"),
        (r"\x1b[31m/home/someone\x1b[0m gone", "… gone"),
        ("cc -I/opt/acme/include -L/opt/acme/lib", "cc -I… -L…"),
        ("open('/home/someone/My Papers/x.txt')", "open('…')"),
        ("../../home/someone/x is there.", "… is there."),
        ("see /home/someone. Or not", "see …. Or not"),
        ("file:///home/someone/app.py", "…/app.py"),
        ("\x1b(B\x1b[m/home/someone", "…"),
        ("\x1b[?25h/home/someone \x1b[38:5:1m/root/x \x9b31m/home/someone", "… … …"),
        (r'"\u001b[31m/home/someone/acme"', '"…"'),
        (r"\033[31m/home/someone, \e[1m/home/someone, \x9b31m/home/someone", "…, …, …"),
        ("q=%22%2Fhome%2Fsomeone, path%20%252Fhome%252Fsomeone", "q=%22…, path%20…"),
        ("file%3A%2F%2F%2Fhome%2Fsomeone, %7E%2Fsomeone", "file%3A…, %7E…"),
        (r"\u002fhome\u002fsomeone or \x2fhome\x2fsomeone", "… or …"),
        ("&#x2F;home&#x2F;someone or &#47;home&#47;someone", "… or …"),
        ("/mnt/My Documents/acme", "… …"),
        ("/mnt/acme, inc/secret/plan", "…, …"),
        ("/mnt/clients/acme(eu)/secret/plan", "…(eu)…"),
        ("cc -isystem/home/someone/inc -o/home/someone/out", "cc -isystem… -o…"),
        ("INFO/home/someone 9/home/someone é/home/someone", "INFO… 9… é…"),
        ("~someone/.ssh/config and ~/.ssh", "… and …"),
        (r"open C:\Users\someone and D:/plans/someone", "open … and …"),
        ("</home> @/home/someone", "<…> @…"),
        ("index at https://user:pw@packages.corp/simple", "index at https://…"),
    ],
)
def test_a_path_of_the_machine_is_no_path_any_more(printed, left):
    assert told(printed) == left


@pytest.mark.parametrize(
    "printed",
    [
        "and/or, n/a, text/html, 1/2, // and / alone",
        "./src/app.py imports src/pages/user_service_v2.py",
        "ModuleNotFoundError: No module named 'flask_sqlalchemy_extension'",
        "Uvicorn running on http://127.0.0.1:8080 (Press CTRL+C to quit)",
        "node:internal/modules/cjs/loader:1148",
        "error TS2307: Cannot find module '@nestjs/common'",
        "address already in use: ('0.0.0.0', 8080)",
        "2026-11-21T15:36:20.123456 BaseHTTPRequestHandler took 0.30000000000000004 s",
        "AbstractSingletonProxyFactoryBean, DATABASE_CONNECTION_STRING, test_it_is_so_2",
        "__pycache__/app.cpython-311.pyc for manylinux2014_x86_64",
    ],
)
def test_what_a_program_usually_says_is_left_as_it_is(printed):
    assert told(printed) == printed


def test_a_path_that_the_author_knows_is_left():
    assert told("/healthz answers 500", public=["/healthz"]) == "/healthz answers 500"


@given(
    st.lists(NAMES, min_size=1, max_size=6),
    st.sampled_from(["", "in ", "a=", "'", '"', "(", "[1, ", "x: ", "\t", "-I", "\\n", "<", "é "]),
    st.sampled_from(["/", "\\/", "%2F", "//"]),
)
def test_no_folder_of_the_machine_is_left_whatever_stands_before_it(names, before, slash):
    left = Telling().lines([before + "".join(slash + name for name in names)], TREE)
    shown = left[0] if left else ""
    assert ELSEWHERE in shown
    folders = [name for name in names[:-1] if len(name) > 3 and name not in names[-1]]
    assert not any(name in shown.removeprefix(before) for name in folders)


@given(st.text())
def test_what_is_told_is_told_the_same_when_it_is_told_again(text):
    once = told(text)
    assert told(once) == once


@pytest.mark.parametrize(
    ("printed", "left"),
    [
        ("tcp 10.1.2.3:5432 refused", "tcp …:5432 refused"),
        ("link/ether 00:1a:2b:3c:4d:5e up", "link/ether … up"),
        ("fe80::1a2b:3cff:fe4d:5e6f%eth0 or 2001:db8::1", "… or …"),
        ("db.internal.acme.corp:5432 (db.corp, acme.com:443)", "… (…, …)"),
    ],
)
def test_an_address_of_the_network_is_none_any_more(printed, left):
    assert told(printed) == left


@pytest.mark.parametrize(
    "printed", ["at 12:30:01, app.py:12:3, config.yaml:5", "std::vector ::1 127.0.0.1:80", "v1.2.3"]
)
def test_what_only_looks_like_an_address_is_left(printed):
    assert told(printed) == printed


# --- values that are known ------------------------------------------------------------------


@given(st.text(min_size=LEAST, max_size=30))
def test_no_value_of_the_vault_is_left(value):
    assume(value.strip())
    left = told(f"it is <{value}> or {value!r}", vault={"PASSWORD": value})
    assert value not in left or value in "it is <__PASSWORD__> or '__PASSWORD__'\""


def test_a_value_of_many_lines_is_hidden_though_only_its_end_would_be_shown():
    value = "\n".join(f"word {number}" for number in range(30))
    shown = Telling(vault={"NOTE": value}).lines(["begin", *value.splitlines(), "end"], TREE)
    assert shown == ("begin", "__NOTE__", "end")


SEVERAL = "correct horse  \n\n battery staple\x0btwice\t\n"
PRINTED = tuple(SEVERAL.split("\n"))


@pytest.mark.parametrize("known", ["vault", "environment"])
@pytest.mark.parametrize(
    "printed",
    [
        ("so:", *PRINTED, "."),
        tuple(f"web-1  | {line}" for line in PRINTED),
        ("not a number: battery staple",),
        (repr(SEVERAL),),
        tuple(line.rstrip() for line in PRINTED if line.strip()),
    ],
)
def test_no_line_of_a_value_of_several_lines_is_left(known, printed):
    shown = "\n".join(Telling(**{known: {"PHRASE": SEVERAL}}).lines(printed, TREE))
    assert "horse" not in shown
    assert "battery" not in shown
    assert {"vault": "__PHRASE__", "environment": "__hidden_1__"}[known] in shown


def test_the_lines_of_a_long_value_that_begins_with_a_path_are_hidden():
    value = "/etc/x\n" + "".join(f"line {number} of many\n" for number in range(500))
    left = Telling(environment={"NOTES": value}).lines(["it is line 77 of many"])
    assert left == ("it is __hidden_1__",)


def test_a_key_nobody_told_us_is_hidden_beside_one_that_is_known():
    begin, end = "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"
    vault = {"KEY": f"{begin}\nknown words of it\n{end}"}
    shown = "\n".join(Telling(vault=vault).lines([begin, "other words of it", end, "done"]))
    assert "words" not in shown
    assert "done" in shown


def test_a_line_of_a_value_does_not_take_the_name_of_another_value():
    vault = {"A": "first one\nsecond one", "A_1": "third one", "A_": "fourth one"}
    left = told("second one, third one, fourth one", vault=vault)
    assert left == "__A__, __A_1__, __A___"


@pytest.mark.parametrize(
    "host", ["127.0.0.1.internal.corp", "127.evil", "[::1%25internal]", "0.0.0.0.corp"]
)
def test_a_host_that_begins_like_our_own_is_another(host):
    assert told(f"GET http://{host}/x") == "GET http://…"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.0.1", "LOCALHOST", "[::1]", "0.0.0.0", "[::]"]
)
def test_our_own_address_is_left(host):
    assert told(f"GET http://{host}:80") == f"GET http://{host}:80"


def test_of_our_own_address_only_a_path_that_the_author_knows_is_left():
    assert told("http://localhost/home/someone") == "http://localhost/…"
    assert told("http://[::1]:80/healthz", public=["/healthz"]) == "http://[::1]:80/healthz"


def test_a_value_of_the_environment_is_hidden_and_so_is_its_name():
    left = told("as hunter-2000", environment={"DEPLOY_PHRASE": "hunter-2000"})
    assert left == "as __hidden_1__"


def test_a_short_value_of_the_environment_is_a_word():
    short = "x" * (LEAST_SURROUNDING - 1)
    assert told(f"it is {short}", environment={"MODE": short}) == f"it is {short}"


def test_the_name_of_the_machine_is_hidden_and_a_word_that_holds_it_is_not():
    left = told("on vm (vm.corp) vmware server-vm/vm", machine={"vm", "vm.corp"})
    assert left == "on … (…) vmware server-vm/vm"


def test_the_name_of_the_machine_is_hidden_in_capitals():
    assert told("on VM.corp", machine={"vm", "vm.corp"}) == "on …"


def test_a_value_of_the_environment_that_begins_with_a_path_and_goes_on_is_hidden():
    ssh = "/usr/bin/ssh -i corpkey -o ProxyHost=bastion7"
    assert told(f"runs {ssh}", environment={"GIT_SSH_COMMAND": ssh}) == "runs __hidden_1__"


def test_a_path_of_the_environment_does_not_save_what_is_below_it():
    left = told("/home/someone/plans/x", environment={"HOME": "/home/someone"})
    assert left == "…"


# --- what nobody told us --------------------------------------------------------------------

_DRAWN = random.Random(5)
ALPHABETS = {
    "hexadecimal": "0123456789abcdef",
    "letters and digits": string.ascii_letters + string.digits,
    "for addresses": string.ascii_letters + string.digits + "-_",
    "base64": string.ascii_letters + string.digits + "+/",
    "base32": string.ascii_uppercase + "234567",
    "one case": string.ascii_lowercase,
    "everything": string.ascii_letters + string.digits + "!#$%^*-_.~@+",
}


@pytest.mark.parametrize("letters", ALPHABETS.values(), ids=list(ALPHABETS))
def test_of_a_thousand_long_keys_hardly_one_is_left(letters):
    keys = ["".join(_DRAWN.choices(letters, k=40)) for _ in range(1000)]
    assert sum(not is_random(key) for key in keys) <= 2


def test_a_key_is_hidden_wherever_it_stands():
    key = "Zk9qWx2LpR7tYvB4nM1c"
    for text in (f"token={key}", f'{{"a":"{key}"}}', f"Bearer {key}", f"u:{key}@h", f"[{key},1]"):
        assert key not in told(text)
        assert REDACTED in told(text)


def test_a_commit_that_the_author_knows_is_left_and_another_hash_is_not():
    known, other = "5f" * 20, "a1" * 20
    assert told(f"{known} {other}", public=[known]) == f"{known} {REDACTED}"


def test_a_block_of_a_private_key_is_hidden():
    body = base64.b64encode(bytes(range(180))).decode()
    block = ["-----BEGIN PRIVATE KEY-----", body[:64], body[64:128], "-----END PRIVATE KEY-----"]
    shown = "\n".join(Telling().lines(["so:", *block, "done"], TREE))
    assert not any(line in shown for line in block[1:3])


# --- how it is shown ------------------------------------------------------------------------


def test_the_last_lines_are_told_and_nothing_that_a_terminal_obeys():
    shown = Telling().lines([*map(str, range(50)), "", "x" * 5 + "\x07"], TREE)
    assert len(shown) == 20
    assert shown[-2:] == ("49", "xxxxx\\x07")


def test_a_key_at_the_end_of_what_is_shown_is_hidden_before_the_line_is_cut():
    line = "word " * 57 + "Zk9qWx2LpR7tYvB4nM1cZk9qWx2LpR7tYvB4nM1c"
    assert "Zk9q" not in Telling().lines([line])[0]


def test_the_operator_sees_the_paths():
    assert for_operator(["", f"{TREE}/app.py"]) == (f"{TREE}/app.py",)


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "\\",
        "/",
        "../",
        "a.",
        "%25",
        "'/",
        "http://",
        "aA1",
        "-I/",
        "a:/",
        "\x1b[",
        "/…",
        "~",
        "a/",
        "1.",
        "1:",
        "ab:",
        "a.b:1",
        "-a",
        "%5C",
        "&#",
        "\x1b(",
        "\\x1b[",
        "C:\\",
        "~a/",
        "@",
    ],
)
def test_time_grows_with_the_length_alone(piece):
    text = piece * (2**16 // len(piece))
    before = time.process_time()
    told(text)
    assert time.process_time() - before < 5  # it takes 0.2, and a square of it minutes
