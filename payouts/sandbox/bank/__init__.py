"""A bank and Bacs as one simulated service: takes a payment file, reads it its own way, and answers over days."""
