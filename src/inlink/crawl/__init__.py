"""The crawler: seeds in, WARC out; a frontier on disk that survives every ending, and a report of what was left out."""
