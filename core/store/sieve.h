/* A sieve: which hashes are certainly not in a set, in memory of a fixed size.  Not for others.
 *
 * "Perhaps" has to be looked up; how often it is wrong grows with what was put in: hardly ever
 * at a million hashes, one time in fifty at sixteen million. */
#ifndef STORE_SIEVE_H
#define STORE_SIEVE_H

#include <stdbool.h>
#include <stdint.h>

struct sieve;
struct sieve *sieve_new(void);
void sieve_put(struct sieve *sieve, uint64_t hash);
/* False: it was never put in.  True: perhaps it was. */
bool sieve_holds(const struct sieve *sieve, uint64_t hash);
/* So much was put in that asking it no longer saves the looking up. */
bool sieve_is_worn(const struct sieve *sieve);
/* Brings near what sieve_holds will ask for. */
void sieve_fetch(const struct sieve *sieve, uint64_t hash);
void sieve_free(struct sieve *sieve); /* NULL is fine */

#endif
