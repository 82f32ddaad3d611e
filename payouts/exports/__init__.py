"""Journals for the finance system: what the ledger holds, under its codes and in its form."""
