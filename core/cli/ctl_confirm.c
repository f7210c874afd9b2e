/* What it means, and one question. */
#include "cli/ctl_confirm.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/xalloc.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *word_of_mode(const char *mode)
{
    return str_equal(mode, "live") ? tr("REAL", "真实")
           : str_equal(mode, "drill")
               ? tr("an exercise", "演练")
               : tr("recorded only, nothing leaves", "（影子运行，仅记录不发送）");
}

/* What it means, in words that cannot be read as anything else. */
static void restate(const json_t *plan, const char *mode)
{
    const json_t *proposal = json_object_get(plan, "proposal");
    const char *level = ctl_text(proposal, "level"), *made = ctl_text(proposal, "made");
    bool now = strcmp(ctl_text(proposal, "begin"), made) <= 0; /* of one zone: comparable */
    long long orders = (long long)ctl_int(plan, "total");
    fprintf(
        stderr,
        *level ? tr("This sends %lld orders (%s), level %s, in force ",
                    "将向 %lld 家单位发送%s%s预警应急指令，")
               : tr("This sends %lld releases (%s)%s, in force ", "将向 %lld 家单位发送%s%s通知，"),
        orders, word_of_mode(mode), *level || lang_get() == LANG_ZH ? ctl_level(level) : "");
    if (now)
        fprintf(stderr, "%s\n", tr("at once.", "即时生效。"));
    else
        fprintf(stderr, tr("from %s.\n", "%s 起生效。\n"), ctl_time(proposal, "begin"));
}

/* One question, to whoever sits there; any other answer is no. */
static int ask(const char *question, const char *answer, const char *otherwise)
{
    char line[32] = "";
    fputs(question, stderr);
    size_t size = fgets(line, sizeof line, stdin) ? strcspn(line, "\n") : 0;
    if (line[size] == '\n' && size == strlen(answer) && memcmp(line, answer, size) == 0)
        return EXIT_OK;
    verb_complain(&verb_ctl, "%s", otherwise);
    return EXIT_FOUND;
}

static int nobody_asked(const char *instead)
{
    return verb_misuse(&verb_ctl, instead,
                       tr("nobody is there to be asked", "当前不是终端，无法逐条确认"));
}

/* On a terminal the number is typed; in a script --count or --yes stands for it. */
static int confirm(const struct ctl *ctl, int64_t orders)
{
    int64_t count = -1;
    if (!option_int(ctl->options, "count", 0, RECIPIENTS_MAX, &count))
        return EXIT_MISUSE;
    if (count >= 0 && count != orders) {
        verb_complain(&verb_ctl,
                      tr("it is %lld orders, not %lld: look again",
                         "实际为 %lld 条，并非 %lld 条，请重新核对"),
                      (long long)orders, (long long)count);
        return EXIT_FOUND;
    }
    if (count == orders || option_given(ctl->options, "yes"))
        return EXIT_OK;
    if (!isatty(STDIN_FILENO))
        return nobody_asked(tr("--count N, or --yes", "--count N 或 --yes"));
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)orders);
    return ask(tr("Type the number of orders to go on: ", "请输入指令条数以确认："), number,
               tr("not the number: nothing was done", "数字不符，未执行"));
}

int ctl_confirm_plan(struct ctl *ctl, const char *named, json_t *body, char **ret_hash)
{
    json_t *plan = NULL, *status = NULL;
    char *segment = ctl_segment(named);
    int exit_code = ctl_get(ctl, &plan, "proposals/%s?max=1", segment);
    if (exit_code == EXIT_OK)
        exit_code = ctl_get(ctl, &status, "status");
    if (exit_code == EXIT_OK) {
        restate(plan, ctl_text(status, "mode"));
        exit_code = confirm(ctl, ctl_int(plan, "total"));
    }
    if (exit_code == EXIT_OK) {
        if (ctl_int(plan, "total") > 0)
            json_object_set_new(body, "count", json_integer(ctl_int(plan, "total")));
        *ret_hash = xstrdup(ctl_text(json_object_get(plan, "proposal"), "hash"));
    }
    json_decref(plan);
    json_decref(status);
    free(segment);
    return exit_code;
}

/* No level: it lifts. */
static void restate_hand(const char *what, const char *level, const char *mode, bool alone)
{
    if (*level)
        fprintf(stderr,
                tr("This puts %s in force (%s) at level %s and sends its orders at once, ",
                   "将对 %s 发布%s%s预警并立即发送应急指令，"),
                what, word_of_mode(mode), ctl_level(level));
    else
        fprintf(stderr,
                tr("This lifts %s (%s) and sends the releases at once, ",
                   "将解除 %s，立即发送%s解除通知，"),
                what, word_of_mode(mode));
    fprintf(stderr, "%s\n",
            alone ? tr("on your signature alone.", "仅凭一人签发。")
                  : tr("or with the second signature where two must sign.",
                       "须两人签发的，待第二人签发后发送。"));
}

static int ask_yes(void)
{
    return ask(tr("Type yes to go on: ", "请输入 yes 以确认："), "yes",
               tr("not yes: nothing was done", "未予确认，未执行"));
}

int ctl_confirm_hand(struct ctl *ctl, const char *what, const char *level, bool alone)
{
    json_t *status;
    int exit_code = ctl_get(ctl, &status, "status");
    if (exit_code != EXIT_OK)
        return exit_code;
    restate_hand(what, str_equal(level, "none") ? "" : level, ctl_text(status, "mode"), alone);
    json_decref(status);
    if (option_given(ctl->options, "yes"))
        return EXIT_OK;
    if (!isatty(STDIN_FILENO))
        return nobody_asked("--yes");
    return ask_yes();
}

int ctl_confirm_taking_back(struct ctl *ctl, const char *what, bool correction)
{
    json_t *status;
    if (option_given(ctl->options, "yes") || !isatty(STDIN_FILENO))
        return EXIT_OK;
    int exit_code = ctl_get(ctl, &status, "status");
    if (exit_code != EXIT_OK)
        return exit_code;
    fprintf(stderr,
            correction
                ? tr("This corrects every letter of %s (%s), to all to whom it was sent.\n",
                     "将更正 %s 的全部信件（%s），发给所有原接收方。\n")
                : tr("This withdraws every letter of %s (%s) from all to whom it was sent.\n",
                     "将撤回 %s 的全部信件（%s），通知所有原接收方。\n"),
            what, word_of_mode(ctl_text(status, "mode")));
    json_decref(status);
    return ask_yes();
}
