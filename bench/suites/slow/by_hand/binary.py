"""Bytes, encodings and bits, as fast as it goes by hand."""

import base64
import struct


def hex_dump(data):
    shown = bytes(code if 32 <= code < 127 else 46 for code in range(256))
    text = data.translate(shown).decode()
    lines = [
        f"{at:08x}  {data[at : at + 16].hex(' '):<48} {text[at : at + 16]}\n"
        for at in range(0, len(data), 16)
    ]
    return "".join(lines)


def fletcher_blocks(data, size):
    checksums = []
    for start in range(0, len(data), size):
        low = high = 0
        for byte in data[start : start + size]:
            low += byte
            high += low
        checksums.append(high % 255 * 256 + low % 255)
    return checksums


def to_base64(data):
    return base64.b64encode(data).decode()


def unpack_samples(data):
    return list(struct.unpack(f"<{len(data) // 2}h", data[: len(data) // 2 * 2]))


def xor_mask(data, key):
    if not key:
        return data
    mask = (key * (len(data) // len(key) + 1))[: len(data)]
    mixed = int.from_bytes(data, "big") ^ int.from_bytes(mask, "big")
    return mixed.to_bytes(len(data), "big")


def back_references(data, window):
    tokens, position, size = [], 0, len(data)
    while position < size:
        distance = length = 0
        least = max(0, position - window)
        wanted = 3
        before = position
        while position + wanted <= size:
            found = data.rfind(data[position : position + wanted], least, before + wanted - 1)
            if found < 0:
                break
            before = found
            distance, length = position - found, wanted
            while position + length < size and data[found + length] == data[position + length]:
                length += 1
            wanted = length + 1
        position += length
        tokens.append((distance, length, data[position] if position < size else -1))
        position += 1
    return tokens
