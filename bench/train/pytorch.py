"""The same two models in PyTorch, from the same weights and batches: pytorch.py FOLDER MODEL SECONDS WARM."""

import json
import math
import os
import sys
import time

import torch
import torch.nn.functional as F

folder, model, seconds, warm = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
about = json.load(open(os.path.join(folder, "about.json")))
types = {"float32": torch.float32, "int32": torch.int32}


def tensor(name, shape, dtype):
    with open(os.path.join(folder, name), "rb") as file:
        values = torch.frombuffer(bytearray(file.read()), dtype=types[dtype]).reshape(shape)
    return values.long() if dtype == "int32" else values


weights = {name: tensor(f"initial.{name}", shape, "float32").requires_grad_() for name, shape in about["variables"].items()}
batches = [
    {name: tensor(f"{at}.{name}", each["shape"], each["dtype"]) for name, each in about["inputs"].items()}
    for at in range(about["batches"])
]


def mlp(w, b):
    one = torch.relu(b["x"] @ w["w0"] + w["b0"])
    two = torch.relu(one @ w["w1"] + w["b1"])
    return F.binary_cross_entropy_with_logits(two @ w["w2"] + w["b2"], b["y"])


def ranker(w, b):
    width = w["items"].shape[1]

    def norm(x, at):
        return F.layer_norm(x, (width,), w[f"norm{at}Gain"], w[f"norm{at}Bias"], eps=1e-6)

    x = (F.embedding(b["history"], w["items"]) * math.sqrt(width) + w["positions"]) * b["dropEmbedding"]
    normed = norm(x, 1)
    attention = torch.softmax((normed @ w["query"]) @ (normed @ w["key"]).transpose(1, 2) / math.sqrt(width) + b["future"], -1)
    attended = x + (attention @ (normed @ w["value"])) * b["dropAttention"]
    hidden = torch.relu(norm(attended, 2) @ w["hidden"] + w["hiddenBias"])
    states = norm(attended + (hidden @ w["output"] + w["outputBias"]) * b["dropOutput"], 3).reshape(-1, width)[b["places"]]
    own = (states * F.embedding(b["targets"], w["items"])).sum(1) + w["itemBias"][b["targets"]] + b["targetOffsets"]
    others = states @ F.embedding(b["negatives"], w["items"]).T + w["itemBias"][b["negatives"]] + b["negativeOffsets"]
    ahead = torch.clamp(others - own[:, None], max=60)
    losses = torch.log(torch.clamp(ahead.exp().sum(1) + 1 - b["hits"], min=1))
    return (losses * b["weights"]).sum()


loss_of = {"mlp": mlp, "ranker": ranker}[model]
optimizer = torch.optim.Adam(list(weights.values()), lr=1e-3, betas=(0.9, 0.999), eps=1e-8, fused=True)


def step(at):
    optimizer.zero_grad(set_to_none=True)
    loss = loss_of(weights, batches[at % len(batches)])
    loss.backward()
    optimizer.step()
    return loss.item()


losses = [step(at) for at in range(warm)]
started, done = time.perf_counter(), 0
while time.perf_counter() - started < seconds:
    step(warm + done)
    done += 1
rate = done * about["size"] / (time.perf_counter() - started)
print(json.dumps({"examplesPerSecond": round(rate), "losses": losses}))
