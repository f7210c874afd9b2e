/* The configuration as people are told of it: the example names every key and every default, and a
 * print shows no secret. */
#include "base/buf.h"
#include "base/file.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "model/schema.h"
#include "room.h"
#include "shell/effective.h"
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXAMPLE "examples/daemon/yujing.yaml"
#define SECRET "whsec_Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5"

static char folder[] = "/tmp/yujing-effective-XXXXXX";
static struct findings findings;
static struct effective effective;

static void away(void)
{
    effective_release(&effective);
    findings_release(&findings);
    room_remove(folder);
}

static void come(void)
{
    cr_assert_not_null(mkdtemp(folder));
}

TestSuite(effective, .init = come, .fini = away);

static char *write_file(const char *name, const char *text, mode_t mode)
{
    char *path = xasprintf("%s/%s", folder, name), *slash = strrchr(path, '/');
    *slash = 0;
    mkdir(path, 0700);
    *slash = '/';
    cr_assert_eq(file_write_atomic(path, text, strlen(text), &findings), 0);
    chmod(path, mode);
    return path;
}

static char *read_example(void)
{
    char *text;
    size_t size;
    cr_assert_eq(file_read(EXAMPLE, 1 << 20, &text, &size, &findings), 0, "run from the top");
    return text;
}

/* "#key: value" and "#  key: value" are configuration; "# Words" are not. */
static bool is_commented_out(const char *line)
{
    return line[0] == '#' && line[1] && line[1] != '\n' && line[1] != '#' &&
           (line[1] != ' ' || line[2] == ' ');
}

static void add_line(struct buf *out, const char *line, size_t size)
{
    bool commented = is_commented_out(line);
    buf_add(out, line + commented, size - commented);
    buf_putc(out, '\n');
}

static void replace_all(char **text, const char *from, const char *to)
{
    struct buf out = {0};
    const char *at = *text;
    for (const char *found; (found = strstr(at, from)); at = found + strlen(from)) {
        buf_add(&out, at, (size_t)(found - at));
        buf_puts(&out, to);
    }
    buf_puts(&out, at);
    free(*text);
    *text = buf_detach(&out);
}

static char *whole_example(const char *text)
{
    struct buf out = {0};
    for (const char *line = text; *line;) {
        size_t size = strcspn(line, "\n");
        add_line(&out, line, size);
        line += size + (line[size] == '\n');
    }
    char *whole = buf_detach(&out);
    char *policies = realpath("policies/shenyang", NULL);
    replace_all(&whole, "../../policies/shenyang", policies);
    replace_all(&whole, "with: {required: [pm25]}", "# no overrides");
    free(policies);
    replace_all(&whole, "/usr/local/bin/yujing-send", "bin/yujing-send");
    return whole;
}

/* Every secret the example names, made up; nothing that looks into them is asked to like them. */
static void make_secrets(const char *text)
{
    for (const char *at = text; (at = strstr(at, "secrets/")); at++) {
        size_t size = strspn(at, "abcdefghijklmnopqrstuvwxyz/-_.");
        char *name = xasprintf("%.*s", (int)size, at);
        const char *content =
            str_equal(name, "secrets/dead_man") ? "https://dead.example.cn/x\n" : SECRET "\n";
        free(write_file(name, content, 0600));
        free(name);
    }
    free(write_file("accounts.yaml", "accounts:\n  - {name: monitor, role: monitor}\n", 0600));
    char *monitors = NULL;
    size_t size;
    cr_assert_eq(file_read("examples/daemon/monitors.yaml", 1 << 20, &monitors, &size, &findings),
                 0);
    free(write_file("monitors.yaml", monitors, 0600));
    free(monitors);
    free(write_file("bin/yujing-send", "#!/bin/sh\n", 0700));
}

static void read_whole_example(void)
{
    char *text = read_example(), *whole = whole_example(text);
    make_secrets(whole);
    char *path = write_file("yujing.yaml", whole, 0600);
    char *var = xasprintf("%s/var", folder); /* of the store, and of the watched folder */
    mkdir(var, 0700);
    free(var);
    effective_read(&effective, path, true, &findings);
    free(path);
    free(whole);
    free(text);
}

Test(effective, all_of_the_example_is_good_together)
{
    read_whole_example();
    for (size_t i = 0; i < findings.count; i++)
        cr_expect(findings.items[i].severity != SEV_ERROR, "%s:%d: %s %s", findings.items[i].file,
                  findings.items[i].line, findings.items[i].code, findings.items[i].message);
    cr_expect_geq(effective.count, 25, "only %zu maps were read", effective.count);
}

static bool is_written(const struct schema *schema, const char *key)
{
    for (size_t i = 0; i < effective.count; i++)
        if (effective.items[i].schema == schema && yaml_get(effective.items[i].node, key))
            return true;
    return false;
}

Test(effective, the_example_names_every_key)
{
    char *text = read_example();
    read_whole_example();
    int keys = 0;
    for (size_t i = 0; i < effective.count; i++) {
        const struct schema *schema = effective.items[i].schema;
        for (size_t j = 0; j < schema->count; j++, keys++) {
            char *word = xasprintf("%s:", schema->fields[j].key);
            cr_expect(is_written(schema, schema->fields[j].key) || strstr(text, word),
                      "%s of %s is not in " EXAMPLE, schema->fields[j].key, schema->english);
            free(word);
        }
    }
    cr_expect_gt(keys, 100);
    free(text);
}

static bool spells(const struct yaml *node, enum field_type type, const char *value)
{
    span_ms written, wanted;
    if (!node || node->kind != YAML_SCALAR)
        return false;
    if (type == FIELD_SPAN)
        return span_parse(node->text, &written) == 0 && span_parse(value, &wanted) == 0 &&
               written == wanted;
    return str_equal(node->text, value);
}

/* Where an example says more than the default would, a comment tells it. */
static bool is_told(const char *text, const char *value)
{
    char *words = xasprintf("default %s", value);
    bool told = strstr(text, words) != NULL;
    free(words);
    return told;
}

/* Some map of this kind shows the default; another may show another value. */
static bool is_shown(const struct schema *schema, const struct field *field, const char *value)
{
    for (size_t i = 0; i < effective.count; i++)
        if (effective.items[i].schema == schema &&
            spells(yaml_get(effective.items[i].node, field->key), field->type, value))
            return true;
    return false;
}

Test(effective, the_example_shows_the_defaults_of_the_code)
{
    char *text = read_example();
    read_whole_example();
    int shown = 0;
    for (size_t i = 0; i < effective.count; i++) {
        const struct effective_seen *item = &effective.items[i];
        for (size_t j = 0; j < item->schema->count; j++) {
            const struct field *field = &item->schema->fields[j];
            if (!item->defaults[j] || !item->defaults[j][0] || field->required)
                continue;
            shown++;
            cr_expect(is_shown(item->schema, field, item->defaults[j]) ||
                          is_told(text, item->defaults[j]),
                      "%s of %s is %s unless something is written; " EXAMPLE " says otherwise",
                      field->key, item->schema->english, item->defaults[j]);
        }
    }
    cr_expect_gt(shown, 40);
    free(text);
}

Test(effective, a_default_that_is_told_wrongly_would_be_noticed)
{
    read_whole_example();
    for (size_t i = 0; i < effective.count; i++) {
        const struct effective_seen *item = &effective.items[i];
        for (size_t j = 0; j < item->schema->count; j++)
            if (str_equal(item->schema->fields[j].key, "lines_a_minute")) {
                cr_expect_str_eq(item->defaults[j], "200");
                cr_expect_not(is_shown(item->schema, &item->schema->fields[j], "201"));
                return;
            }
    }
    cr_expect(false, "the log was not read");
}

/* ---- folders ----- */

static size_t found(const char *text, const char *code)
{
    size_t count = 0;
    char *path = write_file("folders.yaml", text, 0600);
    effective_read(&effective, path, false, &findings);
    for (size_t i = 0; i < findings.count; i++)
        count += str_equal(findings.items[i].code, code) && findings.items[i].line > 0;
    effective_release(&effective);
    effective = (struct effective){0};
    findings_release(&findings);
    findings = (struct findings){0};
    free(path);
    return count;
}

Test(effective, tells_of_folders_that_a_start_would_miss)
{
    cr_expect_eq(found("policies: p\nstore: s.db\nwatch: {folder: in}\n", "D022"), 0);
    cr_expect_eq(found("policies: p\nstore: none/s.db\nwatch: {folder: none/in}\n", "D022"), 2);
    cr_expect_eq(found("policies: p\nstore: .\n", "D022"), 1);
}

Test(effective, tells_where_a_policy_and_accounts_that_are_not_there_are_named)
{
    cr_expect_eq(found("policies: none\nstore: s.db\naccounts: none.yaml\n", "B001"), 1);
    cr_expect_eq(found("policies: none\nstore: s.db\naccounts: none.yaml\n", "D082"), 1);
    cr_expect_eq(found("policies: none\nstore: s.db\naccounts: none.yaml\n", "F001"), 0);
}

/* ---- printing ---------------------------------------------------------------- */

static char *print(const char *more)
{
    struct buf yaml = {0};
    char *policies = realpath("policies/shenyang", NULL);
    char *text = xasprintf("policies: %s\nstore: s.db\nwatch: {folder: in}\n%s", policies, more);
    char *path = write_file("print.yaml", text, 0600);
    effective_print(&yaml, path, false, &findings);
    free(policies);
    free(text);
    free(path);
    return buf_detach(&yaml);
}

Test(effective, prints_what_holds_and_no_secret)
{
    free(write_file("hook", SECRET, 0600));
    char *text = print("gateways: {h: {kind: webhook, secret_files: [hook]}}\n"
                       "dead_man: {url: \"https://dead.example.cn/canary-canary\"}\n");
    cr_expect_eq(findings.errors, 0);
    cr_expect(strstr(text, "attempts_max: 12"));
    cr_expect(strstr(text, "batch_facts: 512"));
    cr_expect(strstr(text, "every: 5m"));
    cr_expect(strstr(text, "# *** "));
    cr_expect_not(strstr(text, "canary"));
    cr_expect_not(strstr(text, "Y2FuYXJ5"));
    free(text);
}

Test(effective, what_it_prints_is_configuration_again)
{
    char *text = print("log: {format: json}\n");
    char *path = write_file("again.yaml", text, 0600);
    effective_read(&effective, path, false, &findings);
    cr_expect_eq(findings.errors, 0);
    cr_expect_eq(effective.conf.limits.batch_facts, 512);
    free(path);
    free(text);
}

static int count_code(const char *code)
{
    int count = 0;
    for (size_t i = 0; i < findings.count; i++)
        count += str_equal(findings.items[i].code, code);
    return count;
}

/* Somewhere in a finding of that code. */
static bool says(const char *code, const char *words)
{
    for (size_t i = 0; i < findings.count; i++) {
        const struct finding *finding = &findings.items[i];
        if (str_equal(finding->code, code) &&
            (strstr(finding->message, words) || (finding->hint && strstr(finding->hint, words))))
            return true;
    }
    return false;
}

Test(effective, a_span_out_of_range_is_told_both_bounds_as_they_are)
{
    free(write_file("hook", SECRET, 0600));
    free(print("gateways: {h: {kind: webhook, secret_files: [hook], timeout: 11m}}\n"));
    cr_expect(says("S006", "11m; it must lie between 100ms and 10m"));
    findings_release(&findings);
    lang_set(LANG_ZH);
    free(print("backup: {folder: b, every: 59s}\n"));
    lang_set(LANG_EN);
    cr_expect(says("S006", "59s，应在 1m 至 31d之间"));
}

Test(effective, secrets_must_be_there_and_nobody_elses)
{
    free(write_file("open", SECRET, 0644));
    free(write_file("bad", "whsec_!", 0600));
    free(print("gateways:\n"
               "  a: {kind: webhook, secret_files: [gone]}\n"
               "  b: {kind: webhook, secret_files: [open]}\n"
               "  c: {kind: webhook, secret_files: [bad]}\n"));
    cr_expect_eq(count_code("D082"), 2, "one is gone, one is open");
    cr_expect_eq(count_code("D051"), 1, "one is none");
}

/* Found only by the loggers' part of a start, so a check that overlooked it would promise too much.
 */
Test(effective, passwords_of_loggers_are_nobody_elses)
{
    free(write_file("monitors.yaml", "monitors: []\n", 0644));
    free(print("hj212: {listen: \"127.0.0.1:9212\", monitors: monitors.yaml}\n"));
    cr_expect_eq(count_code("O007"), 1);
}

/* An error at the line of print's `more`. */
static void expect_told(const char *code, const char *more)
{
    enum { LINE_OF_MORE = 4 };
    bool told = false;
    findings_release(&findings);
    findings = (struct findings){0};
    free(print(more));
    for (size_t i = 0; i < findings.count; i++)
        told = told ||
               (str_equal(findings.items[i].code, code) &&
                findings.items[i].severity == SEV_ERROR && findings.items[i].line == LINE_OF_MORE);
    cr_expect(told, "%s of %s", code, more);
}

Test(effective, loggers_need_an_address_and_a_port_that_stays)
{
    static const char *const wrong[] = {"127.0.0.1", "127.0.0.1:70000", "nonsense", "127.0.0.1:0"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char *more = xasprintf("hj212: {listen: \"%s\"}\n", wrong[i]);
        expect_told("O008", more);
        free(more);
    }
}

Test(effective, a_broker_and_topics_that_cannot_be_subscribed_to_are_told)
{
    expect_told("D052", "mqtt: {broker: \"http://a.example.cn\", topics: [a], spool: m}\n");
    expect_told("D052", "mqtt: {broker: \"tcp://a.example.cn:70000\", topics: [a], spool: m}\n");
    expect_told("D065", "mqtt: {broker: \"tcp://a\", topics: [a, \"a/#/b\"], spool: m}\n");
    expect_told("D065", "mqtt: {broker: \"tcp://a\", topics: [\"a+/b\"], spool: m}\n");
    findings_release(&findings);
    findings = (struct findings){0};
    free(print("mqtt: {broker: \"ssl://[::1]\", topics: [\"a/+/#\", \"$share/g/a\"], spool: m}\n"));
    cr_expect_eq(findings.errors, 0);
}

Test(effective, commands_must_be_there_and_executable)
{
    free(write_file("bin/send", "#!/bin/sh\n", 0700));
    free(write_file("bin/notes", "#!/bin/sh\n", 0600));
    expect_told("D061", "gateways: {c: {kind: command, run: [bin/gone]}}\n");
    expect_told("D061", "gateways: {c: {kind: command, run: [bin/notes]}}\n");
    expect_told("D061", "gateways: {c: {kind: command, run: [bin]}}\n");
    findings_release(&findings);
    findings = (struct findings){0};
    free(print("gateways: {c: {kind: command, run: [bin/send]}}\n"));
    cr_expect_eq(findings.errors, 0);
}

#define CAP_LEVELS(level)                                                                     \
    "gateways: {c: {kind: cap, folder: c, sender: s, event: e, levels: {" level ": {colour: " \
    "R}}}}\n"

Test(effective, a_level_that_the_policy_does_not_have_is_told)
{
    expect_told("D066", CAP_LEVELS("purple"));
    expect_told("D066", "routes: [{letters: [order, release], levels: [red, rad], by: [spool]}]\n"
                        "spool: {folder: s}\n");
    findings_release(&findings);
    findings = (struct findings){0};
    free(print(CAP_LEVELS("red")));
    cr_expect_eq(findings.errors, 0);
}

Test(effective, what_the_law_wants_kept_is_kept)
{
    free(print("retention: {folder: a, days: 183}\n"));
    cr_expect_eq(count_code("D080"), 1);
}

Test(effective, the_switch_outside_is_called_by_https)
{
    free(print("dead_man: {url: \"http://dead.example.cn/x\"}\n"));
    free(print("dead_man: {every: 1m}\n"));
    cr_expect_eq(count_code("D081"), 2);
}

Test(effective, a_switch_at_a_private_address_is_refused_in_a_sentence)
{
    free(print("dead_man: {url: \"http://10.0.0.1/\"}\n"));
    cr_expect(says("D081", "the dead man's switch cannot be called at this URL: the address is a "
                           "private one, which the site has not allowed"));
    cr_expect(says("D081", "list it: dead_man: {allow:"), "what to do is said");
    lang_set(LANG_ZH);
    free(print("dead_man: {url: \"https://10.0.0.1/\"}\n"));
    lang_set(LANG_EN);
    cr_expect(says("D081", "外部看门狗不能使用此 URL：该地址为内网地址，未经本单位许可"));
    cr_expect_not(says("D081", "10.0.0.1"), "the URL is a secret");
    findings_release(&findings);
    free(print("dead_man: {url: \"http://10.0.0.1/\", allow: [10.0.0.1]}\n"));
    cr_expect_eq(count_code("D081"), 0, "as the hint says");
}
