"""Virtual token counter: the tenant that has received least is served next.

Source: Sheng et al., "Fairness in Serving Large Language Models" (OSDI 2024), and the authors'
slora/server/router/vtc_req_queue.py: each tenant has a counter of weighted tokens (1 per prompt
token, 2 per output token); a tenant that comes back from idling is lifted to the least counter of
those that are waiting; the oldest request of the tenant with the least counter is admitted, its
prompt is added to the counter at once, and so on. A prompt that is computed again after a
preemption is not added again. Constants (chosen): 4 admissions per call, so that the counters are
looked at often, 1024 tokens per iteration.
"""

import numpy as np

ADMIT = 4
CHUNK_TOKENS = 1024


def unserved_tokens(requests):
    return requests.prompt_tokens * (requests.generated_tokens == 0)


class VirtualTokenCounter:
    def __init__(self, tenants):
        self.credit = np.zeros(tenants)  # what lifting has added to a tenant's counter
        self.was_active = np.zeros(tenants, dtype=bool)

    def schedule(self, waiting, running, tenant_service):
        tenants = len(self.credit)
        is_active = np.zeros(tenants, dtype=bool)
        is_active[waiting.tenant] = True
        in_prefill = unserved_tokens(running) * running.is_prefilling
        counter = tenant_service + self.credit + np.bincount(running.tenant, in_prefill, tenants)
        stayed = is_active & self.was_active
        if stayed.any():
            came_back = is_active & ~self.was_active
            lift = np.maximum(0, counter[stayed].min() - counter) * came_back
            self.credit += lift
            counter += lift
        self.was_active = is_active
        order = self.least_served_first(waiting, counter)
        return plan(waiting, running, order, admit=ADMIT, prefill_tokens_per_iteration=CHUNK_TOKENS)

    def least_served_first(self, waiting, counter):
        own = counter[waiting.tenant]
        prompt = unserved_tokens(waiting)
        picks = []
        for _ in range(min(ADMIT, len(own))):
            pick = own.argmin()  # the first of equals has waited longest
            picks.append(pick)
            own[waiting.tenant == waiting.tenant[pick]] += prompt[pick]
            own[pick] = np.inf
        rest = np.ones(len(own), dtype=bool)
        rest[picks] = False
        return np.concatenate([picks, np.flatnonzero(rest)]).astype(int)
