/* SHA-256 by the vectors of FIPS 180. */
#include "base/hash.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void expect_hash(const void *bytes, size_t size, const char *expected)
{
    unsigned char hash[HASH_BYTES];
    char hex[HASH_HEX];
    hash_of(bytes, size, hash);
    hash_hex(hash, hex);
    cr_expect_str_eq(hex, expected);
}

Test(hash, known_answers)
{
    expect_hash("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect_hash(NULL, 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect_hash("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    const char *two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    expect_hash(two_blocks, strlen(two_blocks),
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    char *million = malloc(1000000);
    memset(million, 'a', 1000000);
    expect_hash(million, 1000000,
                "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(million);
}

static void hash_texts(const char *a, const char *b, char hex[HASH_HEX])
{
    unsigned char hash[HASH_BYTES];
    struct hasher *hasher = hasher_new();
    hasher_add_text(hasher, a);
    hasher_add_text(hasher, b);
    hasher_done(hasher, hash);
    hash_hex(hash, hex);
}

Test(hash, texts_do_not_run_together)
{
    char one[HASH_HEX], other[HASH_HEX], null[HASH_HEX];
    hash_texts("ab", "c", one);
    hash_texts("a", "bc", other);
    hash_texts("ab", NULL, null);
    cr_expect_str_neq(one, other);
    hash_texts("ab", "", other);
    cr_expect_str_neq(null, other, "no text is not an empty text");
}

Test(hash, pieces_are_the_whole)
{
    unsigned char hash[HASH_BYTES];
    char hex[HASH_HEX];
    struct hasher *hasher = hasher_new();
    hasher_add(hasher, "a", 1);
    hasher_add(hasher, "", 0);
    hasher_add(hasher, "bc", 2);
    hasher_done(hasher, hash);
    hash_hex(hash, hex);
    cr_expect_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* RFC 4231, test cases 2 and 6. */
Test(hash, keyed_known_answers)
{
    unsigned char hash[HASH_BYTES], key[131];
    char hex[HASH_HEX];
    const char *data = "what do ya want for nothing?";
    hash_keyed("Jefe", 4, data, strlen(data), hash);
    hash_hex(hash, hex);
    cr_expect_str_eq(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    data = "Test Using Larger Than Block-Size Key - Hash Key First";
    hash_keyed(key, sizeof key, data, strlen(data), hash);
    hash_hex(hash, hex);
    cr_expect_str_eq(hex, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    cr_expect(hash_equal("abc", "abc", 3));
    cr_expect_not(hash_equal("abc", "abd", 3));
}
