"""Building and formatting strings."""


def to_csv(rows, separator):
    """Return rows as CSV text; fields are quoted where they have to be."""
    text = ""
    for row in rows:
        for i in range(len(row)):
            cell = "" if row[i] is None else str(row[i])
            special = False
            for char in cell:
                if char in ['"', "\n", "\r", separator]:
                    special = True
            if special:
                cell = '"' + cell.replace('"', '""') + '"'
            text = text + cell
            if i < len(row) - 1:
                text = text + separator
        text = text + "\n"
    return text


def format_table(rows):
    """Return rows as a plain table: numbers to the right, text to the left, two blanks between."""
    lines = []
    for row in rows:
        line = ""
        for column in range(len(row)):
            width = max([len(str(r[column])) for r in rows if column < len(r)])
            cell = str(row[column])
            if isinstance(row[column], (int, float)):
                cell = cell.rjust(width)
            else:
                cell = cell.ljust(width)
            line = line + ("  " if line else "") + cell
        lines = lines + [line.rstrip()]
    return "\n".join(lines)


def fill_templates(template, records):
    """Return the template with ``{{key}}`` filled for every record; unknown keys stay."""
    letters = []
    for record in records:
        letter = template
        for key in sorted(record.keys()):
            for spelling in ["{{" + key + "}}", "{{ " + key + " }}"]:
                while spelling in letter:
                    position = letter.index(spelling)
                    value = str(record[key]).replace("{", "(").replace("}", ")")
                    letter = letter[:position] + value + letter[position + len(spelling) :]
        letters.append(letter)
    return letters


def changelog(entries):
    """Return entries as Markdown, the newest version first, its changes in order."""
    lines = []
    for entry in entries:
        for change in reversed(entry["changes"]):
            lines.insert(0, "- " + change.strip().rstrip(".") + ".")
        lines.insert(0, "")
        lines.insert(0, "## %s (%s)" % (entry["version"], entry["date"]))
        lines.insert(0, "")
    while len(lines) > 0 and lines[0] == "":
        lines.pop(0)
    document = ""
    for line in lines:
        document += line + "\n"
    return document


def run_lengths(text):
    """Return text with runs of a character as the character and its count, such as ``a3b1``."""
    encoded = ""
    while text != "":
        char = text[0]
        count = 0
        while len(text) > 0 and text[0] == char:
            count += 1
            text = text[1:]
        encoded = encoded + char + str(count)
    return encoded


def longest_palindrome(text):
    """Return the longest passage that reads the same backwards; the first of equally long."""
    longest = ""
    for start in range(len(text)):
        for end in range(len(text), start, -1):
            passage = text[start:end]
            if passage == passage[::-1] and len(passage) > len(longest):
                longest = passage
    return longest
