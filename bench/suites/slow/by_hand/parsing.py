"""Reading formats, as fast as it goes by hand."""

import re


def parse_query(query):
    decode = re.compile("%([0-9a-fA-F]{2}|[0-9a-fA-F]$)").sub
    params = {}
    for part in query.split("&"):
        if not part:
            continue
        if "%" in part:
            pair = [
                decode(lambda match: chr(int(match[1], 16)), text)
                for text in part.replace("+", " ").split("=", 1)
            ]
        else:
            pair = part.replace("+", " ").split("=", 1)
        params.setdefault(pair[0], []).append(pair[1] if len(pair) > 1 else "")
    return params


def parse_csv(text):
    rows = []
    for line in text.split("\n"):
        if not line.strip():
            continue
        if '"' not in line:
            rows.append(line.split(","))
            continue
        fields, field, quoted, position = [], [], False, 0
        for match in re.finditer('[",]', line):
            if match.start() < position:
                continue
            field.append(line[position : match.start()])
            position = match.end()
            if match[0] == '"':
                if quoted and line[position : position + 1] == '"':
                    field.append('"')
                    position += 1
                else:
                    quoted = not quoted
            elif quoted:
                field.append(",")
            else:
                fields.append("".join(field))
                field = []
        field.append(line[position:])
        fields.append("".join(field))
        rows.append(fields)
    return rows


def parse_log(lines, level):
    ranks = {"DEBUG": 0, "INFO": 1, "WARNING": 2, "ERROR": 3, "CRITICAL": 4}
    least = ranks[level.upper()] if lines else 0
    match = re.compile(r"(\d{2}):(\d{2}):(\d{2})\s+\[(\w+)\]\s+([\w.]+):\s*(.*)$").match
    entries = []
    for line in lines:
        if (
            "[" not in line
            or ranks.get(line[line.index("[") + 1 :].split("]", 1)[0].upper(), -1) < least
        ):
            continue
        found = match(line.strip())
        if found:
            hours, minutes, seconds, _, module, message = found.groups()
            time = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
            entries.append({"time": time, "module": module, "message": message})
    return entries


def tokenize(source):
    kinds = (None, "space", "number", "name", "operator", "bracket", "comma")
    pattern = re.compile(
        r"(\s+)|(\d+(?:\.\d+)?)|([A-Za-z_]\w*)|(==|!=|<=|>=|[-+*/<>=])|([()\[\]])|(,)"
    )
    tokens, position = [], 0
    for match in pattern.finditer(source):
        if match.start() != position:
            break
        position = match.end()
        if match.lastindex != 1:
            tokens.append([kinds[match.lastindex], match[0]])
    if position < len(source):
        tokens.append(["error", source[position]])
    return tokens


def parse_ini(text):
    current = {}
    sections = {"default": current}
    for line in text.splitlines():
        line = line.strip()
        if not line or line[0] in "#;":
            continue
        if line[0] == "[" and line[-1] == "]":
            current = sections.setdefault(line[1:-1].strip().lower(), {})
        elif "=" in line:
            key, _, value = line.partition("=")
            current[key.strip().lower()] = value.strip()
    return sections


def matching_brackets(text):
    opening = {")": "(", "]": "[", "}": "{"}
    waiting = {"(": [], "[": [], "{": []}
    partners = {}
    for position, char in enumerate(text):
        if char in waiting:
            waiting[char].append(position)
            partners[position] = -1
        elif char in opening and waiting[opening[char]]:
            partners[waiting[opening[char]].pop()] = position
    return [[start, partner] for start, partner in partners.items()]
