from sigil.search.recent import Recent


def test_what_was_kept_is_found():
    known: Recent[str, int] = Recent(2)
    assert known.keep("one", 1) == 1
    assert known.get("one") == 1


def test_of_more_than_it_holds_the_one_goes_that_was_not_asked_for_the_longest():
    known: Recent[str, int] = Recent(2)
    known.keep("one", 1)
    known.keep("two", 2)
    known.get("one")
    known.keep("three", 3)
    assert [known.get(key) for key in ("one", "two", "three")] == [1, None, 3]
