/* The life of a policy: its effect before it comes into force, and the way back. */
#include "base/lang.h"
#include "base/str.h"
#include "cli/ctl.h"

static void print_effect(const json_t *effect)
{
    json_t *row;
    size_t i;
    bool same = str_equal(ctl_text(effect, "policy"), ctl_text(effect, "in_force"));
    printf(
        tr("policy %.12s holds (%lld warnings)%s\n", "预案版本 %.12s 检查通过（警告 %lld 条）%s\n"),
        ctl_text(effect, "policy"), (long long)ctl_int(effect, "warnings"),
        same ? tr("; it is in force already", "；即现行版本") : "");
    if (*ctl_text(effect, "dropped"))
        printf("%s%s %s%s\n", ink(stdout, INK_RED), tr("given up:", "不再保留："),
               ctl_text(effect, "dropped"), ink_end(stdout));
    if (json_array_size(json_object_get(effect, "decisions")) == 0)
        printf("%s\n", tr("nothing would change at once", "切换后无即时变化"));
    json_array_foreach(json_object_get(effect, "decisions"), i, row)
    {
        printf("  %s ", ctl_text(row, "kind"));
        print_harmless(stdout, ctl_text(row, "rule"));
        printf(" %s → %s\n", *ctl_text(row, "from") ? ctl_text(row, "from") : "-",
               *ctl_text(row, "level") ? ctl_text(row, "level") : "-");
    }
    if (ctl_int(effect, "orders") + ctl_int(effect, "releases") > 0)
        printf(tr("  %lld orders, %lld releases\n", "  指令 %lld 条，解除通知 %lld 条\n"),
               (long long)ctl_int(effect, "orders"), (long long)ctl_int(effect, "releases"));
}

static int check(struct ctl *ctl)
{
    json_t *effect;
    int exit_code = ctl_post(ctl, &effect, json_object(), "policy/check");
    if (exit_code != EXIT_OK)
        return exit_code;
    if (ctl->json)
        ctl_print_json(effect);
    else
        print_effect(effect);
    json_decref(effect);
    return EXIT_OK;
}

static int change(struct ctl *ctl, const char *path, const char *hash)
{
    json_t *answer, *body = ctl_noted(ctl);
    if (!body)
        return EXIT_MISUSE;
    if (hash)
        json_object_set_new(body, "hash", json_string(hash));
    int exit_code = ctl_post(ctl, &answer, body, "%s", path);
    if (exit_code != EXIT_OK)
        return exit_code;
    if (!ctl->json)
        printf("%.12s: ", ctl_text(answer, "plan"));
    return ctl_tell_outcome(ctl, answer);
}

int ctl_reload(struct ctl *ctl)
{
    return option_given(ctl->options, "check") ? check(ctl) : change(ctl, "policy/reload", NULL);
}

int ctl_rollback(struct ctl *ctl)
{
    const char *hash;
    if (!ctl_operand(ctl, 0, (struct text){"a policy's hash", "预案版本号"}, &hash))
        return EXIT_MISUSE;
    return change(ctl, "policy/rollback", hash);
}

/* Without an operand the configured folder; a hash; or none. */
int ctl_shadow(struct ctl *ctl)
{
    return change(ctl, "policy/shadow",
                  ctl->options->operand_count > 0 ? ctl->options->operands[0] : NULL);
}
