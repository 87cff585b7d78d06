"""What stands around the faces that are served: one ASGI application of pages and API, its guard, and its socket."""
