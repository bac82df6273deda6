"""How long naive scorers play along."""

PATIENCE_S = 0.4  # CPU time after which a policy that asks again and again is stopped
