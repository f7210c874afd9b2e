/* A Bloom filter in blocks: all bits of a hash lie in one line of the cache, since it is the trips
 * to memory that cost.  The block is chosen by the hash's upper bits, so hashes that come sorted
 * walk through the memory. */
#include "store/sieve.h"
#include "base/xalloc.h"
#include <stdalign.h>
#include <stdlib.h>

enum {
    BLOCK_BITS = 512, /* a line of the cache */
    WORDS = BLOCK_BITS / 64,
    BLOCKS_LOG2 = 18, /* 16 MiB, which the system gives as they are touched */
    BITS_OF_HASH = 6,
    HASHES_MAX = 1 << 26, /* two bits each: seven answers in ten are wrong */
};

struct block {
    alignas(64) uint64_t words[WORDS];
};
struct sieve {
    struct block *blocks;
    void *memory; /* what they are aligned in */
    uint64_t hashes;
};

struct sieve *sieve_new(void)
{
    struct sieve *sieve = xcalloc(1, sizeof *sieve);
    sieve->memory = xcalloc(((size_t)1 << BLOCKS_LOG2) + 1, sizeof *sieve->blocks);
    uintptr_t from = (uintptr_t)sieve->memory + sizeof *sieve->blocks - 1;
    sieve->blocks = (struct block *)(from & ~(uintptr_t)(sizeof *sieve->blocks - 1));
    return sieve;
}

static struct block *block_of(const struct sieve *sieve, uint64_t hash)
{
    return &sieve->blocks[hash >> (64 - BLOCKS_LOG2)];
}

/* Nine bits for each bit in the block.  The multiplication carries the hash's lower bits up; its
 * upper ones, which are equal within a block, reach none but the last two places. */
static uint64_t places_of(uint64_t hash)
{
    return hash * 0x9e3779b97f4a7c15u >> 10;
}

void sieve_put(struct sieve *sieve, uint64_t hash)
{
    struct block *block = block_of(sieve, hash);
    uint64_t places = places_of(hash);
    for (int i = 0; i < BITS_OF_HASH; i++, places /= BLOCK_BITS)
        block->words[places / 64 % WORDS] |= 1ull << places % 64;
    sieve->hashes++;
}

bool sieve_holds(const struct sieve *sieve, uint64_t hash)
{
    if (sieve->hashes == 0)
        return false;
    const struct block *block = block_of(sieve, hash);
    uint64_t places = places_of(hash), all = 1;
    for (int i = 0; i < BITS_OF_HASH; i++, places /= BLOCK_BITS)
        all &= block->words[places / 64 % WORDS] >> places % 64;
    return all;
}

bool sieve_is_worn(const struct sieve *sieve)
{
    return sieve->hashes > HASHES_MAX;
}

void sieve_fetch(const struct sieve *sieve, uint64_t hash)
{
    if (sieve->hashes > 0)
        __builtin_prefetch(block_of(sieve, hash));
}

void sieve_free(struct sieve *sieve)
{
    if (!sieve)
        return;
    free(sieve->memory);
    free(sieve);
}
