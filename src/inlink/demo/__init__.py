"""The demo web: a small made-up web with known truth, written as files that any reader of archives can read."""

from inlink.demo.generate import SEED, DemoWeb, generate

__all__ = ["SEED", "DemoWeb", "generate"]
