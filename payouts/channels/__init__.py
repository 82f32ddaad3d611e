"""Ways to the bank: exactly the approved bytes go to whoever submits them."""
