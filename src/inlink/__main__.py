"""`python -m inlink` is `inlink`."""

from inlink.cli.main import run

if __name__ == "__main__":
    run()
