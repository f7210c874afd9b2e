/* Scripts that mean harm: each must end within its budget, leave nothing behind, and be told of
 * with file and line.  Ours stand in tests/scripts/attacks; those of the shared corpus are tried
 * when it is there. */
#include "base/buf.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "engine/script_case.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ATTACKS_MIN = 100 };

/* A sanitized build on a busy machine is several times slower; a script that escaped its budget is
 * slower by hundreds. */
static const double seconds_max = 5;

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* At least one error, and every finding with a line. */
static void expect_contained(const char *name, const char *text, size_t size)
{
    struct findings findings = {0};
    double start = seconds();
    int err = script_check(name, text, size, &findings);
    double taken = seconds() - start;
    bool reviewed = findings.count > 0;
    cr_expect(err < 0 && reviewed, "%s was accepted", name);
    for (size_t i = 0; i < findings.count; i++)
        cr_expect(findings.items[i].line > 0 && str_equal(findings.items[i].file, name),
                  "%s: a finding without its place:%s", name, script_case_findings(&findings));
    cr_expect(taken < seconds_max, "%s took %.1f s", name, taken);
    findings_release(&findings);
}

static void try_folder(const char *folder, size_t least)
{
    size_t count;
    char **names = script_case_list(folder, ".lua", &count);
    cr_expect(count >= least);
    for (size_t i = 0; i < count; i++) {
        size_t size;
        char *text = script_case_read(names[i], &size);
        expect_contained(names[i], text, size);
        free(text);
    }
    script_case_free_list(names, count);
    cr_expect(access("/tmp/LUA_PWNED", F_OK) != 0);
}

Test(script_attacks, every_attack_is_contained)
{
    try_folder("tests/scripts/attacks", ATTACKS_MIN);
}

Test(script_attacks, the_shared_corpus_is_contained)
{
    struct stat about;
    if (stat("../shared/data/lua-attacks", &about) != 0)
        cr_skip_test("../shared/data/lua-attacks is not there");
    try_folder("../shared/data/lua-attacks", 1);
}

/* head, then the middle `times` times, then tail. */
static void try_repeated(const char *name, const char *head, const char *middle, size_t times,
                         const char *tail)
{
    struct buf text = {0};
    buf_puts(&text, head);
    for (size_t i = 0; i < times; i++)
        buf_puts(&text, middle);
    buf_puts(&text, tail);
    expect_contained(name, buf_str(&text), text.size);
    buf_release(&text);
}

Test(script_attacks, deep_and_long_sources_are_contained)
{
    try_repeated("brackets", "return ", "(", 100000, "1");
    try_repeated("braces", "return ", "{", 100000, "}");
    try_repeated("calls", "return f", "(f", 80000, ")");
    try_repeated("blocks", "", "do ", 60000, "");
    try_repeated("functions", "return ", "function() ", 20000, "");
    try_repeated("not", "return ", "not ", 60000, "1");
    try_repeated("minus", "return ", "- ", 100000, "1");
    try_repeated("power", "return 2", "^2", 100000, "");
    try_repeated("concat", "return 'a'", "..'a'", 50000, "");
    try_repeated("locals", "", "local a = 1 ", 20000, "");
    try_repeated("labels", "", "goto a ", 30000, "::a::");
    try_repeated("fields", "local t = {} return t", ".a", 100000, "");
    try_repeated("items", "return {", "1,", 120000, "}");
    try_repeated("unknown", "", "a() ", 60000, "");
    try_repeated("long comment", "--[[", "x", 200000, "");
    try_repeated("long text", "return [[", "x", 200000, "]]");
    try_repeated("too large", "-- ", "x", 300000, "");
    try_repeated("spaces", "", "\n", 250000, "x");
    try_repeated("rule of clauses", "return watch 'w' { per = stations {}, when = any {",
                 "{observed='pm25',above=1},", 9000, "} }");
    try_repeated("rule nested deep", "return watch 'w' { per = stations {}, when = ", "any{", 150,
                 "");
}

Test(script_attacks, many_distinct_labels_and_gotos)
{
    struct buf text = {0};
    for (int i = 0; text.size < 250000; i++)
        buf_printf(&text, "::l%d::", i);
    buf_puts(&text, " error(1)");
    expect_contained("labels", buf_str(&text), text.size);
    buf_release(&text);
}

Test(script_attacks, odd_bytes_are_refused)
{
    expect_contained("binary", "\x1bLuaT", 5);
    expect_contained("nul", "return\0 1", 9);
    expect_contained("not utf-8", "return '\xff\xfe'", 11);
    expect_contained("utf-16", "\xff\xfer\0e\0t\0", 8);
    expect_contained("empty", "", 0);
    expect_contained("bom only", "\xef\xbb\xbf", 3);
    expect_contained("shebang", "#!/bin/sh\nreturn 1", 18);
}

Test(script_attacks, a_bad_script_does_not_hide_the_next)
{
    struct findings findings = {0};
    script_check("a.lua", "while true do end", 17, &findings);
    script_check("b.lua", "return 1 +", 10, &findings);
    script_check("c.lua", "retrun 1", 8, &findings);
    cr_expect(findings.errors == 3, "%s", script_case_findings(&findings));
    findings_release(&findings);
}

/* 14 and 16 of the corpus: what a script did must be unseen by the next, in the same box or
 * another. */
Test(script_attacks, a_poisoning_script_is_not_seen_by_the_next)
{
    static const char poison[] = "tostring = function() return 'HACKED' end\n"
                                 "string.upper = nil\n"
                                 "table.concat = nil\n"
                                 "math.floor = function() return 0 end\n";
    static const char clean[] =
        "assert(tostring(1) == '1' and ('a'):upper() == 'A' and table.concat { 'a' } == 'a')\n"
        "assert(math.floor(1.5) == 1)\n"
        "return watch 'w' { per = stations {}, when = { observed = 'pm25', above = 1 } }\n";
    for (int i = 0; i < 2; i++) {
        struct findings findings = {0};
        cr_expect(script_check("poison.lua", poison, sizeof poison - 1, &findings) < 0);
        findings_release(&findings);
        cr_expect(script_check("clean.lua", clean, sizeof clean - 1, &findings) == 0, "%s",
                  script_case_findings(&findings));
        findings_release(&findings);
    }
}
