/* Links to receipt pages: one letter, one side, one time. */
#include "base/err.h"
#include "shell/receipt_link.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char letter[] = "0123456789abcdef0123456789abcdef";
static const instant_ms now = INT64_C(1795480000000);
static struct receipt_key live, drill;

static void make(void)
{
    memset(live.bytes, 7, sizeof live.bytes);
    drill = live;
    drill.drill = true;
}
TestSuite(receipt_link, .init = make);

static int read_back(const struct receipt_key *key, const char *token, instant_ms at)
{
    char found[RECEIPT_LETTER_SIZE];
    int err = receipt_token_read(key, token, at, found);
    if (err == 0)
        cr_expect_str_eq(found, letter);
    return err;
}

Test(receipt_link, a_link_opens_its_letter_until_it_ends)
{
    char token[RECEIPT_TOKEN_SIZE];
    receipt_token(&live, letter, now + HOUR_MS, token);
    cr_assert_eq(strlen(token), (size_t)RECEIPT_TOKEN_SIZE - 1);
    cr_expect_eq(strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
                 (size_t)RECEIPT_TOKEN_SIZE - 1, "fit for an address: %s", token);
    cr_expect_eq(read_back(&live, token, now), 0);
    cr_expect_eq(read_back(&live, token, now + HOUR_MS - MINUTE_MS), 0);
    cr_expect_eq(read_back(&live, token, now + HOUR_MS), ERR_LIMIT);
}

Test(receipt_link, a_drills_link_is_none_of_the_living_even_under_one_key)
{
    char token[RECEIPT_TOKEN_SIZE];
    receipt_token(&drill, letter, now + HOUR_MS, token);
    cr_expect_eq(read_back(&live, token, now), ERR_INVALID);
    cr_expect_eq(read_back(&drill, token, now), 0);
    receipt_token(&live, letter, now + HOUR_MS, token);
    cr_expect_eq(read_back(&drill, token, now), ERR_INVALID);
}

Test(receipt_link, no_character_of_it_can_be_changed)
{
    char token[RECEIPT_TOKEN_SIZE];
    int changed = 0;
    receipt_token(&live, letter, now + HOUR_MS, token);
    for (int i = 0; i < RECEIPT_TOKEN_SIZE - 1; i++)
        for (const char *c = "AQgw-_z09"; *c; c++) {
            char kept = token[i];
            if (*c == kept)
                continue;
            token[i] = *c;
            cr_expect_neq(read_back(&live, token, now), 0, "place %d", i);
            token[i] = kept;
            changed++;
        }
    cr_expect_gt(changed, 300);
    cr_expect_eq(read_back(&live, "", now), ERR_INVALID);
    cr_expect_eq(read_back(&live, "////////////////////////////////////////////////", now),
                 ERR_INVALID);
    receipt_token(&live, "not a letter", now + HOUR_MS, token);
    cr_expect_str_eq(token, "");
}

Test(receipt_link, the_key_is_made_once_and_only_for_us)
{
    char folder[] = "/tmp/yj-receipt-XXXXXX", path[64];
    struct findings findings = {0};
    struct receipt_key first, again;
    struct stat about;
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/key", folder);
    cr_assert_eq(receipt_key_read(&first, path, false, &findings), 0);
    cr_assert_eq(stat(path, &about), 0);
    cr_expect_eq(about.st_mode & 0777, 0600);
    cr_assert_eq(receipt_key_read(&again, path, false, &findings), 0);
    cr_expect_arr_eq(first.bytes, again.bytes, sizeof first.bytes);
    chmod(path, 0644);
    cr_expect_lt(receipt_key_read(&again, path, false, &findings), 0);
    cr_expect_str_eq(findings.items[0].code, "U011");
    chmod(path, 0600);
    FILE *file = fopen(path, "w");
    fputs("short\n", file);
    fclose(file);
    cr_expect_lt(receipt_key_read(&again, path, false, &findings), 0);
    cr_expect_str_eq(findings.items[1].code, "U012");
    findings_release(&findings);
    unlink(path);
    rmdir(folder);
}
