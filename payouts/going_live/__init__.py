"""The way from a sandbox to a live body: a checklist, a request that two people make, and the operator's word on it."""
