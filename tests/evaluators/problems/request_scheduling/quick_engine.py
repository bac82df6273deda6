"""An engine so quick that a workload in real time takes a moment: a calibration file's text."""

from __future__ import annotations

CONSTANTS = """
name = "quick"
iteration_s = 5e-4
token_s = 1e-7
pair_s = 1e-12
kv_token_s = 1e-9
sequence_s = 1e-6
kv_capacity_tokens = 4096
max_running = 16
"""
