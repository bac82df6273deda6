"""A prefix cache of limited size, as engines for language models keep it, character by character.

A radix tree of what was computed, from which the least recently used leaves go first: the policy
of SGLang (Zheng et al. 2024, RadixAttention) and of vLLM's automatic prefix caching. Those hold
whole tokens or blocks of them; here a leaf may lose a part of its text.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from evaluators.problems.prefix_reordering.table import common_prefix


class _Node:
    __slots__ = ("children", "label", "parent")

    def __init__(self, label: str, parent: _Node | None) -> None:
        self.label = label
        self.parent = parent
        self.children: dict[str, _Node] = {}  # by the first character of their label


class PrefixCache:
    """At most `capacity` characters, each with all that come before it in its prompt."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.num_chars = 0
        self._root = _Node("", None)
        self._by_use: OrderedDict[_Node, None] = OrderedDict()  # nodes, a child before its parent

    def hit(self, prompt: str) -> int:
        """Characters that the prompt begins with and that are held; they count as used."""
        node, held = self._descend(prompt)
        self._touch(node)
        return held

    def add(self, prompt: str) -> None:
        """Hold the whole prompt, or as much of its beginning as there is room for."""
        node, held = self._descend(prompt)
        if held < len(prompt):
            leaf = _Node(prompt[held:], node)
            node.children[prompt[held]] = leaf
            self._by_use[leaf] = None
            self.num_chars += len(leaf.label)
            node = leaf
        self._touch(node)
        self._evict()

    def _descend(self, prompt: str) -> tuple[_Node, int]:
        """The node at which what is held of the prompt ends, and how much that is."""
        node, at = self._root, 0
        while (child := node.children.get(prompt[at : at + 1])) is not None:
            if not prompt.startswith(child.label, at):
                shared = common_prefix(child.label, prompt[at : at + len(child.label)])
                return self._split(child, shared), at + shared
            node, at = child, at + len(child.label)
        return node, at

    def _split(self, node: _Node, at: int) -> _Node:
        """Cut a label in two; the upper half is returned, and about to be touched."""
        assert node.parent is not None
        upper = _Node(node.label[:at], node.parent)
        node.parent.children[upper.label[0]] = upper
        node.label, node.parent = node.label[at:], upper
        upper.children[node.label[0]] = node
        self._by_use[upper] = None
        return upper

    def _touch(self, node: _Node) -> None:
        while node.parent is not None:
            self._by_use.move_to_end(node)
            node = node.parent

    def _evict(self) -> None:
        while (excess := self.num_chars - self.capacity) > 0:
            leaf = next(iter(self._by_use))  # no child of it is left: it would have come before
            kept = max(0, len(leaf.label) - excess)
            self.num_chars -= len(leaf.label) - kept
            if kept:
                leaf.label = leaf.label[:kept]
            else:
                assert leaf.parent is not None
                del leaf.parent.children[leaf.label[0]]
                del self._by_use[leaf]


def hits_served(prompts: Sequence[str], in_flight: int, capacity: int) -> int:
    """Characters found in the cache when prompts are served in this order.

    Args:
        prompts: what is sent.
        in_flight: prompts under way at once; a prompt is held once this many were sent after it
            began, itself counted: with 1, before the next one.
        capacity: characters that the cache holds.
    """
    cache, hits = PrefixCache(capacity), 0
    for position, prompt in enumerate(prompts):
        if position >= in_flight:
            cache.add(prompts[position - in_flight])
        hits += cache.hit(prompt)
    return hits
