# SPDX-License-Identifier: GPL-3.0-or-later
"""A net exported by the engine, as PyTorch source.

`Twin(PREFIX)` reads PREFIX.json and PREFIX.values and writes a forward function as a person would:
one call an operator, convolution and bias in one, rectification in place where nothing else needs
the array. Lesion gates and decays, which are neutral, are left out, so PyTorch has less to do than
the engine."""
import json

import torch
import torch.nn.functional as F

import stages

IN_PLACE_AFTER = {"conv2d", "bias", "linear", "batch_norm", "add", "sub"}
MAP_POOL = {"max": ".amax((2, 3))", "average": ".mean((2, 3))"}
REDUCE = {"sum": "sum", "mean": "mean", "max": "amax"}
INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
METHOD = {"sqrt", "square", "exp", "log", "abs", "tanh", "sigmoid"}


def identifier(name):
    return "a_" + "".join(c if c.isalnum() else "_" for c in name)


class Source:
    """The text of the forward function of a graph."""

    def __init__(self, graph, losses):
        self.nodes = graph["nodes"]
        self.results = [r for r in graph["results"] if (r["weight"] != 0) == losses]
        self.uses = {}
        self.alias = {}  # of a node that is neutral: the one that stands for it
        self.fused = {}  # of a bias: the convolution that adds it
        self.lines = []
        self.needed = self.reach()

    def reach(self):
        needed = set()
        for r in self.results:
            self.uses[r["id"]] = 1
            needed.add(r["id"])
        for i in range(len(self.nodes) - 1, -1, -1):
            if i not in needed:
                continue
            node = self.nodes[i]
            if self.neutral(node):
                self.alias[i] = node["in"][0]
            inputs = node["in"][:1] if i in self.alias else node["in"]
            for k in inputs:
                needed.add(k)
                share = self.uses[i] if i in self.alias else 1
                self.uses[k] = self.uses.get(k, 0) + share
        return needed

    def neutral(self, node):
        if node["kind"] != "op":
            return False
        kinds = [self.nodes[k]["kind"] for k in node["in"]]
        return node["op"] == "gate" or (node["op"] == "mul" and kinds[1] == "control")

    def through(self, i):
        while i in self.alias:
            i = self.alias[i]
        return i

    def v(self, i):
        i = self.through(i)
        node = self.nodes[i]
        return f"v{i}" if node["kind"] == "op" else identifier(node["name"])

    def fuse(self):
        """Finds biases that a convolution or a linear layer adds itself."""
        for i in sorted(self.needed):
            node = self.nodes[i]
            if node["kind"] != "op" or node["op"] != "bias":
                continue
            x = self.through(node["in"][0])
            source = self.nodes[x]
            if source.get("op") in ("conv2d", "linear") and self.uses[x] == 1:
                self.fused[x] = i

    def expression(self, i, node):
        op, a = node["op"], node["attributes"]
        x = [self.v(k) for k in node["in"]]
        shape = node["shape"]
        if op in INFIX:
            return f"{x[0]} {INFIX[op]} {x[1]}"
        if op in METHOD:
            return f"torch.{op}({x[0]})"
        if op in ("conv2d", "linear"):
            bias = self.v(self.nodes[self.fused[i]]["in"][1]) if i in self.fused else None
            if op == "linear":
                return f"F.linear({x[0]}, {x[1]}, {bias})"
            return (f"F.conv2d({x[0]}, {x[1]}, {bias}, {a['stride']}, {a['pad']}, "
                    f"{a['dilation']}, {a['groups']})")
        return getattr(self, "op_" + op)(x, a, shape, node)

    def op_bias(self, x, a, shape, node):
        ones = ", 1" * (len(shape) - 2)
        return f"{x[0]} + {x[1]}.view(-1{ones})"

    def op_batch_norm(self, x, a, shape, node):
        return (f"F.batch_norm({x[0]}, {x[3]}, {x[4]}, {x[1]}, {x[2]}, training, "
                f"{a['momentum']!r}, 1e-5)")

    def op_relu(self, x, a, shape, node):
        source = self.through(node["in"][0])
        alone = self.uses[source] == 1 and self.nodes[source].get("op") in IN_PLACE_AFTER
        return f"F.relu({x[0]}, inplace={alone})"

    def op_on_off(self, x, a, shape, node):
        return f"torch.cat([F.relu({x[0]}), F.relu(-{x[0]})], 1)"

    def op_energy(self, x, a, shape, node):
        return f"{x[0]}[:, :{shape[1]}].square() + {x[0]}[:, {shape[1]}:].square()"

    def op_shortcut(self, x, a, shape, node):
        step, more = a["stride"], f"{shape[1]} - {x[0]}.shape[1]"
        return f"F.pad({x[0]}[:, :, ::{step}, ::{step}], (0, 0, 0, 0, 0, {more}))"

    def op_softplus(self, x, a, shape, node):
        return f"F.softplus({x[0]})"

    def op_affine(self, x, a, shape, node):
        added = f" + {a['b']!r}" if a["b"] != 0 else ""
        return f"{x[0]} * {a['a']!r}{added}"

    def op_concat(self, x, a, shape, node):
        return f"torch.cat([{', '.join(x)}], {a['axis']})"

    def op_slice(self, x, a, shape, node):
        return f"{x[0]}[{':, ' * a['axis']}{a['begin']}:{a['end']}]"

    def op_reshape(self, x, a, shape, node):
        return f"{x[0]}.reshape({shape})"

    def op_pool(self, x, a, shape, node):
        size = f"{a['size']}, {a['stride']}, {a['pad']}"
        if a["kind"] == "max":
            return f"F.max_pool2d({x[0]}, {size})"
        assert a["kind"] == "average", a
        return f"F.avg_pool2d({x[0]}, {size}, count_include_pad=False)"

    def op_global_pool(self, x, a, shape, node):
        return x[0] + MAP_POOL[a["kind"]]

    def op_filter_pool(self, x, a, shape, node):
        assert a["kind"] == "max", a
        return (f"stages.filter_pool({x[0]}, [{', '.join(x[1:])}], {a['size']}, {a['stride']}, "
                f"{a['inside']})")

    def op_nearest(self, x, a, shape, node):
        return f"stages.nearest({x[0]}, [{', '.join(x[1:])}])"

    def op_reduce(self, x, a, shape, node):
        axes = tuple(d for d in range(6) if a["axes"] >> d & 1)
        whole = len(axes) == len(self.nodes[node["in"][0]]["shape"])
        return f"{x[0]}.{REDUCE[a['kind']]}({axes})" + (".reshape(1)" if whole else "")

    def op_resize(self, x, a, shape, node):
        return f"F.interpolate({x[0]}, ({a['height']}, {a['width']}), mode='{a['kind']}')"

    def op_softmax(self, x, a, shape, node):
        return f"torch.softmax({x[0]}, {a['axis']})"

    def op_divisive_norm(self, x, a, shape, node):
        c, s = a["channels"], a["size"]
        pooled = f"{x[0]}.square()"
        if c == 0:
            pooled += ".mean(1, keepdim=True)"
            if s > 1:
                pooled = f"F.avg_pool2d({pooled}, {s}, 1, {s // 2}, count_include_pad=False)"
        else:
            pooled = (f"F.avg_pool3d({pooled}.unsqueeze(1), ({c}, {s}, {s}), 1, "
                      f"({c // 2}, {s // 2}, {s // 2}), count_include_pad=False).squeeze(1)")
        return f"{x[0]} * torch.rsqrt({pooled} + {a['sigma'] ** 2!r})"

    def op_cross_entropy(self, x, a, shape, node):
        return (f"F.cross_entropy({x[0]}, {x[1]}, ignore_index=-1, "
                f"label_smoothing={a['smoothing']!r})")

    def op_mean_squared_error(self, x, a, shape, node):
        return f"F.mse_loss({x[0]}, {x[1]})"

    def text(self):
        self.fuse()
        arguments = [identifier(n["name"]) for i, n in enumerate(self.nodes)
                     if n["kind"] == "input" and i in self.needed]
        for i in sorted(self.needed):
            node = self.nodes[i]
            if node["kind"] != "op" or i in self.alias:
                continue
            if i in self.fused.values():
                self.lines.append(f"v{i} = v{self.through(node['in'][0])}")
            else:
                self.lines.append(f"v{i} = {self.expression(i, node)}")
        arrays = [identifier(n["name"]) for i, n in enumerate(self.nodes)
                  if i in self.needed and n["kind"] in ("parameter", "state", "fixed")]
        head = [f"{a} = self.{a}" for a in arrays] + ["training = self.training"]
        total = " + ".join(f"{r['weight']!r} * {self.v(r['id'])}" if r["weight"] != 1 else
                           self.v(r["id"]) for r in self.results)
        outputs = ", ".join(self.v(r["id"]) for r in self.results)
        losses = self.results[0]["weight"] != 0
        end = f"return ({total}).sum()" if losses else f"return ({outputs},)"
        body = "\n    ".join(head + self.lines + [end])
        return f"def forward(self, {', '.join(arguments)}):\n    {body}\n", arguments


class Twin(torch.nn.Module):
    """The net with the exported values; `inputs(batch)` are its arguments."""

    def __init__(self, prefix, losses):
        super().__init__()
        with open(prefix + ".json", encoding="utf-8") as file:
            self.graph = json.load(file)
        self.prefix = prefix
        text, self.arguments = Source(self.graph, losses).text()
        self.decays = {}
        self.parameter_order = []
        self.fill()
        scope = {"torch": torch, "F": F, "stages": stages}
        exec(compile(text, prefix + ".py", "exec"), scope)  # the source is our own, from above
        self.forward = scope["forward"].__get__(self)

    def fill(self):
        by_name = {n["name"]: n for n in self.graph["nodes"] if n["kind"] != "op"}
        sizes = [max(1, torch.Size(by_name[v]["shape"]).numel()) for v in self.graph["values"]]
        floats = torch.from_file(self.prefix + ".values", size=sum(sizes), dtype=torch.float32)
        for name, part in zip(self.graph["values"], floats.split(sizes)):
            node = by_name[name]
            x = part.clone().reshape(node["shape"])
            if node["kind"] == "parameter":
                self.register_parameter(identifier(name), torch.nn.Parameter(x))
                self.decays[identifier(name)] = node["decay"]
                self.parameter_order.append(identifier(name))
            elif node["kind"] in ("state", "fixed"):
                self.register_buffer(identifier(name), x)

    def inputs(self, number=0):
        """Batch `number` of the exported data; labels are whole numbers."""
        size = sum(i["floats"] for i in self.graph["inputs"])
        data = torch.from_file(self.prefix + ".data", size=size * (number + 1),
                               dtype=torch.float32)[size * number:]
        shapes = {n["name"]: n["shape"] for n in self.graph["nodes"] if n["kind"] == "input"}
        parts = data.split([i["floats"] for i in self.graph["inputs"]])
        found = {}
        for i, part in zip(self.graph["inputs"], parts):
            shape = [self.graph["batch"]] + shapes[i["name"]][1:]
            x = part.clone().reshape(shape)
            found[identifier(i["name"])] = x.long() if i["classes"] else x
        return [found[a] for a in self.arguments]

    def optimiser(self):
        rate, decay = self.graph["rate"], self.graph["weight_decay"]
        named = dict(self.named_parameters())
        groups = {}
        for name, scale in self.decays.items():
            groups.setdefault(decay * scale, []).append(named[name])
        groups = [{"params": p, "weight_decay": d} for d, p in groups.items()]
        if self.graph["optimiser"] == "sgd":
            return torch.optim.SGD(groups, lr=rate, momentum=0.9)
        return torch.optim.AdamW(groups, lr=rate)
