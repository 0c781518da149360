"""Takes TensorFlow's libraries and C headers, and NVIDIA's libraries, out of wheels: unpack.py TARGET WHEEL..."""

import os
import shutil
import sys
import zipfile

LIBRARIES = ("tensorflow/libtensorflow_cc.so.2", "tensorflow/libtensorflow_framework.so.2")
HEADERS = ("tensorflow/c/", "tensorflow/core/platform/ctstring", "tsl/platform/ctstring", "tsl/c/", "xla/tsl/c/")
INCLUDE = "tensorflow/include/"


def target_of(name):
    """Where a file of a wheel goes; None where it is not needed."""
    if name in LIBRARIES:
        return "lib/" + os.path.basename(name)
    if name.startswith(INCLUDE) and name.endswith(".h") and name[len(INCLUDE) :].startswith(HEADERS):
        return "include/" + name[len(INCLUDE) :]
    # TensorFlow looks for them in this folder, beside its own.
    if name.startswith("nvidia/") and ".so" in os.path.basename(name):
        return name
    return None


def unpack(wheel, target):
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            place = target_of(name)
            if place is None:
                continue
            path = os.path.join(target, place)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with archive.open(name) as source, open(path, "wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)


if __name__ == "__main__":
    for each in sys.argv[2:]:
        unpack(each, sys.argv[1])
