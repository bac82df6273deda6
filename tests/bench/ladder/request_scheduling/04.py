"""Least served tenant first, short prompts before long ones."""

import numpy as np

ADMIT = 4
CHUNK_TOKENS = 1100
PROMPT_WEIGHT = 4.5  # of a token of the prompt, against one that was served


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
        key = own + PROMPT_WEIGHT * waiting.prompt_tokens
        order = np.lexsort((waiting.arrival_s, key))
        return plan(waiting, running, order, admit=ADMIT, prefill_tokens_per_iteration=CHUNK_TOKENS)
