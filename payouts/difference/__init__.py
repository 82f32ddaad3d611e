"""The difference between a payroll and the last one, explained to the penny from the register's own facts."""
