# SPDX-License-Identifier: GPL-3.0-or-later
"""C2 of HMAX with the sums of the PyTorch port in common use.

https://github.com/wmvanvliet/pytorch_hmax, hmax.py at 08a73c7, was read for what it computes and
written anew. Where it does more work than the model needs, so does this:

- S1: filters reach over the edge; the norm of what they see is computed for every orientation.
- C1: maxima over two sizes, then over squares that reach over the edge by half.
- S2: prototypes, which reach over the edge by half, meet each orientation in a convolution of its
  own; the results are added up; every distance goes through the exponential.
- C2: maxima over columns, rows and scales.

Filters and prototypes are those of the engine; arranging them is not part of a step."""
import torch
import torch.nn.functional as F


class Port(torch.nn.Module):
    def __init__(self, twin):
        """`twin` has what the engine exported: filters [4, k, k], prototypes [n, 4, k, k]."""
        super().__init__()
        arrays = [x.detach() for x in (*twin.parameters(), *twin.buffers())]
        filters = [x for x in arrays if x.dim() == 3 and x.shape[1] == x.shape[2]]
        filters.sort(key=lambda x: x.shape[1])
        prototypes = [x for x in arrays if x.dim() == 4 and x.shape[1] == 4]
        assert len(filters) == 16 and prototypes, "the filters and prototypes of hmax-2007"
        self.filters = [w.unsqueeze(1) for w in filters]
        self.see_all = [torch.ones_like(w) for w in self.filters]
        self.prototypes = [self.arrange(w) for w in prototypes]
        self.train(False)

    @staticmethod
    def arrange(w):
        n, c, k, _ = w.shape
        return {"taps": w.transpose(0, 1).reshape(c * n, 1, k, k).contiguous(), "k": k, "n": n,
                "all": torch.ones(1, 1, k, k), "power": w.square().sum((1, 2, 3))}

    def s1(self, x, number):
        w = self.filters[number]
        margin = w.shape[-1] // 2
        response = F.conv2d(x, w, padding=margin).abs()
        norm = F.conv2d(x ** 2, self.see_all[number], padding=margin).sqrt()
        norm[norm == 0] = 1
        return response / norm

    @staticmethod
    def s2(c1, p):
        c = c1.shape[1]
        apart = F.conv2d(c1, p["taps"], padding=p["k"] // 2, groups=c)
        products = apart.view(-1, c, p["n"], *apart.shape[2:]).sum(1)
        seen = F.conv2d((c1 ** 2).sum(1, keepdim=True), p["all"], padding=p["k"] // 2)
        distance = seen - 2 * products + p["power"].view(1, -1, 1, 1)
        return torch.exp(-0.5 * distance)

    def forward(self, x):
        x = x[:, :1]  # a grey picture
        bands = []
        for band in range(8):
            two = torch.stack([self.s1(x, 2 * band), self.s1(x, 2 * band + 1)])
            size = 8 + 2 * band
            bands.append(F.max_pool2d(two.max(0)[0], size, size // 2, size // 2))
        return torch.cat([torch.stack([self.s2(c1, p).max(3)[0].max(2)[0] for c1 in bands], 1)
                          .max(1)[0] for p in self.prototypes], 1)
