"""Looking at the money over time: what was due, what arrived and when, what it cost. All of it from the ledger."""
