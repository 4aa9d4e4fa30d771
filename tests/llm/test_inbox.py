import os
import threading
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from tests.llm.scripted import SOON_S, request

from sigil.errors import InvalidValue, ProviderFailed, Unwritable
from sigil.llm.inbox import Inbox
from sigil.llm.model import Message, Request
from sigil.llm.settings import ModelSettings
from sigil.testing.clocks import FixedClock


def inbox(folder, timeout_s=SOON_S, **more) -> Inbox:
    settings = ModelSettings("me", "inbox", path=str(folder), timeout_s=timeout_s)
    return Inbox(settings, look_s=0.01, **more)


def await_request(folder, count=1):
    """Return the requests in the folder when there are so many."""
    waiting = threading.Event()
    for _ in range(2000):
        found = sorted(folder.glob("*.request.md"))
        if len(found) >= count:
            return found
        waiting.wait(0.01)
    raise AssertionError("no request was written")


def reply_to(path, text):
    """Reply as a careful writer does: whole, then renamed."""
    draft = path.with_name("draft")
    draft.write_text(text)
    draft.rename(path.with_name(path.name.replace(".request.md", ".reply.md")))


@pytest.fixture
def pool():
    with ThreadPoolExecutor(8) as threads:
        yield threads


def test_a_reply_beside_the_request_is_the_answer(tmp_path, pool):
    answer = pool.submit(inbox(tmp_path / "in").complete, request("What is it?"))
    (path,) = await_request(tmp_path / "in")
    reply_to(path, "It is *this*.\n")
    reply = answer.result(SOON_S)
    assert reply.text == "It is *this*.\n"
    assert path.name == f"{reply.raw_id}.request.md"
    assert reply.usage.cost_usd == 0.0


def test_a_request_is_readable(tmp_path, pool):
    conversation = Request((Message("system", "be brief"), Message("user", "Why?")), seed=5)
    answer = pool.submit(inbox(tmp_path).complete, conversation)
    (path,) = await_request(tmp_path)
    reply_to(path, "x")
    answer.result(SOON_S)
    shown = path.read_text()
    assert "## system\n\nbe brief\n\n## user\n\nWhy?\n" in shown
    assert ".reply.md" in shown


def test_requests_are_numbered_in_order(tmp_path, pool):
    box = inbox(tmp_path)
    answers = []
    for number in range(3):
        answers.append(pool.submit(box.complete, request(seed=number)))
        await_request(tmp_path, number + 1)
    paths = await_request(tmp_path, 3)
    assert [path.name[:5] for path in paths] == ["0001-", "0002-", "0003-"]
    for number in (2, 0, 1):
        reply_to(paths[number], str(number))
    assert [answer.result(SOON_S).text for answer in answers] == ["0", "1", "2"]


def test_a_reply_that_is_still_being_written_is_not_taken(tmp_path, pool):
    """Between any two looks the file has grown, until it is whole."""
    looks = []

    class Writing(Inbox):
        def _await(self, path):
            class Growing(threading.Event):
                def wait(self, timeout=None):
                    looks.append(timeout)
                    if len(looks) <= 5:
                        path.write_text("word " * len(looks))
                    return False

            self._ended = Growing()
            return super()._await(path)

    box = Writing(ModelSettings("me", "inbox", path=str(tmp_path)), look_s=0.01)
    assert box.complete(request()).text == "word " * 5


def test_an_empty_reply_is_not_one_yet(tmp_path, pool):
    answer = pool.submit(inbox(tmp_path).complete, request())
    (path,) = await_request(tmp_path)
    target = path.with_name(path.name.replace("request", "reply"))
    target.touch()
    reply_to(path, "now")
    assert answer.result(SOON_S).text == "now"


def as_directory(path):
    path.mkdir()


def as_pipe(path):
    os.mkfifo(path)


def as_link_to_nothing(path):
    path.symlink_to("nowhere")


def as_link_to_itself(path):
    path.symlink_to(path.name)


def as_link_to_a_file(path):
    path.with_name("elsewhere").write_text("elsewhere")
    path.symlink_to("elsewhere")


@pytest.mark.parametrize(
    "lay", [as_directory, as_pipe, as_link_to_nothing, as_link_to_itself, as_link_to_a_file]
)
def test_what_is_no_file_is_no_reply_yet(tmp_path, pool, lay):
    answer = pool.submit(inbox(tmp_path).complete, request())
    (path,) = await_request(tmp_path)
    target = path.with_name(path.name.replace("request", "reply"))
    lay(target)
    assert not wait([answer], 0.05).done
    target.rmdir() if target.is_dir() else target.unlink()
    reply_to(path, "now")
    assert answer.result(SOON_S).text == "now"


def test_a_reply_that_is_not_utf_8_is_read_all_the_same(tmp_path, pool):
    answer = pool.submit(inbox(tmp_path).complete, request())
    (path,) = await_request(tmp_path)
    path.with_name(path.name.replace("request", "reply")).write_bytes(b"caf\xe9")
    assert answer.result(SOON_S).text == "caf\ufffd"


def test_a_reply_that_does_not_come_is_a_failure(tmp_path):
    class Hurried(FixedClock):
        def monotonic_ns(self):
            self.advance(1)
            return super().monotonic_ns()

    with pytest.raises(ProviderFailed, match=r"0001-.*\.reply\.md was not written within 3 s"):
        inbox(tmp_path, timeout_s=3.0, clock=Hurried()).complete(request())


def test_a_reply_of_an_earlier_session_is_taken_at_once(tmp_path, pool):
    box = inbox(tmp_path)
    answer = pool.submit(box.complete, request())
    (path,) = await_request(tmp_path)
    box.cancel()
    with pytest.raises(ProviderFailed, match="the run ended before"):
        answer.result(SOON_S)
    reply_to(path, "late, and not lost")
    assert inbox(tmp_path).complete(request()).text == "late, and not lost"
    assert await_request(tmp_path) == [path]


def test_equal_requests_of_one_session_are_two_files(tmp_path, pool):
    box = inbox(tmp_path)
    answers = [pool.submit(box.complete, request()) for _ in range(2)]
    for path in await_request(tmp_path, 2):
        reply_to(path, path.name[:4])
    assert sorted(answer.result(SOON_S).text for answer in answers) == ["0001", "0002"]


def test_a_secret_does_not_reach_the_folder(tmp_path, pool):
    answer = pool.submit(inbox(tmp_path).complete, request("sk-" + "a1" * 20))
    (path,) = await_request(tmp_path)
    reply_to(path, "x")
    answer.result(SOON_S)
    assert "a1a1" not in path.read_text()


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Unwritable):
        inbox(tmp_path / "file" / "in").complete(request())


def test_an_inbox_needs_a_folder():
    with pytest.raises(InvalidValue, match=r"me\.path: the inbox has no folder"):
        Inbox(ModelSettings("me", "inbox"))
