"""Following a payment: what whoever was told of it may see, without an account, by a link or by what they know."""
