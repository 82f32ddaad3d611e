"""The first hour of somebody new: a sandbox of their own, colleagues to practise with, and a first payroll in it."""
