# SPDX-License-Identifier: GPL-3.0-or-later
"""The stages of HMAX in PyTorch, as its ports have them: filters of several sizes on a picture,
divided by what each sees, and pooled; and how near maps come to prototypes.

Each stage can be had in several ways, which round differently. As it comes, it is one convolution by
the library's choice. `tuned = True` times them all, once for each shape, and keeps the fastest."""
import time

import torch
import torch.nn.functional as F

tuned = False
chosen = {}


def convolve(x, w):
    return F.conv2d(x, w)


def convolve_native(x, w):
    with torch.backends.mkldnn.flags(enabled=False):
        return F.conv2d(x, w)


def convolve_last(x, w):
    return F.conv2d(x.contiguous(memory_format=torch.channels_last),
                    w.contiguous(memory_format=torch.channels_last))


def convolve_columns(x, w):
    k = int(w.shape[-1])
    columns = F.unfold(x, k)
    return (w.reshape(w.shape[0], -1) @ columns).reshape(
        x.shape[0], w.shape[0], x.shape[2] - k + 1, x.shape[3] - k + 1)


def convolve_fourier(x, w):
    k, size = int(w.shape[-1]), [int(n) for n in x.shape[2:]]
    product = torch.fft.rfft2(x).unsqueeze(1) * torch.fft.rfft2(w, s=size).conj().unsqueeze(0)
    return torch.fft.irfft2(product.sum(2), s=size)[:, :, :size[0] - k + 1, :size[1] - k + 1]


def squares(x, k):
    """Sums over k x k pixels of all channels."""
    return F.conv2d(x.square(), x.new_ones(1, x.shape[1], k, k))


def squares_native(x, k):
    with torch.backends.mkldnn.flags(enabled=False):
        return squares(x, k)


def squares_pooled(x, k):
    return F.avg_pool2d(x.square(), k, 1, divisor_override=1).sum(1, keepdim=True)


def fastest(name, ways, *arguments):
    """What the first way gives, or, tuned, the fastest one for such arguments."""
    if not tuned:
        return ways[0](*arguments)
    key = (name,) + tuple(tuple(map(int, a.shape)) if torch.is_tensor(a) else a for a in arguments)
    if key not in chosen:
        taken = {}
        for way in ways:
            way(*arguments)
            before = time.perf_counter()
            for _ in range(3):
                way(*arguments)
            taken[way] = time.perf_counter() - before
        chosen[key] = min(taken, key=taken.get)
    return chosen[key](*arguments)


CONVOLUTIONS = [convolve, convolve_native, convolve_last, convolve_columns, convolve_fourier]
SQUARES = [squares, squares_native, squares_pooled]


def response(x, w, inside):
    """|w x| over the norm of the pixels that the filter sees, of one size."""
    k = int(w.shape[-1])
    if not inside:
        x = F.pad(x, (k // 2,) * 4)
    product = fastest("s1", CONVOLUTIONS, x, w.unsqueeze(1)).abs()
    norm = fastest("norm", SQUARES, x, k).clamp_min(0).sqrt()
    r = torch.where(norm > 0, product / norm, 0.0)
    return F.pad(r, (k // 2,) * 4) if inside else r


def filter_pool(x, filters, size, stride, inside):
    r = response(x, filters[0], inside)
    for w in filters[1:]:
        r = torch.maximum(r, response(x, w, inside))
    return F.max_pool2d(r, size, stride, ceil_mode=True)


def nearest(prototypes, maps):
    length = prototypes.square().sum((1, 2, 3)).view(1, -1, 1, 1)
    least = None
    for x in maps:
        products = fastest("s2", CONVOLUTIONS, x, prototypes)
        distance = fastest("square", SQUARES, x, int(prototypes.shape[-1])) - 2 * products + length
        here = distance.amin((2, 3))
        least = here if least is None else torch.minimum(least, here)
    return least
