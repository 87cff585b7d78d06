"""What a link's target is now: verdicts from a closed list, each with its tries, confirmed over time."""
