"""What came back: why, who puts it right, and where its money goes."""
