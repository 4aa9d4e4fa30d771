"""The forms that a model's answer may take, each read to the files that it means."""
