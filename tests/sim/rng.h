/* Chance out of a seed: splitmix64, the same on every machine. */
#ifndef TESTS_SIM_RNG_H
#define TESTS_SIM_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
    uint64_t state;
};
static inline uint64_t rng_next(struct rng *rng)
{
    uint64_t z = rng->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}
/* Another stream out of the same seed, so that one part drawing more does not move the others. */
static inline struct rng rng_stream(uint64_t seed, uint64_t stream)
{
    struct rng rng = {seed * 0xd1342543de82ef95u + stream};
    rng_next(&rng);
    return rng;
}
static inline int64_t rng_below(struct rng *rng, int64_t limit) /* 0 … limit − 1 */
{
    return (int64_t)(rng_next(rng) % (uint64_t)limit);
}
static inline int64_t rng_between(struct rng *rng, int64_t low, int64_t high) /* both included */
{
    return low + rng_below(rng, high - low + 1);
}
static inline bool rng_chance(struct rng *rng, int percent)
{
    return rng_below(rng, 100) < percent;
}

#endif
