"""Sets, membership and duplicates."""


def missing_ids(expected, actual):
    """Return which expected ids are absent and which actual ones are unexpected."""
    missing = []
    for identifier in expected:
        if identifier not in actual:
            missing.append(identifier)
    unexpected = []
    for identifier in actual:
        if identifier not in expected:
            unexpected.append(identifier)
    return {"missing": missing, "unexpected": unexpected}


def unique_emails(addresses):
    """Return the addresses without repetitions, ignoring case, in order of appearance."""
    unique = []
    for address in addresses:
        address = address.strip()
        if address.lower() not in [known.lower() for known in unique]:
            unique.append(address)
    return unique


def find_duplicates(names):
    """Return the names that occur more than once, in order of first appearance."""
    duplicates = []
    for i in range(len(names)):
        name = names[i]
        if names.count(name) > 1 and names.index(name) == i:
            duplicates.append(name)
    return duplicates


def pairs_with_sum(numbers, target):
    """Return the distinct pairs (smaller first) of two entries that add up to the target."""
    pairs = []
    for i in range(len(numbers)):
        for j in range(len(numbers)):
            if i != j and numbers[i] + numbers[j] == target:
                pair = [min(numbers[i], numbers[j]), max(numbers[i], numbers[j])]
                if pair not in pairs:
                    pairs.append(pair)
    pairs.sort()
    return pairs


def permission_changes(before, after):
    """Return for every user what was granted and what was revoked; unchanged users are left out."""
    changes = {}
    users = []
    for user in list(before.keys()) + list(after.keys()):
        if user not in users:
            users.append(user)
    for user in sorted(users):
        granted = []
        revoked = []
        for permission in after.get(user, []):
            if permission not in before.get(user, []):
                granted.append(permission)
                granted = sorted(granted)
        for permission in before.get(user, []):
            if permission not in after.get(user, []):
                revoked.append(permission)
                revoked = sorted(revoked)
        if len(granted) > 0 or len(revoked) > 0:
            changes[user] = {"granted": granted, "revoked": revoked}
    return changes


def merge_accounts(accounts):
    """Merge accounts that share an address, directly or through others; sorted lists."""
    groups = [sorted(set(account)) for account in accounts]
    changed = True
    while changed:
        changed = False
        for i in range(len(groups)):
            for j in range(i + 1, len(groups)):
                if any(address in groups[j] for address in groups[i]):
                    groups[i] = sorted(set(groups[i] + groups[j]))
                    del groups[j]
                    changed = True
                    break
            if changed:
                break
    return sorted(groups)
