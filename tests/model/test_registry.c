/* The registry as it is read: order, words, safety minima, credit codes. */
#include "base/buf.h"
#include "base/err.h"
#include "base/yaml.h"
#include "model/bundle_case.h"
#include "model/registry_reader.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct bundle *build_with(const char *registry)
{
    struct bundle_case bundle_case;
    struct findings findings = {0};
    struct bundle *bundle = NULL;
    bundle_case_base(&bundle_case, "tests/bundles/base");
    for (size_t i = 0; i < bundle_case.count; i++) {
        if (strcmp(bundle_case.texts[i].name, "registry/210106.yaml") == 0 && registry) {
            bundle_case.texts[i].data = registry;
            bundle_case.texts[i].size = strlen(registry);
        }
    }
    int err = bundle_build(&bundle, bundle_case.texts, bundle_case.count, NULL, &findings);
    cr_assert(err == 0, "%s:%d: %s", findings.items[0].file, findings.items[0].line,
              findings.items[0].message);
    findings_release(&findings);
    bundle_case_release(&bundle_case);
    return bundle;
}

Test(registry, recipients_are_sorted_by_id_over_all_files)
{
    struct bundle *bundle = build_with(NULL);
    const struct registry *registry = &bundle->policy.registry;
    cr_assert(registry->count == 5);
    for (size_t i = 1; i < registry->count; i++)
        cr_expect(strcmp(registry->recipients[i - 1].id, registry->recipients[i].id) < 0);
    for (size_t i = 0; i < registry->count; i++)
        cr_expect(registry_find(registry, registry->recipients[i].id) == (int)i);
    cr_expect(registry_find(registry, "210106-0003") == -1);
    cr_expect(registry_find(registry, "") == -1);
    cr_expect(registry->lines == 3 && registry->outlets == 1);
    bundle_free(bundle);
}

Test(registry, an_enterprise_is_read_in_full)
{
    struct bundle *bundle = build_with(NULL);
    const struct registry *registry = &bundle->policy.registry;
    const struct recipient *one = &registry->recipients[registry_find(registry, "210106-0001")];
    cr_expect(one->kind == RECIPIENT_ENTERPRISE && one->grade == GRADE_B &&
              one->supply == CLASS_NORMAL);
    cr_expect_str_eq(one->park, "示例化工园");
    cr_expect(one->emit_count == 2 && strcmp(one->emits[1], "vocs") == 0);
    cr_expect(one->day[E_PM] == 120000);
    cr_expect(one->lines[0].safe_percent == 20);
    cr_expect_str_eq(one->lines[0].safe_text, "保温不低于20%");
    cr_expect_eq(one->lines[0].proof.kind, PROOF_POWER);
    cr_expect(one->lines[0].proof.stopped_below == 15 * MICRO);
    cr_expect(one->lines[1].safe_text == NULL && one->lines[1].safe_percent == 0);
    cr_expect_str_eq(one->outlets[0].kind, "furnace");
    cr_expect_str_eq(yaml_text(one->outlets[0].limits, "nox"), "300");
    cr_expect(one->duty_counts[0] == 1 && one->duty_counts[1] == 2);
    const struct duty *ban = &one->duties[1][1];
    cr_expect(ban->measure->kind == MEASURE_BAN && ban->stage_at_most == 4 && ban->line_count == 0);
    const struct duty *stop = &one->duties[0][0];
    cr_expect(stop->line_count == 1 && stop->lines[0] == 1);
    cr_expect_str_eq(one->contacts[0].email, "a@example.invalid");
    bundle_free(bundle);
}

Test(registry, sites_and_fleets_declare_what_they_save)
{
    struct bundle *bundle = build_with(NULL);
    const struct registry *registry = &bundle->policy.registry;
    const struct recipient *site = &registry->recipients[registry_find(registry, "site-1")];
    const struct recipient *fleet = &registry->recipients[registry_find(registry, "fleet-1")];
    cr_expect(site->kind == RECIPIENT_SITE && site->duties[2][0].cut[E_PM] == 30000);
    cr_expect(fleet->kind == RECIPIENT_FLEET && fleet->duties[2][0].cut[E_NOX] == 200000);
    cr_expect(fleet->duty_counts[0] == 0);
    bundle_free(bundle);
}

static int safe_percent_of(const char *written)
{
    struct buf text = {0};
    buf_printf(&text,
               "- id: e1\n  name: 示例\n  district: \"210106\"\n  industry: other\n  grade: B\n"
               "  lines: [{id: L1, name: 一线, safe_minimum: %s}]\n"
               "  contacts: [{name: a, phone: \"1\"}]\n",
               written);
    struct bundle *bundle = build_with(buf_str(&text));
    const struct registry *registry = &bundle->policy.registry;
    int percent = registry->recipients[registry_find(registry, "e1")].lines[0].safe_percent;
    bundle_free(bundle);
    buf_release(&text);
    return percent;
}

Test(registry, a_safety_minimum_is_rounded_up)
{
    cr_expect(safe_percent_of("保温不低于20%") == 20);
    cr_expect(safe_percent_of("\"不低于 12.1%\"") == 13);
    cr_expect(safe_percent_of("负荷不低于６０％，保供热") == 60);
    cr_expect(safe_percent_of("{percent: 35, text: 停产保窑}") == 35);
    cr_expect(safe_percent_of("100%") == 100);
}

Test(registry, credit_codes_follow_GB_32100)
{
    cr_expect(credit_code_check("91350100M000100Y43") == CODE_GOOD, "the standard's own example");
    cr_expect(credit_code_check("91350100M000100Y34") == CODE_CHECK);
    cr_expect(credit_code_check("91350100M000010Y43") == CODE_CHECK, "neighbours swapped");
    cr_expect(credit_code_check("91210106XXXXXXXXXX") == CODE_FILLER);
    cr_expect(credit_code_check("9121010612345678") == CODE_LENGTH);
    cr_expect(credit_code_check("") == CODE_LENGTH);
    cr_expect(credit_code_check("91350100I000100Y43") == CODE_CHARACTER);
    cr_expect(credit_code_check("91350100m000100y43") == CODE_CHARACTER);
}

Test(registry, words_are_those_of_the_list)
{
    cr_expect_str_eq(emission_key(E_VOCS), "vocs");
    cr_expect_str_eq(emission_label(E_NOX), "NOx");
    cr_expect_str_eq(grade_name(GRADE_A_PLUS), "A+");
    cr_expect_str_eq(grade_name(GRADE_B_MINUS), "B-");
    cr_expect_str_eq(grade_name(GRADE_NON_LEADING), "non_leading");
}

/* ---- item by item ---- */

static const char other[] = "- {id: Z1, name: 示例一, kind: office, role: district, "
                            "district: \"210106\", contacts: [{name: 甲, phone: \"1\"}]}\n"
                            "- {id: Z1, name: 示例二, kind: office, role: nobody}\n";

/* The base bundle with one more registry file: what is found in it, and how many entries there are.
 */
static size_t count_with(const char *text, struct findings *findings)
{
    struct bundle_case bundle_case;
    struct bundle *bundle = NULL;
    bundle_case_base(&bundle_case, "tests/bundles/base");
    bundle_case.texts[bundle_case.count++] =
        (struct bundle_text){"registry/000.yaml", "registry/000.yaml", text, strlen(text)};
    bundle_build(&bundle, bundle_case.texts, bundle_case.count, NULL, findings);
    size_t count = bundle->policy.registry.count;
    bundle_free(bundle);
    bundle_case_release(&bundle_case);
    return count;
}

static bool has_code(const struct findings *findings, const char *code)
{
    for (size_t i = 0; i < findings->count; i++)
        if (strcmp(findings->items[i].code, code) == 0)
            return true;
    return false;
}

Test(registry, a_file_that_breaks_off_is_not_read_at_all_and_the_others_once)
{
    struct findings findings = {0};
    cr_expect_eq(count_with(other, &findings), 6);
    cr_expect(has_code(&findings, "X001") && has_code(&findings, "S004"));
    findings_release(&findings);

    char broken[sizeof other + 8];
    snprintf(broken, sizeof broken, "%s- [x\n", other);
    cr_expect_eq(count_with(broken, &findings), 5);
    cr_expect_eq(findings.errors, 1, "only that it breaks off is told");
    cr_expect_str_eq(findings.items[0].code, "Y001");
    findings_release(&findings);
}

Test(registry, what_entries_have_in_common_is_one_and_what_differs_is_not)
{
    struct buf text = {0};
    for (int i = 0; i < 3; i++)
        buf_printf(&text,
                   "- {id: E%d, name: 示例%d, district: \"210106\", industry: other, grade: C, "
                   "emits: [pm], day: {pm: %d}, lines: [{id: L1, name: 线, day: {pm: %d}}], "
                   "measures: {orange: [{do: stop, lines: [L1]}], red: [{do: stop, lines: [L1]}]}, "
                   "contacts: [{name: 值班室, phone: \"1\"}], town: %d}\n",
                   i, i, 1 + i / 2, 1 + i / 2, i);
    struct bundle *bundle = build_with(buf_str(&text));
    const struct registry *registry = &bundle->policy.registry;
    const struct recipient *entries[3];
    for (int i = 0; i < 3; i++) {
        char id[] = {'E', (char)('0' + i), 0};
        entries[i] = &registry->recipients[registry_find(registry, id)];
        cr_expect_str_eq(yaml_text(entries[i]->node, "town"), id + 1);
        cr_expect_eq(entries[i]->at.line, i + 1);
        cr_expect_str_eq(entries[i]->at.file, "registry/210106.yaml");
        cr_expect_eq(entries[i]->lines[0].day[E_PM], (1 + i / 2) * MICRO);
        cr_expect_eq(entries[i]->lines[0].node, yaml_get(entries[i]->node, "lines")->items[0]);
    }
    cr_expect_eq(entries[0]->lines, entries[1]->lines);
    cr_expect_neq(entries[0]->lines, entries[2]->lines);
    cr_expect_eq(entries[0]->duties, entries[2]->duties);
    cr_expect_eq(entries[0]->contacts, entries[2]->contacts);
    cr_expect_eq(entries[0]->node->keys, entries[2]->node->keys);
    buf_release(&text);
    bundle_free(bundle);
}
