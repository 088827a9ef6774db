"""The peer of bench:train and bench:kernels: PyTorch on one thread, told over standard input what to measure.

Each input line is a JSON object; each answer is one line with a number. {"model": "mlp", "sizes": [...], "batch": 128,
"steps": 20} answers images a second of whole training steps (MSE after a sigmoid, Adam); {"model": "cnn", ...} the same for
the convolutional autoencoder; with "clock": "processor" it is seconds of processor time that count. {"gemm": 1024} answers
operations a second of a square float32 product.
"""

import json
import sys
import time

import torch
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(0)


def mlp(sizes):
    layers = []
    code = len(sizes) // 2
    for i in range(1, len(sizes)):
        layers.append(nn.Linear(sizes[i - 1], sizes[i]))
        if i not in (code, len(sizes) - 1):
            layers.append(nn.ReLU())
    return nn.Sequential(*layers, nn.Sigmoid())


def cnn(latent):
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * 49, latent),
        nn.Linear(latent, 32 * 49),
        nn.ReLU(),
        nn.Unflatten(1, (32, 7, 7)),
        nn.ConvTranspose2d(32, 16, 3, stride=2, padding=1, output_padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(16, 1, 3, stride=2, padding=1, output_padding=1),
        nn.Sigmoid(),
    )


prepared = {}


def prepare(task):
    key = json.dumps(task)
    if key not in prepared:
        conv = task["model"] == "cnn"
        model = cnn(task["latent"]) if conv else mlp(task["sizes"])
        x = torch.rand(task["batch"], 1, 28, 28) if conv else torch.rand(task["batch"], task["sizes"][0])
        prepared[key] = (model, x, torch.optim.Adam(model.parameters(), lr=1e-3))
        step(*prepared[key])
    return prepared[key]


def step(model, x, optimizer):
    optimizer.zero_grad(set_to_none=True)
    loss = nn.functional.mse_loss(model(x), x)
    loss.backward()
    optimizer.step()
    return loss.item()


def train(task):
    parts = prepare(task)
    clock = time.process_time if task.get("clock") == "processor" else time.perf_counter
    started = clock()
    for _ in range(task["steps"]):
        step(*parts)
    return task["steps"] * task["batch"] / (clock() - started)


def gemm(n):
    a, b = torch.rand(n, n), torch.rand(n, n)
    started = time.perf_counter()
    torch.mm(a, b)
    return 2 * n**3 / (time.perf_counter() - started)


for line in sys.stdin:
    task = json.loads(line)
    with torch.enable_grad():
        print(gemm(task["gemm"]) if "gemm" in task else train(task), flush=True)
