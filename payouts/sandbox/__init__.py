"""The outside world of a sandbox body, simulated: small services that speak the real protocols and move no money."""
