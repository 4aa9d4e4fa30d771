import re


def clean_contacts(lines, blocked):
    """Return tidy rows of a mailing list: name, address and how many rows share its domain.

    Args:
        lines: ``Name <address>`` each, as exported from elsewhere: blanks of all kinds, mixed
            case, the same address several times, lines that are no contact at all.
        blocked: domains, in any case, whose addresses are left out.
    """
    contacts = []
    seen = []
    for line in lines:
        match = re.match(r"\s*([^<]*)<\s*([^<>@\s]+@[^<>@\s]+)\s*>", line)
        if match is None:
            continue
        address = match.group(2).lower()
        domain = address.split("@")[1]
        if address in seen:
            continue
        if domain in [name.lower() for name in blocked]:
            continue
        seen.append(address)
        name = ""
        for word in match.group(1).split():
            name = name + " " + word.capitalize()
        contacts = contacts + [[name.strip(), address, domain]]
    domains = []
    for contact in contacts:
        domains.append(contact[2])
    rows = []
    for name, address, domain in contacts:
        rows.append([name, address, domains.count(domain)])
    return rows
