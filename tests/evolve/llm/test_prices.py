import json
import subprocess
import sys
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.errors import UsageError
from evolve.llm.message import Usage
from evolve.llm.prices import (
    check_bounded,
    check_shared_price,
    price_of,
    published_price,
    stated_price,
)

MILLION = 10**6


def usd(model: str, *tokens: int) -> Decimal:
    price = published_price(model)
    assert price
    return price.cost_usd(Usage(*tokens))


def test_published_prices_are_dollars_per_token() -> None:
    # from the map of the litellm in constraints.txt
    assert usd("openai/gpt-4o-mini", MILLION, MILLION) == Decimal("0.15") + Decimal("0.6")
    assert usd("anthropic/claude-sonnet-4-5", 1000, 100) == Decimal("0.0045")
    assert usd("deepseek/deepseek-chat", MILLION, 0) == Decimal("0.28")


def test_cached_tokens_are_cheaper_and_newly_cached_ones_dearer() -> None:
    assert usd("openai/gpt-4o-mini", MILLION, 0, MILLION) == Decimal("0.075")
    assert usd("anthropic/claude-sonnet-4-5", 1000, 0, 0, 1000) == Decimal("0.00375")


def test_long_prompts_have_rates_of_their_own() -> None:
    price = published_price("gemini/gemini-2.5-pro")
    assert price
    assert [r.above_tokens for r in price.rates] == [0, 200_000]
    assert price.cost_usd(Usage(100_000, 0)) == Decimal("0.125")
    assert price.cost_usd(Usage(400_000, 0)) == Decimal("1.0")


@pytest.mark.parametrize(
    "model",
    [
        "openai/no-such-model",
        "nobody/gpt-4o-mini",  # another provider's model
        "ollama/llama3",  # the map says 0: your own machine, your own price
        "perplexity/sonar-pro",  # a fee per search on top
        "dashscope/qwen-flash",  # a table of its own
        "openai/dall-e-3",
    ],
)
def test_what_is_not_priced_by_tokens_alone_is_unknown(model: str) -> None:
    assert published_price(model) is None


def test_a_dearer_usual_location_is_priced_as_such() -> None:
    at_home = usd("anthropic/claude-sonnet-4-5", 1000, 100)
    assert usd("vertex_ai/claude-sonnet-4-5", 1000, 100) == at_home * Decimal("1.1")


def test_one_stated_price_stands_for_no_published_one() -> None:
    unknown = ["openai/my-own", "openai/my-other"]
    check_shared_price(unknown, (0.1, 0.2))
    check_shared_price(["openai/gpt-4o-mini"], (0.1, 0.2))
    check_shared_price(["openai/gpt-4o-mini", *unknown], None)
    with pytest.raises(UsageError, match="openai/gpt-4o-mini has a published one"):
        check_shared_price([unknown[0], "openai/gpt-4o-mini"], (0.1, 0.2))


def test_a_base_url_of_ones_own_has_no_published_price() -> None:
    assert price_of("openai/gpt-4o-mini", None, None)
    assert price_of("openai/gpt-4o-mini", "http://127.0.0.1:1/v1", None) is None
    assert price_of("deepseek/deepseek-chat", "http://127.0.0.1:1/v1", None)


def test_a_stated_price_is_per_million_tokens_and_wins() -> None:
    price = price_of("openai/gpt-4o-mini", None, (2.0, 8.0))
    assert price
    assert price.cost_usd(Usage(MILLION, MILLION)) == 10


def test_nothing_costs_nothing_when_it_is_said() -> None:
    price = price_of("openai/qwen", "http://127.0.0.1:1/v1", (0, 0))
    assert price
    assert price.cost_usd(Usage(MILLION, MILLION)) == 0
    check_bounded("openai/qwen", price, None)


@pytest.mark.parametrize("stated", [(-1.0, 2.0), (1.0, float("nan")), (float("inf"), 1.0)])
def test_what_is_no_price_is_refused(stated: tuple[float, float]) -> None:
    with pytest.raises(UsageError):
        stated_price(stated)


def test_an_unknown_price_needs_a_price_or_a_token_budget() -> None:
    with pytest.raises(UsageError, match="nobody knows what openai/x costs") as caught:
        check_bounded("openai/x", None, None)
    assert "model.usd_per_mtok" in caught.value.hint
    assert "--tokens" in caught.value.hint
    check_bounded("openai/x", None, 10_000)


_MODELS = [
    "openai/gpt-5.6",
    "gemini/gemini-2.5-pro",
    "anthropic/claude-sonnet-4-5",
    "deepseek/deepseek-chat",
]


@given(st.sampled_from(_MODELS), st.integers(1, 500_000), st.integers(0, 50_000), st.data())
def test_no_usage_costs_more_than_its_worst_case(
    model: str, inputs: int, outputs: int, data: st.DataObject
) -> None:
    price = published_price(model)
    assert price
    cached = data.draw(st.integers(0, inputs))
    written = data.draw(st.integers(0, inputs - cached))
    reasoning = data.draw(st.integers(0, outputs))
    cost = price.cost_usd(Usage(inputs, outputs, cached, written, reasoning))
    bound_in, bound_out = (n + data.draw(st.integers(0, 300_000)) for n in (inputs, outputs))
    assert 0 < cost <= price.worst_usd(bound_in, bound_out)


def test_prices_are_read_without_importing_litellm() -> None:
    code = (
        "import sys, json\n"
        "from evolve.llm.prices import published_price\n"
        "assert published_price('openai/gpt-4o-mini')\n"
        "print(json.dumps(sorted({'litellm', 'openai', 'anthropic'} & set(sys.modules))))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert json.loads(done.stdout) == []
