"""Makes interval.txt: one-sided bounds of proportions, with mpmath at 40 digits.

Each line: method, successes, trials, confidence (of each bound), lower, upper; the definitions are those of
Newcombe, "Two-sided confidence intervals for the single proportion" (Statistics in Medicine 17:857, 1998)
and Brown, Cai, DasGupta (Statistical Science 16:101, 2001).
Run: python interval.py > interval.txt
"""
from distribution import beta_quantile, normal_quantile
from mpmath import mpf, nstr, sqrt


def wilson(x, n, confidence):
    z, p = normal_quantile(confidence), mpf(x) / n
    middle, half = p + z**2 / (2 * n), z * sqrt(p * (1 - p) / n + z**2 / (4 * mpf(n) ** 2))
    lower, upper = (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)
    return (mpf(0) if x == 0 else lower), (mpf(1) if x == n else upper)


def clopper_pearson(x, n, confidence):
    alpha = 1 - mpf(confidence)
    lower = beta_quantile(alpha, x, n - x + 1) if x > 0 else mpf(0)
    upper = beta_quantile(confidence, x + 1, n - x) if x < n else mpf(1)
    return lower, upper


def jeffreys(x, n, confidence):
    alpha = 1 - mpf(confidence)
    lower = beta_quantile(alpha, x + 0.5, n - x + 0.5) if x > 0 else mpf(0)
    upper = beta_quantile(confidence, x + 0.5, n - x + 0.5) if x < n else mpf(1)
    return lower, upper


for method in (wilson, clopper_pearson, jeffreys):
    for x, n in ((81, 263), (15, 148), (0, 20), (1, 29), (7, 10), (100, 200), (0, 1000), (999, 1000), (18, 20),
                 (19, 38), (38, 38), (0, 77), (3, 40), (1, 1), (45000, 50000)):
        for confidence in (0.975, 0.95, 0.9, 0.999):
            lower, upper = method(x, n, confidence)
            print(method.__name__, x, n, confidence, nstr(lower, 20), nstr(upper, 20))
