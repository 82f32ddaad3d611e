"""The demonstration: a sandbox body with a synthetic register, taken from its first upload to notices sent."""
