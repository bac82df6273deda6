"""Virtual token counter: the tenant that has received least is served next.

Source: Sheng et al., "Fairness in Serving Large Language Models" (OSDI 2024): each tenant has a
counter of weighted tokens (1 per prompt token, 2 per output token); a tenant that comes back from
idling is lifted to the least counter of those that are waiting; the waiting request of the tenant
with the least counter is admitted first. Constants (chosen): 4 admissions per call, so that the
counters are looked at often, 1024 tokens per iteration.
"""

import numpy as np

ADMIT = 4
CHUNK_TOKENS = 1024


class VirtualTokenCounter:
    def __init__(self, tenants):
        self.credit = np.zeros(tenants)  # what lifting has added to a tenant's counter
        self.was_active = np.zeros(tenants, dtype=bool)

    def schedule(self, waiting, running, tenant_service):
        is_active = np.zeros(len(self.credit), dtype=bool)
        is_active[waiting.tenant] = True
        counter = tenant_service + self.credit
        stayed = is_active & self.was_active
        if stayed.any():
            lifted = np.maximum(counter, counter[stayed].min())
            came_back = is_active & ~self.was_active
            self.credit[came_back] += (lifted - counter)[came_back]
        self.was_active = is_active
        own = (tenant_service + self.credit)[waiting.tenant]
        order = np.lexsort((waiting.arrival_s, own))
        return plan(
            waiting, running, order, admit=ADMIT, prefill_tokens_per_iteration=CHUNK_TOKENS
        )
