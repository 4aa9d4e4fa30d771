"""What an evaluation leaves: entries of the ledger, and a folder of its own."""
