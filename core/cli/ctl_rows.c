/* Rows of a daemon: letters, decisions, facts, policies; and what happens, as it happens. */
#include "base/json.h"
#include "base/lang.h"
#include "base/str.h"
#include "cli/ctl.h"
#include <stdlib.h>
#include <string.h>

/* The server overlooks what it does not know, and a mistyped filter would look like an answer. */
static bool is_filter(const char *operand, const char *equal)
{
    static const char *const names[] = {"kind",  "state", "recipient", "episode", "plan",
                                        "about", "after", "max",       "hours",   "form"};
    for (size_t i = 0; equal && i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == (size_t)(equal - operand) && str_starts(operand, names[i]))
            return true;
    return false;
}

/* "kind=order" "state=dead" → "kind=order&state=dead"; false: the complaint has been printed. */
bool ctl_query(const struct ctl *ctl, char ret[1024])
{
    ret[0] = 0;
    for (int i = 0; i < ctl->options->operand_count; i++) {
        const char *operand = ctl->options->operands[i], *equal = strchr(operand, '=');
        size_t size = strlen(ret);
        if (!is_filter(operand, equal)) {
            verb_misuse(&verb_ctl, tr("as kind=order state=dead", "如 kind=order state=dead"),
                        tr("“%s” is no filter", "“%s”不是筛选条件"), operand);
            return false;
        }
        char *value = ctl_segment(equal + 1);
        snprintf(ret + size, 1024 - size, "%s%.*s=%s", size > 0 ? "&" : "", (int)(equal - operand),
                 operand, value);
        free(value);
    }
    return true;
}

int ctl_get_rows(struct ctl *ctl, const char *what, json_t **ret_answer)
{
    char query[1024];
    if (!ctl_query(ctl, query))
        return EXIT_MISUSE;
    int exit_code = ctl_get(ctl, ret_answer, "%s?%s", what, query);
    if (exit_code == EXIT_OK && ctl->json) {
        ctl_print_json(*ret_answer);
        json_decref(*ret_answer);
        *ret_answer = NULL;
    }
    return exit_code;
}

static void print_next(const json_t *answer)
{
    if (json_is_integer(json_object_get(answer, "next")))
        printf(tr("(more: after=%lld)\n", "（还有更多：after=%lld）\n"),
               (long long)ctl_int(answer, "next"));
}

const char *ctl_find_word(const struct ctl_word *words, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(words[i].name, name))
            return text_of(words[i].text);
    return name;
}

const char *ctl_word(const char *name)
{
    static const struct ctl_word words[] = {
        {"order", {"order", "指令"}},
        {"release", {"release", "解除通知"}},
        {"task", {"task", "核查任务"}},
        {"public", {"public", "社会公告"}},
        {"reminder", {"reminder", "催告"}},
        {"escalation", {"escalation", "逐级通报"}},
        {"page", {"page", "值班呼叫"}},
        {"correction", {"correction", "更正"}},
        {"withdrawal", {"withdrawal", "撤回"}},
        {"test", {"test", "自检"}},
        {"shadow", {"shadow", "影子"}},
        {"none", {"none", "未发送"}},
        {"reserve", {"reserve", "备用"}},
        {"waiting", {"waiting", "待发"}},
        {"sending", {"sending", "发送中"}},
        {"delivered", {"delivered", "已送达"}},
        {"dead", {"dead", "未送达"}},
        {"cancelled", {"cancelled", "已取消"}},
        {"read", {"read", "已阅"}},
        {"acknowledged", {"acknowledged", "已签收"}},
        {"refused", {"refused", "无法执行"}},
        {"done", {"done", "已落实"}},
    };
    return ctl_find_word(words, sizeof words / sizeof *words, name);
}

int ctl_letters(struct ctl *ctl)
{
    static const struct table_column columns[] = {
        {{"letter", "编号"}, false}, {{"kind", "类别"}, false},  {{"to", "接收方"}, false},
        {{"at", "时间"}, false},     {{"state", "状态"}, false}, {{"receipt", "回执"}, false}};
    json_t *answer, *letter;
    size_t i;
    int exit_code = ctl_get_rows(ctl, "letters", &answer);
    if (exit_code != EXIT_OK || !answer)
        return exit_code;
    struct table *table = table_new(columns, 6);
    json_array_foreach(json_object_get(answer, "letters"), i, letter)
    {
        const char *state = ctl_text(letter, "state");
        table_cell(table, INK_NONE, "%s", ctl_text(letter, "letter"));
        table_cell(table, INK_NONE, "%s", ctl_word(ctl_text(letter, "kind")));
        table_cell(table, INK_NONE, "%s", ctl_text(letter, "to"));
        table_cell(table, INK_NONE, "%s", ctl_time(letter, "at"));
        table_cell(table, str_equal(state, "dead") ? INK_RED : INK_NONE, "%s", ctl_word(state));
        table_cell(table, INK_NONE, "%s", ctl_word(ctl_text(letter, "receipt")));
    }
    table_print(stdout, table, 0);
    table_free(table);
    print_next(answer);
    json_decref(answer);
    return EXIT_OK;
}

static void print_letter(const json_t *letter)
{
    json_t *row;
    size_t i;
    printf("%s  %s  ", ctl_text(letter, "letter"), ctl_word(ctl_text(letter, "kind")));
    ctl_put(ctl_text(letter, "to"));
    printf("  %s\n", ctl_time(letter, "at"));
    ctl_put(ctl_text(json_object_get(letter, "body"), "text"));
    putchar('\n');
    ctl_head(tr("Receipts", "回执"));
    json_array_foreach(json_object_get(letter, "receipts"), i, row)
    {
        const char *by = ctl_text(row, "by");
        printf("  %s  %s  ", ctl_time(row, "at"), ctl_word(ctl_text(row, "kind")));
        ctl_put(ctl_text(row, "channel"));
        if (*by && !str_equal(by, ctl_text(letter, "to"))) { /* for another: on the telephone */
            fputs(tr("  entered by ", "  登记人："), stdout);
            ctl_put(by);
        }
        fputs("  ", stdout);
        ctl_put(ctl_text(row, "reason"));
        putchar('\n');
    }
    ctl_head(tr("Ways", "渠道"));
    json_array_foreach(json_object_get(letter, "consignments"), i, row)
    {
        fputs("  ", stdout);
        ctl_put(ctl_text(row, "gateway"));
        putchar(' ');
        ctl_put(ctl_text(row, "address"));
        printf(tr("  %s, %lld attempts  ", "  %s，已试 %lld 次  "),
               ctl_word(ctl_text(row, "state")), (long long)ctl_int(row, "attempts"));
        ctl_put(ctl_text(row, "trouble"));
        putchar('\n');
    }
}

int ctl_letter(struct ctl *ctl)
{
    const char *id;
    json_t *letter;
    if (!ctl_operand(ctl, 0, (struct text){"a letter's id", "信件编号"}, &id))
        return EXIT_MISUSE;
    char *segment = ctl_segment(id);
    int exit_code = ctl_get(ctl, &letter, "letters/%s", segment);
    free(segment);
    if (exit_code != EXIT_OK)
        return exit_code;
    if (ctl->json)
        ctl_print_json(letter);
    else
        print_letter(letter);
    json_decref(letter);
    return EXIT_OK;
}

static int print_lines(struct ctl *ctl, const char *what, const char *list, const char *member)
{
    json_t *answer, *row;
    size_t i;
    int exit_code = ctl_get_rows(ctl, what, &answer);
    if (exit_code != EXIT_OK || !answer)
        return exit_code;
    json_array_foreach(json_object_get(answer, list), i, row)
    {
        struct buf line = {0};
        json_canonical(&line, json_object_get(row, member));
        printf("%lld ", (long long)ctl_int(row, "seq"));
        ctl_put(buf_str(&line));
        putchar('\n');
        buf_release(&line);
    }
    print_next(answer);
    json_decref(answer);
    return EXIT_OK;
}

int ctl_decisions(struct ctl *ctl)
{
    return print_lines(ctl, "decisions", "decisions", "decision");
}

int ctl_journal(struct ctl *ctl)
{
    return print_lines(ctl, "journal", "facts", "event");
}

int ctl_generations(struct ctl *ctl)
{
    json_t *answer, *row;
    size_t i;
    int exit_code = ctl_get(ctl, &answer, "policy/generations");
    if (exit_code != EXIT_OK)
        return exit_code;
    if (ctl->json) {
        ctl_print_json(answer);
    } else {
        json_array_foreach(json_object_get(answer, "generations"), i, row)
            printf("%zu  %s  %s\n", i + 1, ctl_time(row, "since"), ctl_text(row, "policy"));
        printf("%s %s\n", tr("in force:", "现行："), ctl_text(answer, "in_force"));
        if (*ctl_text(answer, "shadow"))
            printf("%s %s\n", tr("shadow:", "影子："), ctl_text(answer, "shadow"));
    }
    json_decref(answer);
    return EXIT_OK;
}

/* ---- what happens --------------------------------------------------------------------- */

static void print_event(void *arg, const char *event, const char *id, const char *data)
{
    const struct ctl *ctl = arg;
    if (ctl->json)
        printf("{\"event\":\"%s\",\"id\":%s,\"data\":%s}\n", event, id ? id : "null", data);
    else if (!str_equal(event, "hello")) {
        printf("%s ", event);
        ctl_put(data);
        putchar('\n');
    }
    fflush(stdout);
}

int ctl_events(struct ctl *ctl)
{
    char query[1024];
    if (!ctl_query(ctl, query))
        return EXIT_MISUSE;
    char *end = query;
    int64_t after = str_starts(query, "after=") ? strtoll(query + 6, &end, 10) : -1;
    if (*end || (*query && after < 0))
        return verb_misuse(&verb_ctl, tr("as after=1234", "如 after=1234"), "%s",
                           tr("events takes after=SEQ alone", "events 只接受 after=序号"));
    return ctl_follow(ctl, after, print_event, ctl);
}
