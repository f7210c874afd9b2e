/* Secrets against the vectors of their standards. */
#include "shell/secret.h"
#include <criterion/criterion.h>
#include <string.h>

/* RFC 6238 appendix B, SHA-1: the seed is the ASCII text 12345678901234567890; of its eight digits
 * the last six count. */
static const char rfc_seed[] = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

Test(secret, one_time_codes_are_those_of_rfc_6238)
{
    static const struct {
        int64_t seconds;
        const char *code;
    } rows[] = {{59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
                {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};
    char code[7];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_assert_eq(secret_code(rfc_seed, rows[i].seconds / 30, code), 0);
        cr_assert_str_eq(code, rows[i].code);
    }
}

Test(secret, a_code_counts_one_step_early_and_late_and_no_more)
{
    char code[7];
    instant_ms now = 1234567890 * INT64_C(1000);
    int64_t step = now / 30000;
    for (int64_t off = -2; off <= 2; off++) {
        secret_code(rfc_seed, step + off, code);
        cr_assert_eq(secret_code_step(rfc_seed, code, now), off >= -1 && off <= 1 ? step + off : -1,
                     "%lld", (long long)off);
    }
    cr_assert_eq(secret_code_step("not base32!", "287082", now), -1);
    cr_assert_eq(secret_code_step(rfc_seed, "", now), -1);
}

Test(secret, a_password_fits_its_own_hash_only)
{
    char one[PASSWORD_HASH_SIZE], two[PASSWORD_HASH_SIZE];
    secret_password_hash("正确的口令", one);
    secret_password_hash("正确的口令", two);
    cr_assert(strcmp(one, two) != 0, "salted");
    cr_assert(secret_password_fits("正确的口令", one));
    cr_assert(secret_password_fits("正确的口令", two));
    cr_assert_not(secret_password_fits("正确的口令 ", one));
    cr_assert_not(secret_password_fits("", one));
    cr_assert_not(strstr(one, "口令"));
}

Test(secret, a_hash_of_other_costs_or_no_hash_fits_nothing)
{
    char hash[PASSWORD_HASH_SIZE];
    secret_password_hash("x", hash);
    cr_assert_not(secret_password_fits("x", NULL));
    cr_assert_not(secret_password_fits("x", ""));
    cr_assert_not(secret_password_fits("x", "x"));
    hash[strlen("scrypt$1")] = '5'; /* cost 15 */
    cr_assert_not(secret_password_fits("x", hash));
}

Test(secret, tokens_and_seeds_are_long_and_differ)
{
    char a[TOKEN_SIZE], b[TOKEN_SIZE], seed[SEED_SIZE], code[7];
    secret_token(a);
    secret_token(b);
    cr_assert_eq(strlen(a), 46);
    cr_assert(strcmp(a, b) != 0);
    cr_assert_not(secret_equal(a, b));
    secret_seed(seed);
    cr_assert_eq(strlen(seed), 32);
    cr_assert_eq(secret_code(seed, 1, code), 0);
}
