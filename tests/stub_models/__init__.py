"""A server on loopback that speaks OpenAI's and Anthropic's formats, and fails as it is told.

    with running(StubModels(plan=script("rate limit", "ok"))) as stub:
        client = ...  # base URL: stub.openai_url or stub.anthropic_url
    assert len(stub.requests) == 2

As a process: `python -m tests.stub_models --help`.
"""
