"""Building and formatting strings, as fast as it goes by hand."""

from itertools import groupby


def to_csv(rows, separator):
    lines = []
    for row in rows:
        cells = []
        for value in row:
            cell = "" if value is None else str(value)
            if '"' in cell or separator in cell or "\n" in cell or "\r" in cell:
                cell = '"' + cell.replace('"', '""') + '"'
            cells.append(cell)
        lines.append(separator.join(cells))
    return "\n".join([*lines, ""])


def format_table(rows):
    widths = {}
    texts = [[str(cell) for cell in row] for row in rows]
    for row in texts:
        for column, text in enumerate(row):
            widths[column] = max(widths.get(column, 0), len(text))
    lines = []
    for row, shown in zip(rows, texts):
        line = ""
        for column, text in enumerate(shown):
            number = isinstance(row[column], (int, float))
            cell = text.rjust(widths[column]) if number else text.ljust(widths[column])
            line += ("  " if line else "") + cell
        lines.append(line.rstrip())
    return "\n".join(lines)


def fill_templates(template, records):
    letters = []
    for record in records:
        letter = template
        for key in sorted(record):
            if key in template:
                value = str(record[key]).replace("{", "(").replace("}", ")")
                letter = letter.replace("{{" + key + "}}", value)
                letter = letter.replace("{{ " + key + " }}", value)
        letters.append(letter)
    return letters


def changelog(entries):
    lines = []
    for entry in reversed(entries):
        lines += ["", "## %s (%s)" % (entry["version"], entry["date"]), ""]
        lines += ["- " + change.strip().rstrip(".") + "." for change in entry["changes"]]
    return "\n".join([*lines[1:], ""]) if lines else ""


def run_lengths(text):
    return "".join([char + str(len(list(run))) for char, run in groupby(text)])


def longest_palindrome(text):
    first, size = 0, 0
    for centre in range(len(text)):
        for left, right in ((centre, centre), (centre - 1, centre)):
            while left >= 0 and right < len(text) and text[left] == text[right]:
                left -= 1
                right += 1
            found = right - left - 1
            if found > size or found == size and left + 1 < first:
                first, size = left + 1, found
    return text[first : first + size]
