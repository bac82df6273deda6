"""A real serving engine on one device, and the calibration of the simulator's constants by it.

Needs the standard library, numpy and PyTorch only: it runs from a checkout on a bare machine. The
modules that import PyTorch are `attention`, `decoder`, `graphs`, `paging` and `torch_engine`; the
others import them inside the function that starts a device.
"""
