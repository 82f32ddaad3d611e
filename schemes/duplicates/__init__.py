"""Payees who may be one person, or one account of several: found in blocks, looked at by people, merged by two."""
