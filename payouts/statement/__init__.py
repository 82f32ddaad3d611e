"""What the bank says happened on the account: statements, and what each booking is."""
