def read_settings(text):
    """Return the settings of a text with ``name = value`` lines, in order of appearance.

    ``[section]`` puts ``section.`` before the names that follow, and ``#`` begins a comment.
    The first value of a name counts.
    """
    settings = {}
    prefix = ""
    for line in text.splitlines():
        settings = dict(settings)
        line = line.partition("#")[0].strip()
        if line.startswith("["):
            prefix = line.strip("[ ]") + "."
        elif "=" in line:
            name, value = line.split("=", 1)
            name = prefix + name.strip()
            if name not in list(settings.keys()):
                settings[name] = value.strip()
    return settings
