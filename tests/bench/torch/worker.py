# SPDX-License-Identifier: GPL-3.0-or-later
"""PyTorch's worker of the benchmarks; parts/worker.h says what a line asks for.

Variants: nchw (as it comes), channels_last, jit (traced, frozen, optimised for inference; inference
alone), compile (torch.compile) and port (hmax alone: port.py)."""
import os
import sys
import time

import torch

import stages
from kinks import Margin
from port import Port
from twin import Twin

WARM_UP = 3
CURVE_BATCHES = 8
CURVE_RATE = 0.1
MARGIN = 2e-5
POINTS = 5


class Run:
    """One net, pass and variant, ready to be timed."""

    def __init__(self, prefix, training, variant):
        self.twin = Twin(prefix, training)
        self.batch = self.twin.inputs()
        self.training = training
        self.twin.train(training)
        if variant == "channels_last":
            self.twin.to(memory_format=torch.channels_last)
            self.batch = [self.last(x) for x in self.batch]
        self.call = self.twin
        if training:
            self.optimiser = self.twin.optimiser()
        if variant == "port":
            self.call = Port(self.twin)
        elif variant == "compile":
            self.call = torch.compile(self.twin)
        elif variant == "jit":
            if training:
                raise ValueError("jit is for inference")
            with torch.no_grad():
                traced = torch.jit.trace(self.twin, tuple(self.batch), check_trace=False)
                self.call = torch.jit.optimize_for_inference(torch.jit.freeze(traced.eval()))

    @staticmethod
    def last(x):
        return x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 else x

    def step(self):
        if not self.training:
            with torch.inference_mode():
                return self.call(*self.batch)
        self.optimiser.zero_grad(set_to_none=True)
        loss = self.call(*self.batch)
        loss.backward()
        self.optimiser.step()
        return loss


kept = {}


def run_for(order, fresh=False):
    verb, net, kind, batch, side, variant, number, prefix = order
    key = (net, kind, batch, side, variant)
    if fresh or key not in kept:
        kept[key] = Run(prefix, kind != "infer", variant)
        for _ in range(0 if fresh else WARM_UP):
            kept[key].step()
    return kept[key]


def time_steps(order):
    run = run_for(order)
    before = time.perf_counter()
    end = before + 1e-3 * int(order[6])
    times = []
    while not times or before < end:
        run.step()
        now = time.perf_counter()
        times.append(1e3 * (now - before))
        before = now
    return times


def gradients(twin, batch):
    loss = twin(*batch)
    loss.backward()
    named = dict(twin.named_parameters())
    found = [named[name] for name in twin.parameter_order]
    return loss.item(), [torch.zeros(p.numel(), dtype=torch.double) if p.grad is None else
                         p.grad.double().reshape(-1) for p in found]


def apart(a, b):
    """Squares of the difference and of b."""
    return (a - b).square().sum().item(), b.square().sum().item()


def relative(all_a, all_b):
    pairs = [apart(a, b) for a, b in zip(all_a, all_b)]
    return (sum(p[0] for p in pairs) / sum(p[1] for p in pairs)) ** 0.5


def worst(all_a, all_b):
    """Of the arrays one by one the largest; one that is 0 must be 0 in both."""
    pairs = [apart(a, b) for a, b in zip(all_a, all_b)]
    return max((a / b) ** 0.5 if b > 0 else float("inf") for a, b in pairs if a > 0 or b > 0)


def in_double(order):
    exact = Twin(order[7], True).double()
    exact.train(True)
    return exact


def double_inputs(twin, number):
    return [x.double() if x.is_floating_point() else x for x in twin.inputs(number)]


def gradient(order):
    run = run_for(order, fresh=True)
    number = int(order[6])
    loss, own = gradients(run.twin, run.twin.inputs(number))
    floats = torch.from_file(order[7] + ".gradients", size=sum(g.numel() for g in own),
                             dtype=torch.float32)
    engine = [g.double() for g in floats.split([g.numel() for g in own])]
    exact = in_double(order)
    _, double = gradients(exact, double_inputs(exact, number))
    pairs = [(engine, own), (engine, double), (own, double)]
    return [loss] + [relative(*p) for p in pairs] + [worst(*p) for p in pairs]


def margin(order):
    exact = in_double(order)
    found = []
    for number in range(int(order[6])):
        with torch.no_grad(), Margin() as margin:
            exact(*double_inputs(exact, number))
        if margin.least == float("inf"):
            raise ValueError("no rectifier and no maximum was seen")
        if margin.least > MARGIN:
            found += [number, margin.least]
        if len(found) == 2 * POINTS:
            break
    return found


def outputs(order):
    """Relative root mean square and largest difference of the engine's outputs to ours."""
    run = run_for(order, fresh=True)
    own = torch.cat([y.double().reshape(-1) for y in run.step()])
    engine = torch.from_file(order[7] + ".outputs", size=own.numel(), dtype=torch.float32).double()
    return [relative([engine], [own]), (engine - own).abs().max().item(), own.abs().max().item()]


def curve(order):
    run = run_for(order, fresh=True)
    batches = [run.twin.inputs(k) for k in range(CURVE_BATCHES)]
    losses = []
    for group in run.optimiser.param_groups:
        group["lr"] *= CURVE_RATE
    for i in range(int(order[6])):
        run.batch = batches[i % CURVE_BATCHES]
        losses.append(run.step().item())
    return losses


def memory(order):
    run = run_for(order, fresh=True)
    for _ in range(int(order[6])):
        run.step()
    return [0]


def forget(order):
    kept.clear()
    torch._dynamo.reset() if "torch._dynamo" in sys.modules else None
    return []


VERBS = {"time": time_steps, "gradient": gradient, "curve": curve, "memory": memory,
         "forget": forget,
         "margin": margin, "outputs": outputs}


def main():
    if "WW_BENCH_THREADS" in os.environ:
        torch.set_num_threads(int(os.environ["WW_BENCH_THREADS"]))
    stages.tuned = "MALLOC_TOP_PAD_" in os.environ
    torch.set_flush_denormal(stages.tuned)
    torch.manual_seed(0)
    print(f"ok torch {torch.__version__}, {torch.get_num_threads()} threads, "
          f"{torch.backends.cpu.get_cpu_capability()}", flush=True)
    for line in sys.stdin:
        order = line.split()
        try:
            numbers = VERBS[order[0]](order)
            print("ok", *[f"{x:.9g}" for x in numbers], flush=True)
        except Exception as e:  # whatever PyTorch throws becomes one line for the table
            words = " ".join(str(e).split())[:300]
            print(f"failed {type(e).__name__}: {words}", flush=True)


if __name__ == "__main__":
    main()
