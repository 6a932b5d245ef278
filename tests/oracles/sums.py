"""Exact sums for tests/unit/test_sum.c, by rational arithmetic.

    python3 tests/oracles/sums.py > tests/oracles/sums.txt

Every case is a line `case KIND COUNT HIGH LOW SENTENCE` and COUNT lines of hexadecimal doubles: one a line
under `add`, two under `product`. HIGH is the exact sum rounded once, LOW what is left, rounded once.
"""
import random
from fractions import Fraction

random.seed(1505_05571)


def nearest(exact):
    try:
        return float(exact)
    except OverflowError:
        return float("inf") if exact > 0 else float("-inf")


def exact_product(a, b):
    """Bits below 2^-1074 are rounded away once per product: nearest double, and the rest's nearest."""
    exact = Fraction(a) * Fraction(b)
    if exact.denominator <= 2**1074:
        return exact
    high = float(exact)
    return Fraction(high) + Fraction(float(exact - Fraction(high)))


def case(kind, sentence, rows):
    if kind == "add":
        exact = sum(map(Fraction, rows))
        lines = [x.hex() for x in rows]
    else:
        exact = sum(exact_product(a, b) for a, b in rows)
        lines = [f"{a.hex()} {b.hex()}" for a, b in rows]
    high = nearest(exact)
    low = 0.0 if high in (float("inf"), float("-inf")) else nearest(exact - Fraction(high))
    print(f"case {kind} {len(rows)} {high.hex()} {low.hex()} {sentence}")
    print("\n".join(lines))


def wide(low, high):
    return random.choice((-1, 1)) * random.uniform(1, 2) * 2.0 ** random.randint(low, high)


tiny, largest = 5e-324, float.fromhex("0x1.fffffffffffffp+1023")
case("add", "nothing but zeros", [0.0, -0.0, 0.0])
case("add", "one number", [0.1])
case("add", "a third thrice", [1 / 3] * 3)
case("add", "ten times a tenth", [0.1] * 10)
case("add", "uniform in [0, 1]", [random.random() for _ in range(2000)])
case("add", "the whole range of exponents", [wide(-1074, 1000) for _ in range(2000)])
values = [wide(-300, 300) for _ in range(500)]
rest = values + [-x for x in values] + [1e-310]
random.shuffle(rest)
case("add", "all cancels but a subnormal", rest)
case("add", "1, 1e100, 1, -1e100 (Peters)", [1.0, 1e100, 1.0, -1e100])
case("add", "subnormals", [tiny * random.randint(-1000, 1000) for _ in range(300)])
case("add", "the least subnormal", [tiny])
case("add", "from subnormal to the least normal", [2.0**-1022 - tiny, tiny])
case("add", "a tie goes to the even neighbour below", [1.0, 2.0**-53])
case("add", "a tie goes to the even neighbour above", [1.0 + 2.0**-52, 2.0**-53])
case("add", "a tie broken by the least of all bits", [1.0, 2.0**-53, tiny])
case("add", "a negative tie", [-1.0, -(2.0**-53)])
case("add", "just under a tie", [1.0, 2.0**-53, -tiny])
case("add", "rounding up into the next power of two", [2.0 - 2.0**-52, 2.0**-53])
case("add", "beyond the largest double", [largest, largest])
case("add", "beyond the largest negative double", [-largest, -largest])
case("add", "beyond on the way, back at the end", [largest, largest, -largest, 1.0])
case("add", "rounding at the edge of overflow", [largest, 2.0**969])
case("add", "many of one sign", [largest / 4096] * 3000)
case("product", "squares of tenths", [(0.1, 0.1)] * 7)
case("product", "uniform products", [(random.random(), random.random()) for _ in range(1000)])
case("product", "products of both signs", [(wide(-200, 200), wide(-200, 200)) for _ in range(1000)])
case("product", "products that cancel but for their low parts",
     [(1 + 2.0**-52, 1 + 2.0**-52), (-1.0, 1 + 2.0**-51)])
case("product", "products near the least normal", [(wide(-530, -500), wide(-530, -500)) for _ in range(300)])
case("product", "products near the least subnormal", [(wide(-560, -530), wide(-540, -530)) for _ in range(300)])
case("product", "products with zero", [(0.0, 5.0), (tiny, 0.0), (largest, 0.0), (2.0, 3.0)])
case("product", "products near the largest double", [(wide(490, 510), wide(490, 510)) for _ in range(300)])
case("product", "subnormal times large", [(tiny * 3, 1e300), (-tiny, 1e308), (1e-310, 7e307)])
