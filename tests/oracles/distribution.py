"""Makes distribution.txt: reference values of the distribution functions, with mpmath at 40 digits.

Each line: function, its arguments (exact doubles), value. Run: python distribution.py > distribution.txt
"""
from mpmath import erf, erfc, exp, findroot, log, loggamma, mp, mpf, nstr, pi, quad, sqrt
from scipy import special, stats

mp.dps = 40


def tell(name, arguments, value):
    print(name, *[repr(float(a)) for a in arguments], nstr(value, 25))


def beta_lower(x, a, b):
    """Below the mean. Small parameters: sum over k of (a+b)_k / (a+1)_k x^k, times
    x^a (1-x)^b / (a B(a, b)), all terms positive. Large ones: the density over panels of a deviation."""
    x, a, b = mpf(x), mpf(a), mpf(b)
    log_beta = loggamma(a) + loggamma(b) - loggamma(a + b)
    if min(a, b) > 1000:
        deviation = sqrt(a * b / (a + b) ** 3)
        edges = [x - k * deviation for k in range(16) if x > k * deviation]
        return quad(lambda t: exp((a - 1) * log(t) + (b - 1) * log(1 - t) - log_beta), edges[::-1])
    total = term = mpf(1)
    k = 0
    while True:
        ratio = (a + b + k) / (a + 1 + k) * x
        term *= ratio
        total += term
        k += 1
        if ratio < 1 and term / (1 - ratio) < total * mpf(10) ** -30:
            return exp(a * log(x) + b * log(1 - x) - log_beta - log(a)) * total


def below(x, a, b):
    """From which side to sum: panels need the tail, the series a small x."""
    return x * (a + b) <= a if min(a, b) > 1000 else x < mpf(1) / 2


def beta_cdf(x, a, b):
    x = mpf(x)
    if below(x, a, b):
        return beta_lower(x, a, b)
    return 1 - beta_lower(1 - x, b, a)


def beta_upper(x, a, b):
    x = mpf(x)
    if below(x, a, b):
        return 1 - beta_lower(x, a, b)
    return beta_lower(1 - x, b, a)


def beta_quantile(p, a, b):
    """Bisection on the logit, then secant steps."""
    p = mpf(p)

    def miss(u):
        x = 1 / (1 + exp(-u))
        if p < 0.5:
            return log(beta_cdf(x, a, b) / p)
        return -log(beta_upper(x, a, b) / (1 - p))

    start = float(special.betaincinv(a, b, float(p)))
    start = log(mpf(start)) - log(1 - mpf(start))
    u = findroot(miss, (start, start + mpf(10) ** -8), solver="secant", tol=mpf(10) ** -40, verify=False)
    assert abs(miss(u)) < mpf(10) ** -22
    return 1 / (1 + exp(-u))


def t_tail(x, v):
    """P(T > x), x > 0."""
    x, v = mpf(x), mpf(v)
    if v > 200:
        scale = exp(loggamma((v + 1) / 2) - loggamma(v / 2)) / sqrt(v * pi)
        edges = [x + k for k in range(20)] + [x + 20 * 2**k for k in range(8)]
        front = (1 + x * x / v) ** (-(v + 1) / 2)
        return scale * front * quad(lambda t: ((v + t * t) / (v + x * x)) ** (-(v + 1) / 2), edges)
    share = v / (v + x * x)
    return beta_cdf(share, v / 2, mpf(1) / 2) / 2


def t_cdf(x, v):
    return t_tail(-x, v) if x < 0 else 1 - t_tail(x, v) if x > 0 else mpf(1) / 2


def t_quantile(p, v):
    p = mpf(p)
    small = min(p, 1 - p)
    start = log(mpf(float(stats.t.isf(float(small), v))))
    u = findroot(lambda s: log(t_tail(exp(s), v) / small), (start, start + mpf(10) ** -8), solver="secant",
                 tol=mpf(10) ** -60, verify=False)
    assert abs(t_tail(exp(u), v) / small - 1) < mpf(10) ** -22
    return -exp(u) if p < 0.5 else exp(u)


def normal_quantile(p):
    p = mpf(p)
    small = min(p, 1 - p)
    if small > 0.3:
        x = findroot(lambda t: erf(t / sqrt(mpf(2))) / 2 + mpf(1) / 2 - p, (p - mpf(1) / 2) * 2)
        return x
    start = sqrt(-2 * log(small)) * mpf("0.9")
    x = findroot(lambda t: log(erfc(t / sqrt(mpf(2))) / 2 / small), start, tol=mpf(10) ** -60)
    return -x if p < 0.5 else x


def main():
    for x in (-37, -20.5, -8, -3.3, -1.96, -0.7, -1e-5, 0, 1e-9, 0.5, 1.2815, 2.75, 6):
        tell("normal_cdf", [x], erfc(-mpf(float(x)) / sqrt(mpf(2))) / 2)
    for p in (1e-300, 1e-100, 1e-16, 1e-6, 0.001, 0.025, 0.05, 0.1, 0.25, 0.26, 0.3, 0.45, 0.499999, 0.5000001, 0.6,
              0.75, 0.8, 0.95, 0.975, 0.99, 0.999999):
        tell("normal_quantile", [p], normal_quantile(p))
    for x in (1e-300, 1e-10, 0.001, 0.25, 0.4999, 0.5, 0.75, 0.999, 1.0000001, 1.25, 1.4999, 1.5, 1.9, 1.99999, 2.0001,
              2.3, 2.5, 3, 3.7, 5.5, 9.99, 10, 12.25, 33.3, 170.5, 1e4, 1e8, 1e15, 1e300):
        tell("log_gamma", [x], loggamma(mpf(float(x))))

    shapes = [(0.5, 0.5), (1, 1), (0.5, 20.5), (1, 20), (20, 1), (3, 997), (999, 2), (81, 183), (7, 4), (100, 101),
              (30.5, 2.5), (450, 600), (0.1, 3), (2500, 2500.5), (1500, 90000), (250000.5, 750000.5),
              (3, 1e9), (5e6, 5e6), (9.9e7, 1e6)]
    for a, b in shapes:
        mean = a / (a + b)
        sd = (mean * (1 - mean) / (a + b + 1)) ** 0.5
        for z in (-6, -2.5, -1, -0.1, 0.3, 1.7, 4):
            x = mean + z * sd
            if 0 < x < 1:
                tell("beta_cdf", [x, a, b], beta_cdf(x, a, b))
    for a, b in shapes:
        for p in (1e-10, 0.001, 0.05, 0.025, 0.4, 0.5, 0.9, 0.975, 0.999999):
            tell("beta_quantile", [p, a, b], beta_quantile(p, a, b))

    for v in (0.5, 1, 2, 2.5, 9, 29, 99, 150.75, 199.9, 200.5, 1000, 12345.6, 1e6):
        for x in (-30, -5, -2.2, -0.4, 0.1, 1.3, 3):
            tell("t_cdf", [x, v], t_cdf(x, v))
        for p in (1e-6, 0.01, 0.025, 0.05, 0.2, 0.4, 0.49, 0.6, 0.9, 0.95, 0.975, 0.995):
            tell("t_quantile", [p, v], t_quantile(p, v))


if __name__ == "__main__":
    main()
