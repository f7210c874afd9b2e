/* Secrets: passwords, tokens and one-time codes, as they are made and as they are kept.
 *
 * What is kept is never the secret itself: a password as scrypt (RFC 7914), a token as SHA-256 (it
 * has 256 random bits, so no slow hash is needed).  A one-time code needs its seed; that stands in
 * the accounts file, which nobody but the daemon may read.  Comparisons take the same time whatever
 * differs. */
#ifndef SHELL_SECRET_H
#define SHELL_SECRET_H

#include "base/when.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TOKEN_SIZE = 48,         /* "yj_" + 43 characters + NUL */
    SEED_SIZE = 33,          /* base32 of 160 bits + NUL: RFC 4226 §4 asks for that many */
    PASSWORD_HASH_SIZE = 120 /* "scrypt$14$8$1$" salt "$" hash, with room */
};

/* A new token: 256 bits from the system's generator, in URL-safe base64. */
void secret_token(char ret[TOKEN_SIZE]);
/* A new seed for one-time codes. */
void secret_seed(char ret[SEED_SIZE]);

/* What is kept of a password.  Takes about 50 ms and 16 MiB: off the loop. */
void secret_password_hash(const char *password, char ret[PASSWORD_HASH_SIZE]);
/* Also slow when `hash` is NULL or unusable, so that an unknown name takes as long as a wrong
 * password; then false. */
bool secret_password_fits(const char *password, const char *hash);

/* RFC 6238: HMAC-SHA-1, 30 s, six digits.  A code of the step before or after counts too; the step
 * it belongs to is returned so that it is accepted once, -1 when it fits none. */
int64_t secret_code_step(const char *seed, const char *code, instant_ms now);
/* The code of a step, for tests and for showing that a seed works.  ERR_INVALID: no base32. */
int secret_code(const char *seed, int64_t step, char ret[7]);

/* Equal length and equal bytes, in constant time for equal lengths. */
bool secret_equal(const char *a, const char *b);

#endif
