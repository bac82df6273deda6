"""One replica after the other, those that are down left out.

Source: `round_robin` in SGLang's router and vLLM's production stack. Own code.
"""


class RoundRobin:
    def __init__(self):
        self.last = -1

    def route(self, replicas):
        count = len(replicas.is_up)
        for step in range(1, count + 1):
            replica = (self.last + step) % count
            if replicas.is_up[replica]:
                self.last = replica
                return replica
