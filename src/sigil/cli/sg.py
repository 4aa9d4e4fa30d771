"""The `sigil` command."""


def main() -> None:
    """Run the command line."""
