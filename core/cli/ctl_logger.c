/* Asking a data logger through the daemon: its clock, its values of some hours. */
#include "base/lang.h"
#include "base/str.h"
#include "cli/ctl.h"
#include <stdlib.h>
#include <string.h>

/* begin=T, end=T of the operands behind the question; false: the complaint has been printed. */
static bool add_span(const struct ctl *ctl, json_t *body)
{
    for (int i = 2; i < ctl->options->operand_count; i++) {
        const char *operand = ctl->options->operands[i], *value = strchr(operand, '=');
        bool begin = str_starts(operand, "begin="), known = begin || str_starts(operand, "end=");
        if (!known) {
            verb_misuse(
                &verb_ctl, "begin=2026-01-14T18:00 end=2026-01-14T23:00",
                tr("“%s” is neither begin=T nor end=T", "“%s”既非 begin=时刻 也非 end=时刻"),
                operand);
            return false;
        }
        json_object_set_new(body, begin ? "begin" : "end", json_string(value + 1));
    }
    return true;
}

static void print_logger(const json_t *answer)
{
    ctl_put(ctl_text(answer, "mn"));
    fputs(tr(": ", "："), stdout);
    ctl_put(ctl_text(answer, "words"));
    if (*ctl_text(answer, "reply")) {
        fputs("  ", stdout);
        ctl_put(ctl_text(answer, "reply"));
    }
    if (ctl_int(answer, "uploads") > 0)
        printf(tr("  %lld uploads came", "  收到数据 %lld 包"),
               (long long)ctl_int(answer, "uploads"));
    putchar('\n');
}

/* ask-logger MN time|set_time|hours|… [begin=T end=T]: waits until the logger has answered. */
int ctl_ask_logger(struct ctl *ctl)
{
    const char *mn, *question;
    json_t *answer, *body;
    if (!ctl_operand(ctl, 0, (struct text){"a data logger's MN", "数采仪 MN"}, &mn) ||
        !ctl_operand(ctl, 1, (struct text){"a question", "请求"}, &question) ||
        !(body = ctl_noted(ctl)))
        return EXIT_MISUSE;
    json_object_set_new(body, "question", json_string(question));
    if (!add_span(ctl, body)) {
        json_decref(body);
        return EXIT_MISUSE;
    }
    char *segment = ctl_segment(mn);
    int exit_code = ctl_post(ctl, &answer, body, "loggers/%s/ask", segment);
    free(segment);
    if (exit_code != EXIT_OK)
        return exit_code;
    if (ctl->json)
        ctl_print_json(answer);
    else
        print_logger(answer);
    exit_code = str_equal(ctl_text(answer, "result"), "done") ? EXIT_OK : EXIT_FOUND;
    json_decref(answer);
    return exit_code;
}
