"""A payroll beside the last file of the system that a body leaves: before it is trusted, it must come to the same."""
