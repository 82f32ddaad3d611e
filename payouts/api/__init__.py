"""The API: /api/v1, in JSON."""
