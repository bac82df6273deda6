"""Uniform Progress in the zone whose spot lasts longest for its price, by what was seen so far.

Source: the availability-aware policies of the public multi-region simulator, which weigh a zone's
price against how long spot stays there (`availability_aware_expected_value`): a start is worth what
is left of a spell after it. Here a spell's length is the mean of those seen in the zone, with one
of two hours assumed before the first. Own code.
"""

ASSUMED_S = 2 * 3600


class SteadiestZone:
    def __init__(self, work_s, deadline_s, restart_s, tick_s, on_demand_usd_per_h):
        self.work_s, self.deadline_s = work_s, deadline_s
        self.restart_s, self.tick_s = restart_s, tick_s
        self.on_demand_usd_per_h = on_demand_usd_per_h
        self.there_s = None  # by zone: time that spot was there, with the assumed spell
        self.spells = None  # by zone: how often it came
        self.had_spot = None

    def choose_machine(
        self, elapsed_s, work_left_s, machine, zone, has_spot, spot_usd_per_h, restart_left_s
    ):
        self.note(has_spot.tolist())
        if machine == "spot":
            return {"next_machine": "spot", "next_zone": zone}
        done_s = self.work_s - work_left_s
        ticks_left = (self.deadline_s - elapsed_s) // self.tick_s
        ticks_needed = -(-(work_left_s + 2 * self.restart_s) // self.tick_s)
        if ticks_needed >= ticks_left:
            return {"next_machine": "on_demand", "next_zone": zone}
        ahead_s = done_s - elapsed_s * self.work_s / self.deadline_s
        if machine != "on_demand" or ahead_s > self.restart_s:
            best, usd_per_h = self.best_zone(has_spot.tolist(), spot_usd_per_h.tolist())
            if best is not None and usd_per_h < self.on_demand_usd_per_h:
                return {"next_machine": "spot", "next_zone": best}
        stays = machine == "on_demand" and ahead_s <= self.restart_s
        return {
            "next_machine": "on_demand" if stays or ahead_s < 0 else "none",
            "next_zone": zone,
        }

    def note(self, has_spot):
        if self.spells is None:
            self.there_s = [ASSUMED_S] * len(has_spot)
            self.spells = [1] * len(has_spot)
            self.had_spot = [False] * len(has_spot)
        for z, there in enumerate(has_spot):
            if there:
                self.there_s[z] += self.tick_s
                self.spells[z] += not self.had_spot[z]
        self.had_spot = has_spot

    def best_zone(self, has_spot, usd_per_h):
        """The zone with the least price per hour of work, and that price."""
        best, least = None, float("inf")
        for z, there in enumerate(has_spot):
            if there:
                spell_s = self.there_s[z] / self.spells[z]
                useful = max(spell_s - self.restart_s, 1) / spell_s
                if usd_per_h[z] / useful < least:
                    best, least = z, usd_per_h[z] / useful
        return best, least
