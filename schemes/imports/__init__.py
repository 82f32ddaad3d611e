"""Bringing a register in from a file: read with every fault, kept on a person's word, confirmed by a second person."""
