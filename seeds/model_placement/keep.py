"""Everything stays where it is: nothing is moved, whatever the rates have become."""


def place_models(previous):
    return previous
