"""URLs: one question per file — what does it say, which page is it, whose domain, where does it sort."""
