def netstrings(data):
    """Return the texts in a stream of netstrings, such as ``5:hello,0:,3:abc,``.

    Reading ends at the first that is broken: no length, no colon, too short or no comma.
    """
    texts = []
    while data:
        digits = ""
        while data and data[0].isdecimal():
            digits = digits + data[0]
            data = data[1:]
        if digits == "" or data[:1] != ":":
            break
        length = int(digits)
        text = data[1 : length + 1]
        if data[length + 1 : length + 2] != ",":
            break
        texts.append(text)
        data = data[length + 2 :]
    return texts
