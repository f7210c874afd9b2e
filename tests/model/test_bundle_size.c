/* A bundle as large as a big city: 15,000 enterprises with 60,000 lines come in whole.  How fast is
 * the business of `make bench`. */
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/limits.h"
#include "model/bundle.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { ENTERPRISES = 15000, LINES_EACH = 4, FILES = 13 };

static uint64_t seed = 20151108;

static unsigned draw(unsigned below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % below;
}

/* Lines in millionths of a tonne that add up to the enterprise's day exactly. */
static void add_lines(struct buf *text, const unsigned pm[LINES_EACH],
                      const unsigned nox[LINES_EACH])
{
    for (int i = 0; i < LINES_EACH; i++)
        buf_printf(text,
                   "    - {id: L%d, name: %d#生产线, day: {nox: 0.%06u, pm: 0.%06u}, safe_minimum: "
                   "保温不低于%u%%,\n"
                   "       proof: {power: {mn: 2101A%u, point: d20405, stopped_below_kw: %u}}}\n",
                   i + 1, i + 1, nox[i], pm[i], 10 + draw(30), draw(100000), 5 + draw(50));
}

static void add_enterprise(struct buf *text, int district, int number)
{
    static const char *const grades[] = {"A", "B", "B-", "C", "D"};
    unsigned pm[LINES_EACH], nox[LINES_EACH], pm_sum = 0, nox_sum = 0;
    for (int i = 0; i < LINES_EACH; i++) {
        pm_sum += pm[i] = draw(20000);
        nox_sum += nox[i] = draw(20000);
    }
    buf_printf(text,
               "- id: \"2101%02d-%05d\"\n  name: 示例企业%d有限公司\n"
               "  credit_code: 9121%04dXXXX%06d\n  district: \"2101%02d\"\n  industry: foundry\n"
               "  emits: [pm, nox]\n  grade: %s\n  class: normal\n"
               "  day: {nox: 0.%06u, pm: 0.%06u}\n  lines:\n",
               district, number, number, district, number, district, grades[draw(5)], nox_sum,
               pm_sum);
    add_lines(text, pm, nox);
    buf_printf(text, "  outlets: [{id: DA001, kind: furnace, mn: 2101B%d, limits: {nox: 300}}]\n",
               number);
    buf_puts(
        text,
        "  measures:\n    yellow: [{do: stop, lines: [L2]}]\n"
        "    orange: [{do: stop, lines: [L1, L2, L3]}, {do: ban_trucks, stage_at_most: 4}]\n"
        "    red: [{do: stop, lines: [L1, L2, L3, L4]}, {do: ban_trucks, stage_at_most: 4}]\n");
    buf_printf(text, "  contacts: [{name: 值班室, phone: \"024-%08d\"}]\n", number);
}

struct city {
    struct bundle_text texts[FILES + 5];
    size_t count;
};

static void add_text(struct city *city, const char *name, struct buf *text)
{
    struct bundle_text *added = &city->texts[city->count++];
    added->name = added->shown = name;
    added->size = text->size;
    added->data = buf_detach(text);
}

static void add_file(struct city *city, const char *name)
{
    char path[100];
    struct findings findings = {0};
    char *data;
    size_t size;
    snprintf(path, sizeof path, "tests/bundles/base/%s", name);
    cr_assert(file_read(path, FILE_BYTES_MAX, &data, &size, &findings) == 0);
    city->texts[city->count++] = (struct bundle_text){name, name, data, size};
}

static void make_city(struct city *city)
{
    static char names[FILES][40];
    static const char policy[] =
        "authority: 示例\ncity: \"210100\"\nzone: Asia/Shanghai\nvalid_from: 2024-12-16\n"
        "areas: [{code: \"210100\", name: 示例, stations: [s1]}]\nstations: [{id: s1, name: "
        "一站}]\n"
        "pollutants: [pm25]\nlevels:\n  - {name: yellow, title: 黄色, share: 10}\n"
        "  - {name: orange, title: 橙色, share: 20}\n  - {name: red, title: 红色, share: 30}\n"
        "rules: []\n";
    struct buf text = {0};
    buf_puts(&text, policy);
    add_text(city, "policy.yaml", &text);
    add_file(city, "series.yaml");
    add_file(city, "measures.yaml");
    add_file(city, "inventory.yaml");
    for (int district = 0; district < FILES; district++) {
        for (int i = district; i < ENTERPRISES; i += FILES)
            add_enterprise(&text, district + 1, i);
        snprintf(names[district], sizeof names[district], "registry/2101%02d.yaml", district + 1);
        add_text(city, names[district], &text);
    }
}

Test(bundle_size, a_city_of_15000_enterprises_is_loaded_whole)
{
    struct city city = {0};
    make_city(&city);
    struct findings findings = {0};
    struct bundle *bundle = NULL;
    int err = bundle_build(&bundle, city.texts, city.count, NULL, &findings);
    if (findings.count > 0)
        fprintf(stderr, "%s:%d: %s\n", findings.items[0].file, findings.items[0].line,
                findings.items[0].message);
    cr_expect(err == 0 && findings.count == 0);
    cr_expect(bundle->policy.registry.count == ENTERPRISES);
    cr_expect(bundle->policy.registry.lines == (size_t)ENTERPRISES * LINES_EACH);
    bundle_free(bundle);
    findings_release(&findings);
    for (size_t i = 0; i < city.count; i++)
        free((char *)(uintptr_t)city.texts[i].data);
}
