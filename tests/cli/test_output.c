/* Findings on a terminal: what others wrote is shown, never obeyed. */
#include "base/lang.h"
#include "cli/output.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static void expect_printed(const char *text, const char *shown)
{
    char *printed = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&printed, &size);
    print_harmless(stream, text);
    fclose(stream);
    cr_expect_str_eq(printed, shown, "%s, not %s", printed, shown);
    free(printed);
}

Test(output, what_a_terminal_obeys_is_shown)
{
    expect_printed("沈阳市：PM2.5 ≥ 150 µg/m³", "沈阳市：PM2.5 ≥ 150 µg/m³");
    expect_printed("\x1b[2J\x1b]0;x\x07", "\\x1b[2J\\x1b]0;x\\x07");
    expect_printed("a\nb\r\x7f", "a\\x0ab\\x0d\\x7f");
    expect_printed("\xc2\x9b"
                   "31m\xc2\xa0",
                   "\\xc2\\x9b31m\xc2\xa0");
    expect_printed("\xe2\x80\xae"
                   "txt\xe2\x81\xa6",
                   "\\xe2\\x80\\xaetxt\\xe2\\x81\\xa6");
    expect_printed("\xff沈\xe6\xb2", "\\xff沈\\xe6\\xb2");
    expect_printed("\xf0\x9f\x8c\xab", "\xf0\x9f\x8c\xab");
}

Test(output, a_finding_cannot_write_a_second_one)
{
    struct findings findings = {0};
    char *printed = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&printed, &size);
    lang_set(LANG_EN);
    colour_choose("never");
    findings_add(&findings, SEV_ERROR, "L002", (struct place){"a\x1b.lua", 3, 1}, "h\x08", "%s",
                 "ouch\nb.lua:1: error");
    findings_print(stream, &findings, FORM_TEXT);
    fclose(stream);
    cr_expect_str_eq(printed, "a\\x1b.lua:3:1: error[L002]: ouch\\x0ab.lua:1: error\n"
                              "  hint: h\\x08\n");
    free(printed);
    findings_release(&findings);
}
