"""Imports of the process from which the tests fork services: what each of them would otherwise spend a second on."""

# ruff: noqa: F401 - nothing here is used by this module

import gc

import app.adapters.ai.clients
import app.adapters.postgres.migrations
import app.cli.commands
import app.cli.key_report
import app.cli.start
import app.cli.status.showing
import app.demo.run
import tests.support.processes

gc.freeze()  # so that no child looks through all of it for garbage
