#include "random_numbers.h"

#include <math.h>
#include <stddef.h>

#include "mlgate/distribution.h"

static uint64_t mix(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

struct random random_of(uint64_t cell, uint64_t set)
{
    uint64_t seed = 20261101;
    const uint64_t first = mix(&seed) ^ cell;
    seed = first;
    seed = mix(&seed) ^ set;
    struct random random;
    for (size_t i = 0; i < 4; i++)
        random.state[i] = mix(&seed);
    return random;
}

static uint64_t turn(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

uint64_t draw(struct random *random)
{
    uint64_t *s = random->state;
    const uint64_t drawn = turn(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = turn(s[3], 45);
    return drawn;
}

double draw_uniform(struct random *random)
{
    return ((double)(draw(random) >> 11) + 0.5) * 0x1p-53;
}

void draw_two_normals(struct random *random, double normals[2])
{
    const double radius = sqrt(-2 * log(draw_uniform(random)));
    const double angle = 2 * 3.14159265358979323846 * draw_uniform(random);
    normals[0] = radius * cos(angle);
    normals[1] = radius * sin(angle);
}

/* By inversion, from the mode outwards. */
uint64_t draw_binomial(struct random *random, uint64_t trials, double p)
{
    if (trials == 0 || !(p > 0))
        return 0;
    if (p >= 1)
        return trials;
    const double n = (double)trials, odds = p / (1 - p), mode = floor((n + 1) * p);
    double above = mode, below = mode, left = draw_uniform(random);
    double at_above = exp(mlg_log_gamma(n + 1) - mlg_log_gamma(mode + 1) - mlg_log_gamma(n - mode + 1) +
                          mode * log(p) + (n - mode) * log1p(-p));
    double at_below = at_above;
    left -= at_above;
    while (left > 0 && (above < n || below > 0)) {
        if (above < n) {
            at_above *= (n - above) / (above + 1) * odds;
            above++;
            left -= at_above;
            if (!(left > 0))
                return (uint64_t)above;
        }
        if (below > 0) {
            at_below *= below / ((n - below + 1) * odds);
            below--;
            left -= at_below;
            if (!(left > 0))
                return (uint64_t)below;
        }
        if (at_above + at_below < 1e-290) /* what is left is rounding */
            break;
    }
    return (uint64_t)mode;
}
