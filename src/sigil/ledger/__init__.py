"""What was decided, by whom, after what: an append-only record that anybody can check.

* `merkle`: the tree over all entries, proofs in it (RFC 6962);
* `keys`, `dsse`: who signs, and the signed form of a document (DSSE);
* `statement`, `checkpoint`: what is signed: one entry, and the state after it;
* `objects`, `refs`: a git repository's bytes, written durably and read without its settings;
* `snapshot`, `ledger`: reading one state, and appending the next;
* `verifying`, `proof`, `pins`: believing nothing of all this, and remembering what was seen;
* `remote`, `syncing`: several machines on one ledger, over any git remote.

Kinds of events are data. Not here: what they mean (`sigil.gate`).
"""
