"""What is measured on one device: a real serving engine, expert layers, the simulator's constants.

Needs the standard library, numpy and PyTorch only: it runs from a checkout on a bare machine. Of
the serving engine, `attention`, `decoder`, `stages` and `torch_engine` import PyTorch; the others
import them inside the function that starts it.
"""
