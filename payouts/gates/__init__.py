"""Gates: people's go or no-go, bound to the bytes that will be paid."""
