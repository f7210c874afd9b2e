/* Policies kept whole, by hash. */
#include "base/xalloc.h"
#include "model/bundle.h"
#include "store/archive.h"
#include "store/journal.h"
#include "store_box.h"
#include <criterion/criterion.h>

static struct store_box box;

static void make(void)
{
    box_make(&box);
    box_open(&box);
}

static void away(void)
{
    box_remove(&box);
}

TestSuite(archive, .init = make, .fini = away);

static void keep(const struct bundle *bundle)
{
    struct store_tx *tx = box_begin(&box);
    cr_assert_eq(archive_put(tx, bundle, NULL), 0);
    box_commit(tx);
}

Test(archive, a_bundle_comes_back_with_its_hash)
{
    struct bundle *bundle = box_bundle("rule.lua", "return nil\n"), *back = NULL;
    keep(bundle);
    keep(bundle);
    cr_assert_eq(archive_bundle(box.store, bundle->hash, &back, &box.findings), 0);
    cr_expect_str_eq(back->hash, bundle->hash);
    cr_expect_eq(back->text_count, bundle->text_count);
    cr_expect_eq(back->policy.station_count, 2);
    bundle_free(back);
    bundle_free(bundle);
}

Test(archive, overrides_are_kept_with_it)
{
    static const char with[] = "{\"settle_after\":\"20m\"}";
    struct bundle *plain = box_bundle("rule.lua", "return nil\n"), *bundle = NULL, *back = NULL;
    struct findings findings = {0};
    cr_assert_eq(bundle_build(&bundle, plain->texts, plain->text_count, with, &findings), 0);
    struct store_tx *tx = box_begin(&box);
    cr_assert_eq(archive_put(tx, bundle, with), 0);
    box_commit(tx);
    cr_assert_eq(archive_bundle(box.store, bundle->hash, &back, &box.findings), 0);
    cr_expect_str_neq(bundle->hash, plain->hash);
    cr_expect_eq(back->policy.settle_after, 20 * MINUTE_MS);
    bundle_free(back);
    bundle_free(bundle);
    bundle_free(plain);
    findings_release(&findings);
}

Test(archive, an_unknown_hash_is_said_to_be_unknown)
{
    struct bundle *back = NULL;
    cr_expect_eq(archive_bundle(box.store, "abc", &back, &box.findings), ERR_NOT_FOUND);
    cr_expect_null(back);
    cr_assert_eq(box.findings.count, 1);
    cr_expect_str_eq(box.findings.items[0].code, "D010");
}

Test(archive, texts_that_changed_are_refused)
{
    struct bundle *bundle = box_bundle("rule.lua", "return nil\n"), *back = NULL;
    keep(bundle);
    box_close(&box);
    box_meddle(&box,
               "UPDATE bundle_text SET data = CAST(replace(CAST(data AS TEXT), '一号站', '1号站')"
               " AS BLOB) WHERE name = 'policy.yaml'");
    box_open(&box);
    cr_expect_lt(archive_bundle(box.store, bundle->hash, &back, &box.findings), 0);
    cr_expect_null(back);
    char *said = xstrdup(box.findings.items[0].message);
    findings_release(&box.findings);
    cr_expect_eq(archive_check(box.store, bundle->hash, &box.findings), ERR_STORE);
    cr_assert_eq(box.findings.count, 1);
    cr_expect_str_eq(box.findings.items[0].message, said);
    free(said);
    bundle_free(bundle);
}

Test(archive, what_is_kept_can_be_held_against_its_hash_without_building_it)
{
    static const char with[] = "{\"settle_after\":\"20m\"}";
    struct bundle *plain = box_bundle("rule.lua", "return nil\n"), *bundle = NULL;
    cr_assert_eq(bundle_build(&bundle, plain->texts, plain->text_count, with, &box.findings), 0);
    cr_expect_eq(archive_check(box.store, plain->hash, &box.findings), ERR_NOT_FOUND);
    keep(plain);
    struct store_tx *tx = box_begin(&box);
    cr_assert_eq(archive_put(tx, bundle, with), 0);
    cr_expect_eq(archive_check(box.store, bundle->hash, &box.findings), 0, "also uncommitted");
    box_commit(tx);
    cr_expect_eq(archive_check(box.store, plain->hash, &box.findings), 0);
    bundle_free(bundle);
    bundle_free(plain);
}

Test(archive, the_last_policy_fact_names_what_is_in_force)
{
    char hash[HASH_HEX];
    cr_assert_eq(archive_in_force(box.store, hash), 0);
    cr_expect_str_eq(hash, "");
    const char *const hashes[] = {"aa", "bb"};
    for (int i = 0; i < 2; i++) {
        struct fact fact = {
            .kind = FACT_POLICY, .time = i, .arrival = i, .source = "yujing", .id = hashes[i]};
        fact.policy.hash = hashes[i];
        struct store_tx *tx = box_begin(&box);
        int64_t seq;
        cr_assert_eq(journal_append(tx, &fact, &seq), 0);
        box_commit(tx);
    }
    cr_assert_eq(archive_in_force(box.store, hash), 0);
    cr_expect_str_eq(hash, "bb");
}
