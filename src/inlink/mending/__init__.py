"""Mending a site's dead pages: the living page that comes nearest to each, and the redirects that lead there."""
