"""`remove_tree` under the name that callers of the sandbox know; it is the store's."""

from sigil.store.removal import remove_tree

__all__ = ["remove_tree"]
