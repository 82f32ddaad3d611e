"""Evidence of a payroll: one archive that proves itself, without the database and without us."""
