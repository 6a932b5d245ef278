/* random_numbers: what simulations draw. A data set is a function of its cell and its number alone, so that
 * any number of threads prints the same. */
#ifndef RANDOM_NUMBERS_H
#define RANDOM_NUMBERS_H

#include <stdint.h>

/* xoshiro256**, Blackman and Vigna 2021, from splitmix64. */
struct random {
    uint64_t state[4];
};

struct random random_of(uint64_t cell, uint64_t set);
uint64_t draw(struct random *random);
/* In the open interval (0, 1). */
double draw_uniform(struct random *random);
void draw_two_normals(struct random *random, double normals[2]);
uint64_t draw_binomial(struct random *random, uint64_t trials, double p);

#endif
