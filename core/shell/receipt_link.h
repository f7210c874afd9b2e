/* Receipt links: the address of the page on which a recipient answers one letter.
 *
 * The address is the right: whoever has it may see and answer that letter, and nothing else.  So it
 * holds the letter's id, an end, and the first 128 bits of an HMAC-SHA256 over both and over which
 * side made it: a drill's link never fits the living daemon, nor the other way round, even under
 * one key.  Nothing about it is kept; the key alone decides. */
#ifndef SHELL_RECEIPT_LINK_H
#define SHELL_RECEIPT_LINK_H

#include "base/hash.h"
#include "base/when.h"

struct findings;

enum { RECEIPT_TOKEN_SIZE = 49, RECEIPT_LETTER_SIZE = 33 }; /* with the NUL */

struct receipt_key {
    unsigned char bytes[HASH_BYTES];
    bool drill; /* which side */
};
/* Reads the key, 64 hexadecimal digits; makes the file (0600) when there is none.  ERR_… with a
 * finding (U01x). */
int receipt_key_read(struct receipt_key *ret_key, const char *path, bool drill,
                     struct findings *findings);

/* `letter` is 32 hexadecimal digits; anything else gives "". */
void receipt_token(const struct receipt_key *key, const char *letter, instant_ms expires,
                   char ret_token[RECEIPT_TOKEN_SIZE]);
/* 0; ERR_INVALID: not one of ours; ERR_LIMIT: it was, and has ended. */
int receipt_token_read(const struct receipt_key *key, const char *token, instant_ms now,
                       char ret_letter[RECEIPT_LETTER_SIZE]);

#endif
