/* `yujing replay`: the decisions as they would have been. */
#include "base/buf.h"
#include "base/hash.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "cli/chronicle.h"
#include "cli/cmd.h"
#include "cli/load.h"
#include "cli/narrate.h"
#include "cli/output.h"
#include "cli/words.h"
#include "model/bundle.h"
#include "shell/replay.h"
#include <stdlib.h>
#include <string.h>

static const struct example replay_examples[] = {
    {"yujing replay facts.csv --policies policies/shenyang", {"as a person reads it", "供人阅读"}},
    {"yujing replay *.jsonl -p DIR -o jsonl --kinds issue,raise,lift",
     {"for programs", "供程序读取"}},
    {"yujing replay facts.csv -p DIR --digest",
     {"one line to compare two runs by", "用一行指纹比较两次回放"}},
    {0},
};
/* clang-format off */
static const struct option replay_options[] = {
    {'p', "policies", OPTION_VALUE, "DIR", COMPLETE_FOLDER, {"the policy bundle (required)", "政策包文件夹（必填）"}, NULL},
    OPTION_STORE,
    {0, "until", OPTION_VALUE, "T", COMPLETE_NOTHING, {"stop at, or go on to, this time", "回放到此时刻为止"}, NULL},
    {0, "kinds", OPTION_VALUE, "a,b", COMPLETE_NOTHING, {"only these kinds of decision", "只要这些种类的决定"}, NULL},
    OPTION_OUTPUT("text|json|jsonl"),
    {0, "digest", OPTION_FLAG, NULL, COMPLETE_NOTHING, {"print only the SHA-256 of the jsonl stream", "只输出 jsonl 流的 SHA-256"}, NULL},
    {0, "approvals", OPTION_VALUE, "FILE", COMPLETE_FILE, {"approve by these facts, not at once", "按此文件中的审批事实批准，而非立即批准"}, NULL},
    {0, "with", OPTION_LIST, "KEY=JSON", COMPLETE_NOTHING, {"another value for a key of policy.yaml", "替换 policy.yaml 的一个键"}, NULL},
    {0},
};
/* clang-format on */
const struct verb verb_replay = {
    .name = "replay",
    .summary = {"show the decisions a policy would have made", "回放：按政策包会作出哪些决定"},
    .synopsis = "FACTS… --policies DIR [options]",
    .examples = replay_examples,
    .options = replay_options,
    .operands_min = 0,
    .operands_max = -1,
    .completion = COMPLETE_FILE,
    .description =
        {"Steps the facts (CSV, CloudEvents as JSON or JSON Lines; - is standard input) through "
         "the "
         "engine, in the order in which they would have been learnt, with the passing of time "
         "between "
         "them, and prints what is decided.\n\n"
         "With -o jsonl there is one object a line, with the keys at, kind, rule, episode, level, "
         "from, "
         "because, and for orders also order, to, measures. The kinds are issue, raise, lower, "
         "lift, "
         "reopen, order, release, task, alarm, clear, rota_start, rota_end; only when --kinds "
         "names them, and "
         "outside the digest: propose, evidence, act.\n\n"
         "Proposals are approved at once, unless a file of decision facts is given by --approvals.",
         "把事实（CSV，或 CloudEvents 的 JSON、JSON Lines；- 为标准输入）按当时获知的先后送入引擎，"
         "其间时间照常流逝，并输出所作的决定。\n\n"
         "用 -o jsonl 时每行一个对象，键为 at、kind、rule、episode、level、from、because，指令另有 "
         "order、to、measures。种类有 issue raise lower lift reopen order release task alarm clear "
         "rota_start rota_end；--kinds 点名才输出、且不计入指纹的有 propose evidence act。\n\n"
         "各项建议立即视为批准；用 --approvals 给出审批事实文件时，以文件为准。"},
    .run = cmd_replay,
};

struct replaying {
    const struct policy *policy;
    enum form form;
    bool digest_only;
    unsigned kinds; /* bit set over enum decision_kind */
    struct hasher *hasher;
    struct buf line;
    bool first;
    struct narrator narrator;
    struct chronicle chronicle;
    struct progress progress;
};

static int refuse_kind(const char *word)
{
    const char *names[DECISION_KINDS_ALL];
    for (int kind = 0; kind < DECISION_KINDS_ALL; kind++)
        names[kind] = decision_kind_name((enum decision_kind)kind);
    const char *near = str_nearest(word, names, DECISION_KINDS_ALL);
    char *known = str_join(names, DECISION_KINDS_ALL, ", ");
    char *hint = near ? xasprintf(tr("did you mean %s?", "是否想用 %s？"), near)
                      : xasprintf(tr("one of: %s", "可用：%s"), known);
    int exit_code = verb_misuse(
        &verb_replay, hint, tr("--kinds: unknown kind “%s”", "--kinds：没有“%s”这种决定"), word);
    free(hint);
    free(known);
    return exit_code;
}

/* "a,b" → bits; absent: all.  0 or the exit code. */
static int read_kinds(const struct options *options, unsigned *ret_kinds)
{
    const char *text = option_value(options, "kinds");
    unsigned kinds = text ? 0 : (1u << DECISION_KINDS) - 1;
    int exit_code = 0;
    while (text && *text && exit_code == 0) {
        size_t size = strcspn(text, ",");
        char *word = xstrndup(text, size);
        int kind = decision_kind_of(word);
        if (kind < 0)
            exit_code = refuse_kind(word);
        else
            kinds |= 1u << kind;
        free(word);
        text += size + (text[size] == ',');
    }
    *ret_kinds = kinds;
    return exit_code;
}

/* ---- the stream
 * ------------------------------------------------------------------------------------- */

static void stream_decision(struct replaying *replaying, const struct decision *decision)
{
    buf_clear(&replaying->line);
    decision_print(&replaying->line, decision, replaying->policy->zone);
    buf_putc(&replaying->line, '\n');
    if (decision->kind < DECISION_KINDS)
        hasher_add(replaying->hasher, replaying->line.data, replaying->line.size);
    if (replaying->digest_only || replaying->form == FORM_TEXT)
        return;
    if (replaying->form == FORM_JSON) {
        replaying->line.data[--replaying->line.size] = 0;
        fputs(replaying->first ? "\n" : ",\n", stdout);
    }
    replaying->first = false;
    fwrite(replaying->line.data, 1, replaying->line.size, stdout);
}

static int decided(void *arg, const struct fact *cause, const struct decision *decision)
{
    struct replaying *replaying = arg;
    (void)cause;
    bool wanted = replaying->kinds & 1u << decision->kind;
    if (!wanted && decision->kind != DECISION_PROPOSE) /* a reader is told what waits */
        return 0;
    if (wanted) {
        chronicle_add(&replaying->chronicle, decision);
        stream_decision(replaying, decision);
    }
    if (replaying->form == FORM_TEXT && !replaying->digest_only)
        narrate(&replaying->narrator, decision);
    return 0;
}

static int stepped(void *arg, const struct fact *fact, size_t number)
{
    struct replaying *replaying = arg;
    (void)fact;
    progress_at(&replaying->progress, number);
    return 0;
}

/* ---- beginning and end
 * ------------------------------------------------------------------------------ */

/* A history under several policies: which, and since when.  The head names the last. */
static void print_changes(struct replaying *replaying, const struct past *past)
{
    bool text = replaying->form == FORM_TEXT;
    if (!text)
        fputs("\"policies\":[", stdout);
    for (size_t i = 0; i < past->change_count; i++) {
        struct buf since = {0};
        if (text)
            words_when(&since, past->changes[i].since, replaying->policy->zone);
        else
            instant_print(&since, past->changes[i].since, replaying->policy->zone);
        if (text)
            printf(tr("from %s policy %.12s\n", "自 %s 起：政策包 %.12s\n"), buf_str(&since),
                   past->changes[i].hash);
        else
            printf("%s{\"since\":\"%s\",\"bundle\":\"%s\"}", i > 0 ? "," : "", buf_str(&since),
                   past->changes[i].hash);
        buf_release(&since);
    }
    fputs(text ? "\n" : "],", stdout);
}

static void print_head(struct replaying *replaying, const struct loaded *loaded)
{
    size_t count = feed_count(loaded->feed);
    if (replaying->digest_only)
        return;
    if (replaying->form == FORM_TEXT)
        narrate_head(&replaying->narrator, loaded->bundle->hash, count,
                     count ? feed_arrival(loaded->feed, 0) : 0,
                     count ? feed_arrival(loaded->feed, count - 1) : 0);
    else if (replaying->form == FORM_JSON)
        printf("{\"schema_version\":1,\"bundle\":\"%s\",\"facts\":%zu,\"repeats\":%zu,",
               loaded->bundle->hash, count, feed_repeats(loaded->feed));
    if (replaying->form != FORM_JSONL && loaded->own && loaded->past.change_count > 1)
        print_changes(replaying, &loaded->past);
    if (replaying->form == FORM_JSON)
        fputs("\"decisions\":[", stdout);
}

static void print_end(struct replaying *replaying)
{
    unsigned char hash[HASH_BYTES];
    char digest[HASH_HEX];
    hasher_done(replaying->hasher, hash);
    hash_hex(hash, digest);
    if (replaying->digest_only)
        printf("%s\n", digest);
    else if (replaying->form == FORM_TEXT)
        narrate_end(&replaying->narrator, &replaying->chronicle, digest);
    else if (replaying->form == FORM_JSON)
        printf("],\"digest\":\"%s\"}\n", digest);
}

static void policy_changed(void *arg, const struct policy *policy)
{
    struct replaying *replaying = arg;
    replaying->policy = policy;
    replaying->narrator.policy = policy;
    replaying->chronicle.policy = policy;
}

static int run(struct replaying *replaying, struct loaded *loaded, instant_ms until,
               enum approvals approvals)
{
    struct engine *engine;
    struct engine_options settings = {.approvals = approvals, .drill = loaded->drill};
    struct replay_observer observer = {decided, stepped, replaying};
    /* What scrolls by on the terminal is progress enough. */
    bool scrolls = is_screen(stdout) && !replaying->digest_only;
    progress_begin(&replaying->progress, (struct text){"replaying", "回放"},
                   scrolls ? 0 : feed_count(loaded->feed));
    int exit_code =
        loaded_replay(loaded, &verb_replay, &settings, until, &observer, policy_changed, &engine);
    progress_end(&replaying->progress);
    loaded_engine_free(loaded, engine);
    return exit_code;
}

static int replay(const struct options *options, struct loaded *loaded, unsigned kinds)
{
    struct replaying replaying = {
        .policy = loaded->policy,
        .form = options_form(options),
        .digest_only = option_given(options, "digest"),
        .kinds = kinds,
        .first = true,
    };
    instant_ms until = INSTANT_NONE;
    if (!option_instant(options, "until", loaded->policy->zone, &until))
        return verb_misuse_exit(&verb_replay);
    enum approvals approvals = loaded->by_fact ? APPROVALS_BY_FACT : APPROVALS_ALL;
    replaying.hasher = hasher_new();
    narrator_init(&replaying.narrator, stdout, loaded->policy);
    chronicle_init(&replaying.chronicle, loaded->policy, false);
    print_head(&replaying, loaded);
    int exit_code = run(&replaying, loaded, until, approvals);
    print_end(&replaying);
    chronicle_release(&replaying.chronicle);
    narrator_release(&replaying.narrator);
    buf_release(&replaying.line);
    return exit_code;
}

int cmd_replay(int argc, char **argv)
{
    struct options options;
    int exit_code;
    if (!options_parse(&verb_replay, argc, argv, &options, &exit_code))
        return exit_code;
    struct loaded loaded = {0};
    unsigned kinds;
    exit_code = read_kinds(&options, &kinds);
    if (exit_code == 0)
        exit_code = load_all(&loaded, &options, 0);
    if (exit_code == 0)
        exit_code = replay(&options, &loaded, kinds);
    loaded_release(&loaded);
    options_release(&options);
    return exit_code;
}
