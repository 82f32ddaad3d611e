"""UK payment files and account rules: values and bytes in, values and bytes out.

Nothing here reads a clock, a network or a database. Amounts are whole pence, days are `datetime.date`; the clock,
serial numbers and bank holidays are arguments, so the same arguments always give the same bytes.
"""
