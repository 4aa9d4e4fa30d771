"""Sets, membership and duplicates, as fast as it goes by hand."""

from collections import Counter


def missing_ids(expected, actual):
    wanted, there = set(expected), set(actual)
    return {
        "missing": [one for one in expected if one not in there],
        "unexpected": [one for one in actual if one not in wanted],
    }


def unique_emails(addresses):
    unique = {}
    for address in addresses:
        address = address.strip()
        unique.setdefault(address.lower(), address)
    return list(unique.values())


def find_duplicates(names):
    return [name for name, count in Counter(names).items() if count > 1]


def pairs_with_sum(numbers, target):
    counts = Counter(numbers)
    pairs = []
    for number in counts:
        other = target - number
        if number < other and other in counts or number == other and counts[number] > 1:
            pairs.append([number, other])
    return sorted(pairs)


def permission_changes(before, after):
    changes = {}
    for user in sorted({*before, *after}):
        old, new = before.get(user, []), after.get(user, [])
        had, has = set(old), set(new)
        if had != has:
            granted = sorted([one for one in new if one not in had])
            revoked = sorted([one for one in old if one not in has])
            changes[user] = {"granted": granted, "revoked": revoked}
    return changes


def merge_accounts(accounts):
    owner = {}
    groups = {}
    empty = []
    for number, account in enumerate(accounts):
        if not account:
            empty.append([])
            continue
        group = set(account)
        for address in account:
            known = owner.get(address)
            if known is not None and known in groups:
                other = groups.pop(known)
                if len(other) > len(group):
                    group, other = other, group
                group |= other
        groups[number] = group
        for address in group:
            owner[address] = number
    return empty + sorted(sorted(group) for group in groups.values())
