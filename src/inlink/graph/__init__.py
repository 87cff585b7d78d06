"""Votes as graphs of pages, hosts and domains, and the scoring runs over them."""
