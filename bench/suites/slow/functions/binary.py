"""Bytes, encodings and bits."""


def hex_dump(data):
    """Return lines of offset, sixteen bytes in hexadecimal, and printable characters."""
    dump = ""
    offset = 0
    while len(data) > 0:
        chunk = data[:16]
        data = data[16:]
        codes = ""
        shown = ""
        for byte in chunk:
            codes = codes + "%02x" % byte + " "
            if byte >= 32 and byte < 127:
                shown = shown + chr(byte)
            else:
                shown = shown + "."
        dump = dump + "%08x" % offset + "  " + codes.ljust(48) + " " + shown + "\n"
        offset += 16
    return dump


def fletcher_blocks(data, size):
    """Return the Fletcher-16 checksum of every block of ``size`` bytes."""
    checksums = []
    for start in range(0, len(data), size):
        low = 0
        high = 0
        for i in range(len(data)):
            if i >= start and i < start + size:
                low = (low + data[i]) % 255
                high = (high + low) % 255
        checksums.append(high * 256 + low)
    return checksums


def to_base64(data):
    """Return the standard Base64 text of some bytes, padded."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    bits = ""
    for byte in data:
        bits = bits + bin(byte)[2:].rjust(8, "0")
    while len(bits) % 6 != 0:
        bits += "0"
    text = ""
    for i in range(0, len(bits), 6):
        text += alphabet[int(bits[i : i + 6], 2)]
    while len(text) % 4 != 0:
        text += "="
    return text


def unpack_samples(data):
    """Return the signed 16-bit little-endian samples in some bytes; an odd last byte is dropped."""
    samples = []
    position = 0
    while position + 1 < len(data):
        value = data[position] + data[position + 1] * 256
        if value >= 32768:
            value = value - 65536
        samples = samples + [value]
        position = position + 2
    return samples


def xor_mask(data, key):
    """Return the bytes masked with a repeated key by exclusive or; an empty key changes nothing."""
    masked = b""
    for i in range(len(data)):
        if len(key) == 0:
            masked = masked + bytes([data[i]])
        else:
            masked = masked + bytes([data[i] ^ key[i % len(key)]])
    return masked


def back_references(data, window):
    """Return LZ77 tokens: ``(distance, length, next byte)``, the nearest longest match first.

    A match has at least three bytes; without one, distance and length are 0. The last token
    has -1 where no byte follows.
    """
    tokens = []
    position = 0
    while position < len(data):
        best_distance = 0
        best_length = 0
        for distance in range(1, min(window, position) + 1):
            length = 0
            while (
                position + length < len(data)
                and data[position + length - distance] == data[position + length]
            ):
                length += 1
            if length >= 3 and length > best_length:
                best_distance = distance
                best_length = length
        position += best_length
        following = data[position] if position < len(data) else -1
        tokens.append((best_distance, best_length, following))
        position += 1
    return tokens
