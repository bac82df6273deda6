"""Language models: what is asked, what comes back, and everything that makes paid calls safe.

    message, failure     what is asked, what comes back, what can go wrong
    connecting           a model's name and address -> a `Client`; the SDKs are imported there
    caller               a `Client` with limits, retries, pauses and reservations around it
    prices, spending     what a call may cost at most, what it did cost, and what is left

Nothing here imports an SDK before `connecting.connect` is called.
"""
