"""Webhooks: other systems are told what happened, each event at least once, signed, and in order for each thing."""
