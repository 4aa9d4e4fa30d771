"""Where is it, and is it still what it was?

* `files`: one file, whole or absent, durable when the call returns;
* `blobs`: bytes under the digest of their content;
* `journal`: many small facts, appended and synced in groups;
* `records`: one run of any feature: frozen inputs, outputs, manifest;
* `verify`: re-derives everything that a record claims;
* `index`: a database over the records that can be deleted at any time.

Files are the truth, and a person can read them. Not here: who decided (`sigil.ledger`).
"""
