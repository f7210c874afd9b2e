/* `yujing diff`: what a change of policy would have done, per episode and per enterprise. */
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "cli/cmd.h"
#include "cli/compare.h"
#include "cli/diff_text.h"
#include "cli/load.h"
#include "cli/output.h"
#include "model/bundle.h"
#include "shell/replay.h"
#include <stdlib.h>
#include <string.h>

static const struct example diff_examples[] = {
    {"yujing diff policies/old policies/new --facts winter.csv",
     {"what would change?", "会有什么不同"}},
    {"yujing diff old new --facts a.csv b.jsonl -o json", {"for programs", "供程序读取"}},
    {0},
};
/* clang-format off */
static const struct option diff_options[] = {
    {'f', "facts", OPTION_LIST, "FILE", COMPLETE_FILE, {"facts to replay (required)", "要回放的事实（必填）"}, NULL},
    {0, "until", OPTION_VALUE, "T", COMPLETE_NOTHING, {"stop at, or go on to, this time", "回放到此时刻为止"}, NULL},
    {0, "with", OPTION_LIST, "KEY=JSON", COMPLETE_NOTHING, {"another value for a key of both policies", "替换两个政策包的同一个键"}, NULL},
    {0, "all", OPTION_FLAG, NULL, COMPLETE_NOTHING, {"list every recipient that changes", "列出所有有变化的对象"}, NULL},
    OPTION_OUTPUT("text|json"),
    {0},
};
/* clang-format on */
const struct verb verb_diff = {
    .name = "diff",
    .summary = {"show what a change of policy would have done", "比较：政策改动会带来什么"},
    .synopsis = "OLD NEW --facts FACTS… [options]",
    .examples = diff_examples,
    .options = diff_options,
    .operands_min = 2,
    .operands_max = -1,
    .completion = COMPLETE_FOLDER,
    .description = {"Replays the same facts under two bundles and compares: each warning (issued "
                    "earlier or later, its peak, "
                    "when it was lifted, or only under one of them), each enterprise and other "
                    "recipient (newly bound, no "
                    "longer bound, other measures, other times), and the share of emissions that "
                    "the list cuts at each "
                    "level. Exits 1 when anything is different.",
                    "用同样的事实分别回放两个政策包并比较：每次预警（发布提前或推迟、最高级别、解除"
                    "时间，或只在其中一个"
                    "下发布），每家企业和其他对象（新增执行、不再执行、措施改变、时间改变），以及清"
                    "单在各级别下的减排"
                    "比例。有任何不同时以 1 退出。"},
    .run = cmd_diff,
};

/* ---- one side
 * -------------------------------------------------------------------------------------------- */

struct running {
    struct diff_side *side;
    span_ms zone;
    struct hasher *hasher;
    struct buf line;
    struct progress *progress;
    uint64_t stepped_before;
};

static int decided(void *arg, const struct fact *cause, const struct decision *decision)
{
    struct running *running = arg;
    (void)cause;
    if (decision->kind >= DECISION_KINDS)
        return 0;
    chronicle_add(&running->side->chronicle, decision);
    buf_clear(&running->line);
    decision_print(&running->line, decision, running->zone);
    buf_putc(&running->line, '\n');
    hasher_add(running->hasher, running->line.data, running->line.size);
    return 0;
}

static int stepped(void *arg, const struct fact *fact, size_t number)
{
    struct running *running = arg;
    (void)fact;
    progress_at(running->progress, running->stepped_before + number);
    return 0;
}

static int run_side(struct diff_side *side, struct program *program, const struct feed *feed,
                    instant_ms until, struct progress *progress, uint64_t stepped_before)
{
    struct running running = {side,          side->bundle->policy.zone, hasher_new(), {0}, progress,
                              stepped_before};
    struct replay_observer observer = {decided, stepped, &running};
    struct engine_options settings = {.approvals = APPROVALS_ALL};
    struct engine *engine;
    chronicle_init(&side->chronicle, &side->bundle->policy, true);
    int err = engine_new(&engine, program, &settings);
    if (err >= 0) {
        err = replay_run(engine, feed, until, &observer);
        engine_free(engine);
    }
    unsigned char hash[HASH_BYTES];
    hasher_done(running.hasher, hash);
    hash_hex(hash, side->digest);
    buf_release(&running.line);
    return err;
}

/* ---- JSON
 * --------------------------------------------------------------------------------------------------
 */

static void write_side(struct json_writer *writer, const struct diff_side *side)
{
    jw_begin(writer, '{');
    jw_key(writer, "folder");
    jw_text(writer, side->folder);
    jw_key(writer, "bundle");
    jw_text(writer, side->bundle->hash);
    jw_key(writer, "digest");
    jw_text(writer, side->digest);
    jw_key(writer, "counts");
    jw_begin(writer, '{');
    for (int kind = 0; kind < DECISION_KINDS; kind++) {
        jw_key(writer, decision_kind_name((enum decision_kind)kind));
        jw_int(writer, (int64_t)side->chronicle.counts[kind]);
    }
    jw_end(writer, '}');
    jw_end(writer, '}');
}

static void write_shares(struct json_writer *writer, const struct share shares[EMISSIONS])
{
    jw_begin(writer, '{');
    for (int e = 0; e < EMISSIONS; e++) {
        jw_key(writer, emission_key((enum emission)e));
        jw_begin(writer, '{');
        jw_key(writer, "cut");
        jw_micro(writer, shares[e].cut);
        jw_key(writer, "total");
        jw_micro(writer, shares[e].total);
        jw_end(writer, '}');
    }
    jw_end(writer, '}');
}

static void write_instant(struct json_writer *writer, instant_ms instant, span_ms zone)
{
    if (instant == INSTANT_NONE)
        jw_null(writer);
    else
        jw_instant(writer, instant, zone);
}

/* NULL writes null. */
static void write_episode(struct json_writer *writer, const struct diff_side *side,
                          const struct episode *episode)
{
    struct share shares[EMISSIONS] = {0};
    span_ms zone = side->bundle->policy.zone;
    if (!episode) {
        jw_null(writer);
        return;
    }
    jw_begin(writer, '{');
    jw_key(writer, "episode");
    jw_text(writer, episode->id);
    jw_key(writer, "issued");
    jw_instant(writer, episode->issued, zone);
    jw_key(writer, "begin");
    write_instant(writer, side->chronicle.passages[episode->passages[0]].begin, zone);
    jw_key(writer, "lifted");
    write_instant(writer, episode->lifted, zone);
    jw_key(writer, "peak");
    jw_text(writer, episode->peak);
    jw_key(writer, "changes");
    jw_int(writer, (int64_t)episode->count);
    jw_key(writer, "orders");
    jw_int(writer, (int64_t)episode->orders);
    jw_key(writer, "shares");
    if (episode_peak_shares(&side->chronicle, episode, shares))
        write_shares(writer, shares);
    else
        jw_null(writer);
    jw_end(writer, '}');
}

static void write_pairs(struct json_writer *writer, const struct diff_side sides[2],
                        const struct comparison *comparison)
{
    jw_begin(writer, '[');
    for (size_t i = 0; i < comparison->pair_count; i++) {
        const struct episode_pair *pair = &comparison->pairs[i];
        jw_begin(writer, '{');
        jw_key(writer, "same");
        jw_bool(writer, pair->same);
        jw_key(writer, "old");
        write_episode(writer, &sides[0], pair->before);
        jw_key(writer, "new");
        write_episode(writer, &sides[1], pair->after);
        jw_end(writer, '}');
    }
    jw_end(writer, ']');
}

static void write_recipients(struct json_writer *writer, const struct comparison *comparison)
{
    static const char *const sides[2] = {"old", "new"};
    jw_begin(writer, '[');
    for (size_t i = 0; i < comparison->recipient_count; i++) {
        const struct recipient_change *change = &comparison->recipients[i];
        if (change->change == CHANGE_NONE)
            continue;
        jw_begin(writer, '{');
        jw_key(writer, "id");
        jw_text(writer, change->id);
        jw_key(writer, "change");
        jw_text(writer, change_words(change->change, true));
        for (int side = 0; side < 2; side++) {
            jw_key(writer, sides[side]);
            jw_begin(writer, '{');
            jw_key(writer, "orders");
            jw_int(writer, (int64_t)change->orders[side]);
            jw_key(writer, "bound_seconds");
            jw_int(writer, change->bound[side] / SECOND_MS);
            jw_end(writer, '}');
        }
        jw_end(writer, '}');
    }
    jw_end(writer, ']');
}

static void write_levels(struct json_writer *writer, const struct diff_side *side)
{
    const struct policy *policy = &side->bundle->policy;
    jw_begin(writer, '{');
    for (size_t level = 0; level < policy->level_count; level++) {
        struct share shares[EMISSIONS] = {0};
        plan_shares(policy, (int)level, shares);
        jw_key(writer, policy->levels[level].name);
        write_shares(writer, shares);
    }
    jw_end(writer, '}');
}

static void print_json(const struct diff_side sides[2], const struct comparison *comparison)
{
    struct buf buf = {0};
    struct json_writer writer = {.buf = &buf};
    jw_begin(&writer, '{');
    jw_key(&writer, "schema_version");
    jw_int(&writer, 1);
    jw_key(&writer, "different");
    jw_bool(&writer, strcmp(sides[0].digest, sides[1].digest) != 0);
    jw_key(&writer, "old");
    write_side(&writer, &sides[0]);
    jw_key(&writer, "new");
    write_side(&writer, &sides[1]);
    jw_key(&writer, "episodes");
    write_pairs(&writer, sides, comparison);
    jw_key(&writer, "recipients");
    write_recipients(&writer, comparison);
    jw_key(&writer, "unchanged_recipients");
    jw_int(&writer, (int64_t)comparison->changes[CHANGE_NONE]);
    jw_key(&writer, "list_shares");
    jw_begin(&writer, '{');
    jw_key(&writer, "old");
    write_levels(&writer, &sides[0]);
    jw_key(&writer, "new");
    write_levels(&writer, &sides[1]);
    jw_end(&writer, '}');
    jw_end(&writer, '}');
    printf("%s\n", buf_str(&buf));
    buf_release(&buf);
}

/* ---- the verb
 * ------------------------------------------------------------------------------------------------
 */

static int run_both(const struct options *options, struct loaded loaded[2],
                    struct diff_side sides[2], instant_ms *ret_end)
{
    const struct feed *feed =
        loaded[1].feed; /* the same facts for both, as the new policy reads them */
    size_t count = feed_count(feed);
    instant_ms until = INSTANT_NONE;
    struct progress progress;
    if (!option_instant(options, "until", loaded[1].policy->zone, &until))
        return EXIT_MISUSE;
    *ret_end = until != INSTANT_NONE ? until : count > 0 ? feed_arrival(feed, count - 1) : 0;
    progress_begin(&progress, (struct text){"comparing", "比较"}, 2 * count);
    int err = 0;
    for (int side = 0; side < 2 && err >= 0; side++)
        err = run_side(&sides[side], loaded[side].program, feed, until, &progress,
                       side == 0 ? 0 : count);
    progress_end(&progress);
    if (err < 0)
        verb_complain(&verb_diff, "%s", err_str(err));
    return err < 0 ? EXIT_RUNTIME : EXIT_OK;
}

static int diff(const struct options *options, struct loaded loaded[2])
{
    struct diff_side sides[2] = {
        {.folder = options->operands[0], .bundle = loaded[0].bundle},
        {.folder = options->operands[1], .bundle = loaded[1].bundle},
    };
    instant_ms end = 0;
    int exit_code = run_both(options, loaded, sides, &end);
    if (exit_code == EXIT_OK) {
        struct comparison comparison;
        compare(&comparison, &sides[0].chronicle, &sides[1].chronicle, end);
        if (options_form(options) == FORM_JSON)
            print_json(sides, &comparison);
        else
            diff_print_text(stdout, sides, &comparison, option_given(options, "all"));
        comparison_release(&comparison);
        exit_code = strcmp(sides[0].digest, sides[1].digest) == 0 ? EXIT_OK : EXIT_FOUND;
    }
    chronicle_release(&sides[0].chronicle);
    chronicle_release(&sides[1].chronicle);
    return exit_code;
}

int cmd_diff(int argc, char **argv)
{
    struct options options;
    int exit_code;
    if (!options_parse(&verb_diff, argc, argv, &options, &exit_code))
        return exit_code;
    struct loaded loaded[2] = {{0}, {0}};
    char *with = NULL;
    exit_code = options_with(&options, &with);
    for (int side = 0; side < 2 && exit_code == 0; side++)
        exit_code = load_bundle(&loaded[side], options.operands[side], with);
    if (exit_code == 0)
        exit_code = load_facts(&loaded[1], &options, 2);
    if (exit_code == 0)
        exit_code = diff(&options, loaded);
    free(with);
    loaded_release(&loaded[0]);
    loaded_release(&loaded[1]);
    options_release(&options);
    return exit_code;
}
