"""What the README and the docs claim, measured. Run: make bench."""
