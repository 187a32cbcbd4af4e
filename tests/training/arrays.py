# SPDX-License-Identifier: Apache-2.0
"""Files of arrays (src/ml/tensor_file.hpp), written and read with nothing of ours."""

import hashlib
import json

import numpy as np

TYPES = {"f32": np.dtype("<f4"), "f64": np.dtype("<f8"), "i64": np.dtype("<i8")}
NAMES = {dtype: name for name, dtype in TYPES.items()}
ALIGNMENT = 64


def aligned(at):
    return (at + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


def to_bytes(description, arrays):
    tensors = [
        {"name": name, "type": NAMES[array.dtype], "shape": list(array.shape)}
        for name, array in arrays.items()
    ]
    head = json.dumps({"description": description, "tensors": tensors}).encode()
    out = bytearray(b"TWARRAY1" + len(head).to_bytes(8, "little") + head)
    for array in arrays.values():
        out += bytes(aligned(len(out)) - len(out))
        out += np.ascontiguousarray(array).tobytes()
    return bytes(out + hashlib.sha256(out).digest())


def parse(data):
    assert data[:8] == b"TWARRAY1"
    assert hashlib.sha256(data[:-32]).digest() == data[-32:]
    size = int.from_bytes(data[8:16], "little")
    head = json.loads(data[16 : 16 + size])
    at, arrays = 16 + size, {}
    for tensor in head["tensors"]:
        dtype, count = TYPES[tensor["type"]], int(np.prod(tensor["shape"], dtype=np.int64))
        at = aligned(at)
        arrays[tensor["name"]] = np.frombuffer(data, dtype, count, at).reshape(tensor["shape"])
        at += count * dtype.itemsize
    return head["description"], arrays


def address(data):
    return data[-32:].hex()
