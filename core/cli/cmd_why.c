/* `yujing why ID` and `yujing why-not LEVEL`: the reasons of a decision, or of its absence. */
#include "base/buf.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "cli/cmd.h"
#include "cli/inquiry.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/reasons.h"
#include "cli/why_print.h"
#include "model/policy.h"
#include "shell/replay.h"
#include <stdlib.h>

static const struct example why_examples[] = {
    {"yujing why last -f facts.csv -p policies/shenyang", {"the last change", "最近一次变动"}},
    {"yujing why heavy-pollution/210100/2015-10-30T16:00 -f … -p …",
     {"an episode", "一次预警过程"}},
    {"yujing why 3f9a1c2b -f … -p …",
     {"an order, task or plan, by its first digits", "一条指令、任务或方案的前几位编号"}},
    {0},
};
static const struct example why_not_examples[] = {
    {"yujing why-not red --at \"2015-11-06 16:00\" -f facts.csv -p DIR",
     {"how far was it?", "还差多少？"}},
    {0},
};
/* clang-format off */
static const struct option why_options[] = {
    {'f', "facts", OPTION_LIST, "FILE", COMPLETE_FILE, {"facts to replay (required)", "要回放的事实（必填）"}, NULL},
    {'p', "policies", OPTION_VALUE, "DIR", COMPLETE_FOLDER, {"the policy bundle (required)", "政策包文件夹（必填）"}, NULL},
    OPTION_STORE,
    {0, "until", OPTION_VALUE, "T", COMPLETE_NOTHING, {"stop at, or go on to, this time", "回放到此时刻为止"}, NULL},
    {0, "approvals", OPTION_VALUE, "FILE", COMPLETE_FILE, {"approve by these facts, not at once", "按此文件中的审批事实批准，而非立即批准"}, NULL},
    {0, "with", OPTION_LIST, "KEY=JSON", COMPLETE_NOTHING, {"another value for a key of policy.yaml", "替换 policy.yaml 的一个键"}, NULL},
    OPTION_OUTPUT("text|json"),
    {0},
};
static const struct option why_not_options[] = {
    {0, "at", OPTION_VALUE, "T", COMPLETE_NOTHING, {"when (default: after the last fact)", "何时（默认最后一条事实之后）"}, NULL},
    {'f', "facts", OPTION_LIST, "FILE", COMPLETE_FILE, {"facts to replay (required)", "要回放的事实（必填）"}, NULL},
    {'p', "policies", OPTION_VALUE, "DIR", COMPLETE_FOLDER, {"the policy bundle (required)", "政策包文件夹（必填）"}, NULL},
    OPTION_STORE,
    {0, "approvals", OPTION_VALUE, "FILE", COMPLETE_FILE, {"approve by these facts, not at once", "按此文件中的审批事实批准，而非立即批准"}, NULL},
    {0, "with", OPTION_LIST, "KEY=JSON", COMPLETE_NOTHING, {"another value for a key of policy.yaml", "替换 policy.yaml 的一个键"}, NULL},
    OPTION_OUTPUT("text|json"),
    {0},
};
/* clang-format on */
const struct verb verb_why = {
    .name = "why",
    .summary = {"explain a decision: clause, values, rule, law",
                "为什么这样决定：条件、数值、规则、法律依据"},
    .synopsis = "ID --facts FACTS… --policies DIR",
    .examples = why_examples,
    .options = why_options,
    .operands_min = 1,
    .operands_max = -1,
    .completion = COMPLETE_FILE,
    .description = {"Replays the facts and explains what ID names: an episode, an order, a task or "
                    "a plan, in full or by a "
                    "beginning that no other has; or last, the last change. Told are the clauses "
                    "that held and those that "
                    "did not, every value with where it came from and when it was learnt, the "
                    "rule's file and line, its "
                    "legal basis, the bundle's hash, and the plan with the shares it reaches.",
                    "回放事实，并解释编号所指的内容：一次预警过程、一条指令、一项任务或一个方案，可"
                    "写全，也可只写能够区分的"
                    "前几位；last "
                    "指最近一次变动。给出成立和不成立的条件、每个数值的来源和获知时间、规则文件和行"
                    "号、法律依据、"
                    "政策包指纹，以及方案和所达到的减排比例。"},
    .run = cmd_why,
};
const struct verb verb_why_not = {
    .name = "why-not",
    .summary = {"explain why a level was not reached, and how far it was",
                "为什么没有达到某级别，还差多少"},
    .synopsis = "LEVEL --at T --facts FACTS… --policies DIR",
    .examples = why_not_examples,
    .options = why_not_options,
    .operands_min = 1,
    .operands_max = -1,
    .completion = COMPLETE_FILE,
    .description = {"Replays the facts up to the time given and lists, for every warning that has "
                    "the level, each clause, "
                    "whether it held, the longest run there was and how far it was from holding.",
                    "回放事实到指定时刻，对每个含该级别的预警规则列出各条件是否成立、最长的连续时段"
                    "，以及还差多少。"},
    .run = cmd_why_not,
};

/* ---- the verbs
 * -------------------------------------------------------------------------------------------- */

struct watching {
    struct progress progress;
    struct inquiry *inquiry;
};

static int watch_decided(void *arg, const struct fact *cause, const struct decision *decision)
{
    struct watching *watching = arg;
    return watching->inquiry ? inquiry_decided(watching->inquiry, cause, decision) : 0;
}

static int watch_stepped(void *arg, const struct fact *fact, size_t number)
{
    struct watching *watching = arg;
    (void)fact;
    progress_at(&watching->progress, number);
    return 0;
}

static void watch_policy(void *arg, const struct policy *policy)
{
    struct watching *watching = arg;
    if (watching->inquiry)
        watching->inquiry->chronicle.policy = policy;
}

/* Replays with traces; the engine is handed out, because why-not asks it. */
static int replay_watched(const struct options *options, struct loaded *loaded, instant_ms until,
                          struct inquiry *inquiry, struct engine **ret_engine)
{
    struct watching watching = {.inquiry = inquiry};
    struct replay_observer observer = {watch_decided, watch_stepped, &watching};
    struct engine_options settings = {
        .approvals = loaded->by_fact ? APPROVALS_BY_FACT : APPROVALS_ALL,
        .drill = loaded->drill,
        .trace = true,
    };
    progress_begin(&watching.progress, (struct text){"replaying", "回放"},
                   feed_count(loaded->feed));
    int exit_code =
        loaded_replay(loaded, options->verb, &settings, until, &observer, watch_policy, ret_engine);
    progress_end(&watching.progress);
    return exit_code;
}

/* When what is told was decided, to tell it in the words of the policy in force then. */
static instant_ms answered_at(const struct inquiry *inquiry, const struct answer *answer)
{
    if (answer->passage)
        return answer->passage->at;
    if (answer->episode) {
        const struct episode *episode = answer->episode;
        return inquiry->chronicle.passages[episode->passages[episode->count - 1]].at;
    }
    return inquiry->matches[inquiry->count - 1].at;
}

static void print_answer(const struct options *options, const struct loaded *loaded,
                         const struct inquiry *inquiry, const struct answer *answer)
{
    const struct policy *policy = loaded_policy_at(loaded, answered_at(inquiry, answer));
    if (options_form(options) == FORM_JSON)
        why_print_json(inquiry, policy, answer);
    else
        why_print_text(inquiry, policy, answer);
}

static int why(const struct options *options, struct loaded *loaded)
{
    struct inquiry inquiry;
    struct engine *engine = NULL;
    instant_ms until = INSTANT_NONE;
    if (!option_instant(options, "until", loaded->policy->zone, &until))
        return EXIT_MISUSE;
    inquiry_init(&inquiry, &verb_why, options->operands[0], loaded->policy);
    int exit_code = replay_watched(options, loaded, until, &inquiry, &engine);
    if (exit_code == EXIT_OK) {
        struct answer answer;
        if (inquiry_find(&inquiry, &answer))
            print_answer(options, loaded, &inquiry, &answer);
        else
            exit_code = EXIT_MISUSE;
    }
    loaded_engine_free(loaded, engine);
    inquiry_release(&inquiry);
    return exit_code;
}

static int refuse_level(const struct policy *policy, const char *level)
{
    const char **names = xcalloc(policy->level_count + 1, sizeof *names);
    for (size_t i = 0; i < policy->level_count; i++)
        names[i] = policy->levels[i].name;
    char *known = str_join(names, policy->level_count, ", ");
    char *hint = xasprintf(tr("the policy's levels: %s", "政策包的级别：%s"), known);
    int exit_code =
        verb_misuse(&verb_why_not, hint, tr("no level “%s”", "没有“%s”这个级别"), level);
    free(names);
    free(known);
    free(hint);
    return exit_code;
}

/* `at`: INSTANT_NONE when it is the last fact's. */
static void print_absence(const struct options *options, struct engine *engine, instant_ms at,
                          const struct policy *policy)
{
    struct buf json = {0};
    instant_ms now = engine_now(engine);
    engine_why_not(engine, options->operands[0], at != INSTANT_NONE && at > now ? at : now, &json);
    if (options_form(options) == FORM_JSON)
        printf("%s\n", buf_str(&json));
    else if (absence_print(stdout, buf_str(&json), policy) == 0)
        printf("%s\n", tr("no warning rule has this level", "没有预警规则使用这个级别"));
    buf_release(&json);
}

/* Only a history has to be gone through before it is known which levels there were. */
static int why_not(const struct options *options, struct loaded *loaded)
{
    const char *level = options->operands[0];
    struct engine *engine = NULL;
    instant_ms at = INSTANT_NONE;
    if (!loaded->own && policy_level(loaded->policy, level) < 0)
        return refuse_level(loaded->policy, level);
    if (!option_instant(options, "at", loaded->policy->zone, &at))
        return EXIT_MISUSE;
    int exit_code = replay_watched(options, loaded, at, NULL, &engine);
    if (exit_code == EXIT_OK) {
        const struct policy *policy = loaded_policy_at(loaded, at);
        if (policy_level(policy, level) < 0)
            exit_code = refuse_level(policy, level);
        else
            print_absence(options, engine, at, policy);
    }
    loaded_engine_free(loaded, engine);
    return exit_code;
}

/* Loads everything and hands over. */
static int with_loaded(const struct verb *verb, int argc, char **argv,
                       int (*act)(const struct options *, struct loaded *))
{
    struct options options;
    int exit_code;
    if (!options_parse(verb, argc, argv, &options, &exit_code))
        return exit_code;
    struct loaded loaded = {0};
    exit_code = load_all(&loaded, &options, 1);
    if (exit_code == 0)
        exit_code = act(&options, &loaded);
    loaded_release(&loaded);
    options_release(&options);
    return exit_code;
}

int cmd_why(int argc, char **argv)
{
    return with_loaded(&verb_why, argc, argv, why);
}

int cmd_why_not(int argc, char **argv)
{
    return with_loaded(&verb_why_not, argc, argv, why_not);
}
