"""Notices: every payee is told once, and only what our records prove."""
