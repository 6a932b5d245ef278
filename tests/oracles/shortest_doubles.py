#!/usr/bin/env python3
"""Doubles with the shortest text that reads back to each: Python's repr (David Gay's algorithm, mode 0).

    tests/oracles/shortest_doubles.py > tests/oracles/shortest_doubles.txt
"""
import random
import struct

random.seed(20)


def bits(value):
    return struct.unpack("<Q", struct.pack("<d", value))[0]


def double(number):
    return struct.unpack("<d", struct.pack("<Q", number))[0]


values = [0.1, 0.3, 0.85, 2 / 3, 1e22, 1e23, 9007199254740993.0, 5e-324, 2.2250738585072014e-308, 2.225073858507201e-308,
          1.7976931348623157e308, 1e15, 1e16, 123456789012345680.0, 0.0001, 0.00001, 4.35, 0.000123456789]
values += [2.0**power for power in range(-1074, 1024, 13)]
values += [double(random.getrandbits(63)) for _ in range(400)]
values += [double(random.getrandbits(random.randrange(1, 52))) for _ in range(60)]
values += [random.random() for _ in range(200)]
values += [round(random.random(), random.randrange(1, 17)) for _ in range(200)]
values += [random.randrange(10**9) / 10 ** random.randrange(12) for _ in range(200)]
print("# bits of a double, and Python's repr of it (\".0\" removed); made by shortest_doubles.py")
for value in values:
    if value == value and abs(value) != float("inf"):
        text = repr(value)
        print(f"{bits(value):016x} {text[:-2] if text.endswith('.0') else text}")
