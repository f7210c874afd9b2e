/* Acts: what is done, and its outcome; ctl_confirm.h says the consequence before. */
#include "base/hash.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "cli/ctl_confirm.h"
#include "shell/letter.h"
#include <stdlib.h>
#include <string.h>

bool ctl_operand(const struct ctl *ctl, int i, struct text what, const char **ret_text)
{
    if (i < ctl->options->operand_count) {
        *ret_text = ctl->options->operands[i];
        return true;
    }
    verb_misuse(&verb_ctl, tr("see `yujing man ctl`", "参见 yujing man ctl"),
                tr("%s needs %s", "%s 需要%s"), ctl->options->action, text_of(what));
    return false;
}

json_t *ctl_noted(const struct ctl *ctl)
{
    const char *note = option_value(ctl->options, "note");
    if (note && *note)
        return json_pack("{s:s}", "note", note);
    verb_misuse(&verb_ctl, tr("--note \"why\"", "--note \"事由\""),
                tr("every act says why", "每项操作均须写明事由"));
    return NULL;
}

static void add_text(json_t *body, const char *key, const char *text)
{
    if (text)
        json_object_set_new(body, key, json_string(text));
}

/* ---- what came of it --------------------------------------------------------------- */

static const char *word_of_result(const char *result)
{
    static const struct ctl_word words[] = {
        {"approved", {"approved: it is released", "已签发，方案生效"}},
        {"first_signed",
         {"signed; another person must approve it too before anything is released",
          "已登记首签，须另一人签发后生效"}},
        {"overridden", {"done by hand", "已人工发布"}},
        {"lifted", {"lifted", "已解除"}},
        {"held", {"held", "已暂缓"}},
        {"filed", {"filed", "已归档，不予签发"}},
        {"nothing", {"nothing changes by it", "无变化"}},
        {"begun", {"begun; the log says how it ends", "已开始，结果见日志"}},
        {"done", {"done", "已执行"}},
    };
    return ctl_find_word(words, sizeof words / sizeof *words, result);
}

/* Of a correction or withdrawal nothing may have come at all: that is said, too. */
static void print_letters(json_t *answer)
{
    long long letters = (long long)ctl_int(answer, "letters"),
              cancelled = (long long)ctl_int(answer, "cancelled");
    const char *act = ctl_text(answer, "act");
    if (str_equal(act, "correct") || str_equal(act, "withdraw"))
        printf(tr("; %lld letters sent after it, %lld cancelled before they left",
                  "；跟发 %lld 件，发出前取消 %lld 件"),
               letters, cancelled);
    else if (letters > 0)
        printf(tr("; %lld letters", "；信件 %lld 件"), letters);
}

int ctl_tell_outcome(struct ctl *ctl, json_t *answer)
{
    long long orders = (long long)ctl_int(answer, "orders");
    long long releases = (long long)ctl_int(answer, "releases");
    if (ctl->json) {
        ctl_print_json(answer);
    } else {
        printf("%s", word_of_result(ctl_text(answer, "result")));
        if (orders > 0)
            printf(tr("; %lld orders", "；指令 %lld 条"), orders);
        if (releases > 0)
            printf(tr("; %lld releases", "；解除通知 %lld 条"), releases);
        print_letters(answer);
        if (str_equal(ctl_text(answer, "result"), "first_signed"))
            printf(tr(": plan %.12s", "：方案号 %.12s"), ctl_text(answer, "plan"));
        putchar('\n');
    }
    json_decref(answer);
    return EXIT_OK;
}

static int post(struct ctl *ctl, json_t *body, const char *path)
{
    json_t *answer;
    int exit_code = ctl_post(ctl, &answer, body, "%s", path);
    return exit_code == EXIT_OK ? ctl_tell_outcome(ctl, answer) : exit_code;
}

static int post_about(struct ctl *ctl, json_t *body, const char *format, const char *id)
{
    char *segment = ctl_segment(id), *path = NULL;
    const char *star = strchr(format, '*');
    path = xasprintf("%.*s%s%s", (int)(star - format), format, segment, star + 1);
    int exit_code = post(ctl, body, path);
    free(path);
    free(segment);
    return exit_code;
}

/* ---- plans ---------------------------------------------------------------------------- */

int ctl_approve(struct ctl *ctl)
{
    const char *named;
    char *hash = NULL;
    json_t *body;
    if (!ctl_operand(ctl, 0, (struct text){"a plan's hash", "方案号"}, &named) ||
        !(body = ctl_noted(ctl)))
        return EXIT_MISUSE;
    int exit_code = ctl_confirm_plan(ctl, named, body, &hash);
    if (exit_code == EXIT_OK)
        exit_code = post_about(ctl, json_incref(body), "proposals/*/approve", hash);
    json_decref(body);
    free(hash);
    return exit_code;
}

int ctl_hold(struct ctl *ctl)
{
    const char *hash, *until = option_value(ctl->options, "until");
    if (!ctl_operand(ctl, 0, (struct text){"a plan's hash", "方案号"}, &hash))
        return EXIT_MISUSE;
    if (!until)
        return verb_misuse(&verb_ctl, tr("--until 2h", "如 --until 2h"),
                           tr("until when is it held?", "暂缓至何时？"));
    json_t *body = ctl_noted(ctl);
    if (!body)
        return EXIT_MISUSE;
    add_text(body, "until", until);
    return post_about(ctl, body, "proposals/*/hold", hash);
}

int ctl_file(struct ctl *ctl)
{
    const char *hash;
    json_t *body;
    if (!ctl_operand(ctl, 0, (struct text){"a plan's hash", "方案号"}, &hash) ||
        !(body = ctl_noted(ctl)))
        return EXIT_MISUSE;
    return post_about(ctl, body, "proposals/*/file", hash);
}

/* ---- by hand -------------------------------------------------------------------------- */

/* "rule/area" and "rule/area/start" are segments already. */
static char *path_of(const char *before, const char *parts, const char *after, int slashes)
{
    int count = 0;
    for (const char *c = parts; *c; c++)
        count += *c == '/';
    return count == slashes ? xasprintf("%s/%s/%s", before, parts, after) : NULL;
}

static int misnamed(const char *what)
{
    return verb_misuse(&verb_ctl,
                       tr("RULE/AREA to issue; RULE/AREA/START for an episode",
                          "发布用 规则/地区；过程用 规则/地区/起始时间"),
                       tr("“%s” has not that form", "“%s”格式不符"), what);
}

static bool add_count(struct ctl *ctl, json_t *body)
{
    int64_t count = 0;
    if (!option_int(ctl->options, "count", 1, RECIPIENTS_MAX, &count))
        return false;
    if (count > 0)
        json_object_set_new(body, "count", json_integer(count));
    return true;
}

/* Of issue and break-glass; false: the complaint has been printed. */
static bool add_level(struct ctl *ctl, json_t *body)
{
    const char *level = option_value(ctl->options, "level");
    if (level && *level)
        return json_object_set_new(body, "level", json_string(level)) == 0;
    verb_misuse(&verb_ctl, tr("--level orange", "如 --level orange"),
                tr("which level?", "未指定级别"));
    return false;
}

static int by_hand(struct ctl *ctl, json_t *body, char *path, const char *what)
{
    int exit_code = !path ? misnamed(what) : !add_count(ctl, body) ? EXIT_MISUSE : EXIT_OK;
    if (exit_code == EXIT_OK)
        exit_code = ctl_confirm_hand(ctl, what, ctl_text(body, "level"), false);
    if (exit_code == EXIT_OK)
        exit_code = post(ctl, json_incref(body), path);
    json_decref(body);
    free(path);
    return exit_code;
}

int ctl_issue(struct ctl *ctl)
{
    const char *what;
    json_t *body;
    if (!ctl_operand(ctl, 0, (struct text){"RULE/AREA", "规则/地区"}, &what) ||
        !(body = ctl_noted(ctl)))
        return EXIT_MISUSE;
    if (add_level(ctl, body))
        return by_hand(ctl, body, path_of("warnings", what, "issue", 1), what);
    json_decref(body);
    return EXIT_MISUSE;
}

int ctl_lift(struct ctl *ctl)
{
    const char *what;
    json_t *body;
    if (!ctl_operand(ctl, 0, (struct text){"an episode", "过程编号"}, &what) ||
        !(body = ctl_noted(ctl)))
        return EXIT_MISUSE;
    return by_hand(ctl, body, path_of("episodes", what, "lift", 2), what);
}

static int break_for_plan(struct ctl *ctl, json_t *body, const char *named)
{
    char *hash = NULL;
    int exit_code = ctl_confirm_plan(ctl, named, body, &hash);
    add_text(body, "plan", hash);
    free(hash);
    return exit_code;
}

static int break_by_hand(struct ctl *ctl, json_t *body, const char *what, const char *slash)
{
    json_object_set_new(body, "rule", json_stringn(what, (size_t)(slash - what)));
    add_text(body, "area", slash + 1);
    if (!add_level(ctl, body) || !add_count(ctl, body))
        return EXIT_MISUSE;
    return ctl_confirm_hand(ctl, what, ctl_text(body, "level"), true);
}

/* A plan's hash, or RULE/AREA with --level. */
int ctl_break_glass(struct ctl *ctl)
{
    const char *what, *slash;
    json_t *body;
    if (!ctl_operand(ctl, 0, (struct text){"a plan's hash, or RULE/AREA", "方案号，或规则/地区"},
                     &what) ||
        !(body = ctl_noted(ctl)))
        return EXIT_MISUSE;
    slash = strchr(what, '/');
    int exit_code = slash ? break_by_hand(ctl, body, what, slash) : break_for_plan(ctl, body, what);
    if (exit_code == EXIT_OK)
        exit_code = post(ctl, json_incref(body), "break_glass");
    json_decref(body);
    return exit_code;
}

/* A plan is named by as many of its digits as `status` shows, or more; a letter's id has 32. */
static bool is_plan(const char *what)
{
    size_t size = strlen(what);
    return size >= HASH_DIGITS_MIN && size < HASH_HEX && size != LETTER_ID_SIZE - 1 &&
           !what[strspn(what, "0123456789abcdef")];
}

static int post_path(struct ctl *ctl, json_t *body, char *path, const char *what)
{
    int exit_code = path ? post(ctl, json_incref(body), path) : misnamed(what);
    json_decref(body);
    free(path);
    return exit_code;
}

static int take_back(struct ctl *ctl, const char *act)
{
    const char *what;
    json_t *body;
    if (!ctl_operand(ctl, 0, (struct text){"a letter, plan or episode", "信件、方案或过程编号"},
                     &what) ||
        !(body = ctl_noted(ctl)))
        return EXIT_MISUSE;
    add_text(body, "text", option_value(ctl->options, "text"));
    bool episode = strchr(what, '/'), plan = !episode && is_plan(what);
    char *path = episode ? path_of("episodes", what, act, 2)
                 : plan  ? path_of("plans", what, act, 0)
                         : path_of("letters", what, act, 0);
    int exit_code = (episode || plan) && path
                        ? ctl_confirm_taking_back(ctl, what, str_equal(act, "correct"))
                        : EXIT_OK;
    if (exit_code == EXIT_OK)
        return post_path(ctl, body, path, what);
    json_decref(body);
    free(path);
    return exit_code;
}

int ctl_correct(struct ctl *ctl)
{
    const char *text = option_value(ctl->options, "text");
    if (!text || !*text)
        return verb_misuse(&verb_ctl, tr("--text \"what holds instead\"", "--text \"更正内容\""),
                           tr("a correction says what is right", "更正须写明更正内容"));
    return take_back(ctl, "correct");
}

int ctl_withdraw(struct ctl *ctl)
{
    return take_back(ctl, "withdraw");
}

/* ---- the daemon -------------------------------------------------------------------------- */

int ctl_pause(struct ctl *ctl)
{
    json_t *body = ctl_noted(ctl);
    return body ? post(ctl, body, "dispatch/pause") : EXIT_MISUSE;
}

int ctl_resume(struct ctl *ctl)
{
    json_t *body = ctl_noted(ctl);
    if (!body)
        return EXIT_MISUSE;
    if (ctl->options->operand_count > 0)
        add_text(body, "address", ctl->options->operands[0]);
    return post(ctl, body, "dispatch/resume");
}

/* What was said by telephone: ack LETTER [acknowledged|refused|done]. */
int ctl_ack(struct ctl *ctl)
{
    const char *letter;
    json_t *answer;
    if (!ctl_operand(ctl, 0, (struct text){"a letter's id", "信件编号"}, &letter))
        return EXIT_MISUSE;
    json_t *body = json_pack("{s:s}", "letter", letter);
    add_text(body, "receipt",
             ctl->options->operand_count > 1 ? ctl->options->operands[1] : "acknowledged");
    add_text(body, "reason", option_value(ctl->options, "note"));
    int exit_code = ctl_post(ctl, &answer, body, "receipts");
    if (exit_code == EXIT_OK && ctl->json)
        ctl_print_json(answer);
    else if (exit_code == EXIT_OK)
        printf(tr("%s %s, entered by %s\n", "%s %s，登记人：%s\n"), ctl_text(answer, "letter"),
               ctl_word(ctl_text(answer, "receipt")), ctl_text(answer, "by"));
    json_decref(answer);
    return exit_code;
}

int ctl_self_check(struct ctl *ctl)
{
    json_t *body = ctl_noted(ctl);
    if (!body)
        return EXIT_MISUSE;
    if (ctl->options->operand_count > 0)
        add_text(body, "gateway", ctl->options->operands[0]);
    return post(ctl, body, "self-check");
}

int ctl_backup(struct ctl *ctl)
{
    json_t *body = json_object();
    add_text(body, "note", option_value(ctl->options, "note"));
    return post(ctl, body, "backup");
}
