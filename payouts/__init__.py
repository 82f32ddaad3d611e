"""Paying, and every face of the system: payrolls, checks, files, gates, channels, notices, ledger, pages, commands."""
