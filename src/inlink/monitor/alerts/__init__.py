"""Telling people: messages that are sent once or not at all, by mail and webhook, and a feed of everything."""
