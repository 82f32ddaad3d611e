"""Checks: each looks for one thing that can be wrong in a payroll, and says what it found."""
