"""Work that follows a change: written with it in one transaction, done by a worker, pushed again by the clock."""
