"""The register and its ground: bodies, people, schemes, payees, awards; sealed fields, tenancy and the audit chain.

Knows nothing of payrolls or HTTP. Imports `bacs`, is imported by `payouts`.
"""
