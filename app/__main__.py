"""Runs the command line as `python -m app`, for an environment that has the libraries but not the script."""

from app.cli import main

main()
