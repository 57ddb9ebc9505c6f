# SPDX-License-Identifier: GPL-3.0-or-later
"""How near a net comes to its kinks.

The gradient of a net with rectifiers and maxima jumps where the input of a rectifier passes 0, and
where the two greatest of a pooled window change places. Within `Margin()`, every call of a
rectifier or a maximum is looked at before it is done: the least |input|, and the least difference
of the two greatest of a window, each over the root mean square of the whole array, because rounding
errors are in proportion to that. Two programs whose errors are well below `least` take the same
side everywhere, so their gradients differ by rounding alone.

What is exactly 0 in double precision is so by construction, in any precision, and does not count:
the input of a rectifier that passes nothing back, and a window of units that are all silent, since
no gradient passes a silent unit, whichever is called the greatest. Other ties do count."""
import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode


def windows(x, size, stride=None, padding=0):
    """The pixels of each window of a map, along the last axis; none of the padding is greatest."""
    if padding > 0:
        x = F.pad(x, (padding,) * 4, value=-torch.inf)
    stride = stride or size
    return x.unfold(2, size, stride).unfold(3, size, stride).flatten(4)


class Margin(TorchFunctionMode):
    """The least margin of all rectifiers and maxima that are called within."""

    def __init__(self):
        super().__init__()
        self.least = float("inf")

    def meet(self, distances, x):
        if distances.numel() > 0:
            self.least = min(self.least, (distances.min() / x.square().mean().sqrt()).item())

    def rectify(self, x):
        self.meet(x[x != 0].abs(), x)

    def compete(self, rivals, x):
        first, second = rivals.topk(2).values.unbind(-1)
        self.meet((first - second)[first != 0], x)

    def __torch_function__(self, function, types, arguments=(), words=None):
        x = arguments[0].detach() if arguments and torch.is_tensor(arguments[0]) else None
        if function in (F.relu, torch.relu, torch.relu_, torch.abs):
            self.rectify(x)
        elif function is F.max_pool2d:
            self.compete(windows(x, *arguments[1:]), x)
        elif function is torch.Tensor.amax:
            self.compete(x.movedim(arguments[1], (-1, -2)).flatten(-2), x)
        return function(*arguments, **(words or {}))
