from sigil.llm.model import Message, Reply, Request
from sigil.search.inquiry import Inquiry
from sigil.search.model import Parent, Proposal, Question

BASE = Parent("base", {}, ())


class Echo:
    """Proposes what was said; wants ``bad`` mended."""

    name = "echo"

    def questions(self, view, count):
        raise NotImplementedError

    def answered(self, question, reply, failure=None):
        text = reply.text if reply else failure
        if text == "bad":
            return question
        return Proposal("base", text, "echo", text)

    def tell(self, proposal, outcome):
        raise NotImplementedError


def asked(count):
    inquiry = Inquiry({"echo": Echo()})
    for place in range(count):
        request = Request((Message("user", str(place)),))
        inquiry.ask(Question(request, BASE, "echo", place), place, place + 1)
    return inquiry, [one.number for one in inquiry.take()]


def said(text):
    return Reply(text, "m")


def test_answers_count_in_order_of_asking():
    inquiry, (first, second) = asked(2)
    assert list(inquiry.answer(second, said("b"), None)) == []
    assert [(p, one.patch) for p, one in inquiry.answer(first, said("a"), None)] == [
        (0, "a"),
        (1, "b"),
    ]


def test_what_has_to_wait_is_known_before_it_counts():
    inquiry, (_, second, third) = asked(3)
    list(inquiry.answer(third, said("c"), None))
    list(inquiry.answer(second, said("b"), None))
    assert [(place, one.patch) for place, one in inquiry.waiting()] == [(1, "b"), (2, "c")]


def test_an_answer_is_mended_at_once_whoever_is_waited_for():
    inquiry, (_, second) = asked(2)
    list(inquiry.answer(second, said("bad"), None))
    (again,) = inquiry.take()
    list(inquiry.answer(again.number, said("b"), None))
    assert [place for place, _ in inquiry.waiting()] == [1]


def test_what_is_set_aside_holds_up_no_answer_behind_it():
    inquiry, (_, second) = asked(2)
    list(inquiry.answer(second, said("b"), None))
    assert [place for place, _ in inquiry.set_aside(1)] == [1]
    assert len(inquiry) == 1


def test_what_is_taken_back_counts_behind_all_others():
    inquiry, (first, second, third) = asked(3)
    list(inquiry.set_aside(1))
    assert list(inquiry.answer(first, said("a"), None)) == []
    assert inquiry.aside == {1: True}
    assert list(inquiry.take_back(1)) == []
    list(inquiry.answer(third, said("c"), None))
    assert [place for place, _ in inquiry.answer(second, said("b"), None)] == [1, 2, 0]
