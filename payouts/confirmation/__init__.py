"""Confirmation of Payee: the payee's bank is asked whether a name fits an account, before money goes there."""
