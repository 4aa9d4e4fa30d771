"""Reading formats."""

import re


def parse_query(query):
    """Return the parameters of a URL's query, each with all of its values."""
    params = {}
    for part in query.split("&"):
        if part == "":
            continue
        if "=" in part:
            pair = [part[: part.index("=")], part[part.index("=") + 1 :]]
        else:
            pair = [part, ""]
        decoded = []
        for text in pair:
            out = ""
            i = 0
            while i < len(text):
                if text[i] == "+":
                    out += " "
                elif text[i] == "%":
                    try:
                        out += chr(int(text[i + 1 : i + 3], 16))
                        i += 2
                    except ValueError:
                        out += "%"
                else:
                    out += text[i]
                i += 1
            decoded.append(out)
        if decoded[0] not in params.keys():
            params[decoded[0]] = []
        params[decoded[0]] = params[decoded[0]] + [decoded[1]]
    return params


def parse_csv(text):
    """Return the rows of a CSV text with quoted fields; empty lines are skipped."""
    rows = []
    for line in text.split("\n"):
        if line.strip() == "":
            continue
        fields = []
        field = ""
        quoted = False
        rest = line
        while rest:
            char = rest[0]
            rest = rest[1:]
            if char == '"':
                if quoted and rest[:1] == '"':
                    field += '"'
                    rest = rest[1:]
                else:
                    quoted = not quoted
            elif char == "," and not quoted:
                fields.append(field)
                field = ""
            else:
                field += char
        fields.append(field)
        rows = rows + [fields]
    return rows


def parse_log(lines, level):
    """Return time, module and message of the entries at ``level`` or above."""
    entries = []
    for line in lines:
        levels = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
        pattern = re.compile(r"^(\d{2}:\d{2}:\d{2})\s+\[(\w+)\]\s+([\w.]+):\s*(.*)$")
        match = pattern.match(line.strip())
        if match is None:
            continue
        try:
            rank = levels.index(match.group(2).upper())
        except ValueError:
            continue
        if rank >= levels.index(level.upper()):
            hours, minutes, seconds = match.group(1).split(":")
            time = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
            entries.append({"time": time, "module": match.group(3), "message": match.group(4)})
    return entries


def tokenize(source):
    """Split an expression into kind and text of its tokens; an unknown character ends it."""
    tokens = []
    while len(source) > 0:
        patterns = [
            ("space", r"\s+"),
            ("number", r"\d+(\.\d+)?"),
            ("name", r"[A-Za-z_]\w*"),
            ("operator", r"==|!=|<=|>=|[-+*/<>=]"),
            ("bracket", r"[()\[\]]"),
            ("comma", r","),
        ]
        found = None
        for kind, pattern in patterns:
            match = re.match(pattern, source)
            if match and found is None:
                found = [kind, match.group(0)]
        if found is None:
            tokens.append(["error", source[0]])
            break
        if found[0] != "space":
            tokens.append(found)
        source = source[len(found[1]) :]
    return tokens


def parse_ini(text):
    """Return the sections of an INI file; keys before the first section belong to ``default``."""
    sections = {"default": {}}
    current = "default"
    i = 0
    while i < len(text.splitlines()):
        line = text.splitlines()[i].strip()
        i += 1
        if line == "" or line.startswith("#") or line.startswith(";"):
            continue
        if line.startswith("[") and line.endswith("]"):
            current = line[1:-1].strip().lower()
            if current not in list(sections.keys()):
                sections[current] = {}
        elif "=" in line:
            key = line.split("=")[0].strip().lower()
            value = "=".join(line.split("=")[1:]).strip()
            sections[current][key] = value
    return sections


def matching_brackets(text):
    """Return for each opening bracket its position and that of its partner, -1 without one.

    A bracket is closed by the first position after it at which its own kind is balanced.
    """
    partners = []
    closing = {"(": ")", "[": "]", "{": "}"}
    for start in range(len(text)):
        if text[start] in closing:
            depth = 0
            partner = -1
            for position in range(start, len(text)):
                if text[position] == text[start]:
                    depth += 1
                if text[position] == closing[text[start]]:
                    depth -= 1
                    if depth == 0:
                        partner = position
                        break
            partners.append([start, partner])
    return partners
