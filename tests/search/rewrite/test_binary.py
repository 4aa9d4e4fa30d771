import pytest
from hypothesis import strategies as st
from tests.search.rewrite.laws import Example, follows, rewritings

from sigil.search.rewrite.binary import RULES

BY_NAME = {rule.name: rule for rule in RULES}
RECORDS = st.lists(st.binary(min_size=4, max_size=4), max_size=4).map(b"".join)

EXAMPLES = (
    Example(
        "bytes-in-a-buffer",
        """
        def pack(values):
            out = b""
            for value in values:
                out += bytes([value % 256])
                if value > 200:
                    out += b"!"
            return out
        """,
        st.tuples(st.lists(st.integers(0, 300), max_size=6)),
        becomes="out = bytearray()",
    ),
    Example(
        "bytes-in-a-buffer",
        """
        def masked(data, key):
            out = b""
            for i in range(len(data)):
                if key:
                    out = out + bytes([data[i] ^ key[i % len(key)]])
                else:
                    out = out + b"-"
            return out
        """,
        st.tuples(st.binary(max_size=9), st.binary(max_size=3)),
        becomes="out.append(data[i] ^ key[i % len(key)])",
    ),
    Example(
        "ones-counted-at-once",
        """
        def ones(n):
            count = 0
            while n > 0:
                count += n & 1
                n >>= 1
            return count, n
        """,
        st.tuples(st.integers(0, 2**40)),
        becomes='bin(n).count("1")',
    ),
    Example(
        "unpacked-in-place",
        """
        import struct

        def numbers(data):
            found = []
            for i in range(0, len(data), 4):
                found.append(struct.unpack("<I", data[i:i + 4])[0])
            return found
        """,
        st.tuples(RECORDS),
        becomes='struct.unpack_from("<I", data, i)[0]',
    ),
    Example(
        "struct-compiled-once",
        """
        import struct

        def packed(numbers):
            return [struct.pack("<I", n) for n in numbers]
        """,
        st.tuples(st.lists(st.integers(0, 2**32), max_size=4)),
        becomes='record = struct.Struct("<I")',
    ),
    Example(
        "bit-count",
        """
        def ones(n, m):
            return bin(n).count("1") + bin(n ^ m).count("1")
        """,
        st.tuples(st.integers(-9, 2**40), st.integers(-9, 99)),
        becomes="(n ^ m).bit_count()",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_rewritten_function_does_the_same(example: Example):
    follows(example, RULES)


@pytest.mark.parametrize(
    "line", ["use(out)", "out = out[1:]", "print(len(out))", "return out", "out += out"]
)
def test_bytes_that_the_loop_looks_at_are_no_buffer(line: str):
    source = f"""
    def f(values, use):
        out = b""
        for value in values:
            out += value
            {line}
        return out
    """
    assert not list(rewritings(BY_NAME["bytes-in-a-buffer"], source))


@pytest.mark.parametrize("cut", ["data[i:i + 5]", "data[i:j]", "data[:4]", "data[i:]", "data[i]"])
def test_a_slice_of_another_length_is_unpacked_as_before(cut: str):
    source = f'import struct\ndef f(data, i, j):\n    return struct.unpack("<I", {cut})\n'
    assert not list(rewritings(BY_NAME["unpacked-in-place"], source))


@pytest.mark.parametrize("line", ["count += n & 3", "count -= n & 1", "n += n & 1"])
def test_other_sums_of_bits_are_made_step_by_step(line: str):
    source = f"def f(n, count):\n    while n:\n        {line}\n        n >>= 1\n    return count\n"
    assert not list(rewritings(BY_NAME["ones-counted-at-once"], source))
