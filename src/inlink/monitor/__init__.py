"""Links that matter, looked at again and again: what became of them, why, and who is told."""
