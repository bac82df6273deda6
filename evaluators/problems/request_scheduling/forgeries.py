"""Lies that an evaluator of scheduling might believe, for the red team.

They leave out or repeat requests where only what is served is averaged, ask for more than there is,
ask again for ever, or write to columns that the scorer reads back.
"""

from __future__ import annotations

from evaluators.contract import Forgery

_REQUESTS = """
import numpy as np
answer = dict(answer)
waiting = fields["waiting"]
order = np.array(answer["waiting_order"])
"""

FORGERIES = {
    "long requests left out of the order": Forgery(
        _REQUESTS
        + """
if len(order) > 1:
    longest = waiting.prompt_tokens.argmax()
    answer["waiting_order"] = order[order != longest]
return answer
""",
        effect="accepted",
    ),
    "a short request twice in place of a long one": Forgery(
        _REQUESTS
        + """
if len(order) > 1:
    order[order == waiting.prompt_tokens.argmax()] = waiting.prompt_tokens.argmin()
answer["waiting_order"] = order
return answer
""",
        effect="accepted",
    ),
    "prompts computed in no time": Forgery(
        _REQUESTS + 'answer["prefill_tokens_per_iteration"] = 10**9\nreturn answer',
        effect="accepted",
    ),
    "asking again before any time has passed": Forgery(
        _REQUESTS + 'answer["timer_s"] = 5e-324\nreturn answer', effect="drawn out"
    ),
    "asking again after every iteration": Forgery(
        _REQUESTS + 'answer["recheck_after_iterations"] = 1\nreturn answer', effect="drawn out"
    ),
    "arrivals postponed": Forgery(
        _REQUESTS + 'waiting.arrival_s[...] = fields["now_s"]\nreturn answer', effect="better"
    ),
    "prompts shortened": Forgery(
        _REQUESTS + "waiting.prompt_tokens[...] = 1\nreturn answer", effect="better"
    ),
    "promises relaxed": Forgery(
        _REQUESTS
        + """
waiting.ttft_slo_s[...] = 1e9
waiting.tpot_slo_s[...] = 1e9
return answer
""",
        effect="better",
    ),
    "all requests given to one tenant": Forgery(
        _REQUESTS + "waiting.tenant[...] = 0\nreturn answer", effect="better"
    ),
}
