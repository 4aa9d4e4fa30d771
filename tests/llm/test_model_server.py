import contextlib
import http.client
import json
import threading

import pytest

from sigil.testing.model_server import Fault, ModelServer


def post(server, kept=None, body=None, path="/v1/chat/completions"):
    connection = kept or http.client.HTTPConnection(server.url.removeprefix("http://"))
    try:
        connection.request("POST", path, json.dumps(body or {"model": "m"}))
        response = connection.getresponse()
        return response, response.read()
    finally:
        if kept is None:
            connection.close()


def test_one_connection_serves_many_requests():
    with ModelServer(lambda body, number: str(number)) as server:
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"))
        said = [json.loads(post(server, connection)[1]) for _ in range(3)]
        connection.close()
    assert [each["choices"][0]["message"]["content"] for each in said] == ["0", "1", "2"]


def test_a_script_is_shown_the_request():
    with ModelServer(lambda body, number: body["model"]) as server:
        _, said = post(server, body={"model": "m-7"}, path="/v1/messages")
    assert json.loads(said)["content"][0]["text"] == "m-7"
    assert server.asked[0].body == {"model": "m-7"}


def test_a_fault_is_answered_as_it_is_scripted():
    with ModelServer(lambda *_: Fault("slow down", status=429, retry_after="7")) as server:
        response, said = post(server)
    assert (response.status, response.headers["Retry-After"]) == (429, "7")
    assert json.loads(said)["error"]["message"] == "slow down"


def test_a_dropped_connection_ends_in_the_middle():
    with (
        ModelServer(lambda *_: Fault("x" * 1000, dropped=True)) as server,
        pytest.raises(http.client.IncompleteRead),
    ):
        post(server)


def test_a_server_ends_while_an_answer_is_delayed():
    begun = threading.Event()

    def script(body, number):
        begun.set()
        return Fault(delay_s=600)

    with ModelServer(script) as server:

        def ask():
            with contextlib.suppress(http.client.HTTPException, OSError):
                post(server)

        client = threading.Thread(target=ask, daemon=True)
        client.start()
        begun.wait(20)
    client.join(20)
    assert not client.is_alive()
