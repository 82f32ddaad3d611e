"""The pages: GOV.UK Design System, rendered on the server, usable without JavaScript."""
