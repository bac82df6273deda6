"""First come first served, prompts before decodes.

Source: the iteration-level scheduling of Orca (OSDI 2022) as vLLM shipped it first (SOSP 2023):
waiting requests are admitted in order of arrival while their prompts fit, their prefills interrupt
decoding, and the last admitted is preempted when memory is full. Constant: 8192 prompt tokens in
an iteration (chosen; vLLM's was the longest prompt).
"""

PREFILL_TOKENS = 8192


def schedule(waiting, running):
    return plan(
        waiting, running, prefill_tokens_per_iteration=PREFILL_TOKENS, decode_first=False
    )
