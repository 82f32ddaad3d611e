"""What the bank answers after a payroll: read, matched to what was paid, and never believed without a person."""
