/* The life of a policy, as people ask for it: checked in a fresh state with its effect shown, taken
 * over, rolled back to, made the shadow.
 *
 * The configured folder is read and compiled on a thread of the pool, so a policy that is broken or
 * huge holds up nothing; what it would do to the open episodes is then worked out on a copy of the
 * state that steps to now and is thrown away. */
#include "base/err.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "model/bundle.h"
#include "shell/api_inner.h"
#include "shell/conf.h"
#include "shell/metrics.h"
#include "store/reigns.h"
#include <stdlib.h>
#include <string.h>

enum { TICKS_MAX = 512 };

struct trial {
    const char *note, *hash; /* hash: of the archive, instead of the folder */
    bool check, shadow;
    char *folder, *with;           /* copied: the pool has no business with the configuration */
    struct generation *generation; /* of the folder, in a fresh state */
    struct findings findings;
    enum approvals approvals;
    bool drill;
    struct buf effect; /* JSON */
    char found[HASH_HEX];
    int fits; /* policies of the archive that the hash begins */
};

static void release(struct call *call)
{
    struct trial *trial = call->state;
    generation_free(trial->generation);
    findings_release(&trial->findings);
    buf_release(&trial->effect);
    free(trial->folder);
    free(trial->with);
    free(trial);
}

static struct trial *new_trial(struct call *call)
{
    const struct conf *conf = call->api->host.conf;
    struct trial *trial = xcalloc(1, sizeof *trial);
    trial->folder = xstrdup(conf->policies);
    trial->with = conf->with ? xstrdup(conf->with) : NULL;
    trial->approvals = (enum approvals)conf->approvals;
    trial->drill = conf->drill;
    call->state = trial;
    call->release = release;
    return trial;
}

/* ---- reading the folder -------------------------------------------------------- */

/* What is tried is what is offered to the pipeline. */
static void read_folder(struct call *call)
{
    struct trial *trial = call->state;
    struct bundle *bundle = NULL;
    struct engine_options options = {.approvals = trial->approvals,
                                     .drill = trial->drill,
                                     .strict = trial->approvals == APPROVALS_BY_FACT};
    int err = bundle_load(&bundle, trial->folder, trial->with, &trial->findings);
    if (err < 0) {
        bundle_free(bundle);
    } else {
        call->bundle = bundle_share(bundle);
        if (generation_new(&trial->generation, bundle, &options, &trial->findings) < 0)
            trial->generation = NULL;
    }
    xtrim();
}

static void print_findings(struct json_writer *writer, const struct findings *findings)
{
    static const char *const severities[] = {"error", "warning", "review"};
    jw_key(writer, "findings");
    jw_begin(writer, '[');
    for (size_t i = 0; i < findings->count && i < API_ROWS_MAX; i++) {
        const struct finding *finding = &findings->items[i];
        jw_begin(writer, '{');
        put_text(writer, "file", finding->file);
        put_int(writer, "line", finding->line);
        put_int(writer, "col", finding->col);
        put_text(writer, "severity", severities[finding->severity]);
        put_text(writer, "code", finding->code);
        put_text(writer, "message", finding->message);
        put_text(writer, "hint", finding->hint);
        jw_end(writer, '}');
    }
    jw_end(writer, ']');
    put_int(writer, "errors", (int64_t)findings->errors);
    put_int(writer, "warnings", (int64_t)findings->warnings);
}

/* ---- its effect ------------------------------------------------------------------- */

struct effect {
    struct json_writer *writer;
    int counts[DECISION_KINDS_ALL];
    span_ms zone;
};

static void add_step(struct effect *effect, const struct step *step)
{
    for (size_t i = 0; i < step->count; i++) {
        const struct decision *decision = &step->decisions[i];
        struct buf line = {0};
        effect->counts[decision->kind]++;
        if (decision->order)
            continue;
        decision_print(&line, decision, effect->zone);
        jw_raw(effect->writer, buf_str(&line));
        buf_release(&line);
    }
}

static void step_to(struct effect *effect, struct engine *engine, instant_ms now)
{
    struct step step;
    instant_ms due;
    for (int i = 0; i < TICKS_MAX; i++) {
        due = engine_due_by(engine, now);
        struct fact tick = {.kind = FACT_TICK, .source = "yujing", .id = ""};
        tick.arrival = tick.time = due == INSTANT_NONE ? now : due;
        if (engine_step(engine, &tick, &step) == 0)
            add_step(effect, &step);
        if (due == INSTANT_NONE)
            break;
    }
}

/* What the policy in force says now, and what this one would say of the same episodes. */
static void print_effect(struct call *call, const struct view *view, struct json_writer *writer)
{
    struct trial *trial = call->state;
    struct effect effect = {.writer = writer, .zone = call->zone};
    struct engine *engine = trial->generation->engine;
    struct buf status = {0};
    char *dropped = NULL;
    instant_ms last = engine_now(view->live->engine), now = call_now(call, view);
    if (generation_inherit(trial->generation, view->live, &dropped) < 0) {
        call_deny(
            call, 409, "%s",
            tr("the state cannot be carried over to this policy", "现行状态无法转入该预案版本"));
        return;
    }
    jw_key(writer, "decisions");
    jw_begin(writer, '[');
    step_to(&effect, engine, now > last ? now : last);
    jw_end(writer, ']');
    put_int(writer, "orders", effect.counts[DECISION_ORDER]);
    put_int(writer, "releases", effect.counts[DECISION_RELEASE]);
    put_text(writer, "dropped", dropped);
    engine_status(view->live->engine, &status);
    jw_key(writer, "before");
    jw_raw(writer, buf_str(&status));
    buf_clear(&status);
    engine_status(engine, &status);
    jw_key(writer, "after");
    jw_raw(writer, buf_str(&status));
    buf_release(&status);
    free(dropped);
}

static void look_at_effect(struct call *call, const struct view *view)
{
    struct trial *trial = call->state;
    struct json_writer writer = {.buf = &call->out};
    jw_begin(&writer, '{');
    put_text(&writer, "policy", generation_hash(trial->generation));
    put_text(&writer, "in_force", generation_hash(view->live));
    print_findings(&writer, &trial->findings);
    print_effect(call, view, &writer);
    if (call->status < 400)
        jw_end(&writer, '}');
}

/* ---- check and reload ---------------------------------------------------------------- */

/* For those who watch the metrics: another policy was wanted than the one in force. */
static void count_reload(struct call *call, bool fine)
{
    if (call->api->host.metrics)
        metrics_set(call->api->host.metrics, "yujing_policy_last_reload_success", NULL, fine);
}

/* A policy that does not hold is answered with everything that is wrong with it. */
static void answer_findings(struct call *call)
{
    struct trial *trial = call->state;
    struct json_writer writer = {.buf = &call->out};
    call->status = 422;
    call->type = "application/problem+json";
    jw_begin(&writer, '{');
    put_int(&writer, "status", 422);
    put_text(&writer, "title", http_status_text(422));
    put_text(&writer, "detail",
             tr("the policy does not hold; the one in force stays", "预案有误，继续执行现行版本"));
    print_findings(&writer, &trial->findings);
    jw_end(&writer, '}');
    log_event(call->api->host.log, LOG_WARNING, "refused", "%s %s %s: %zu errors",
              call->route->name, call->who, call->peer, trial->findings.errors);
    if (!trial->check)
        count_reload(call, false);
    call_answer(call);
}

/* From here on it is an act like any other. */
static void become_act(struct call *call, enum decision_act kind, const char *given)
{
    struct trial *trial = call->state;
    const char *hash = arena_strdup(&call->arena, given), *note = trial->note;
    bool shadow = trial->shadow;
    release(call);
    call->release = NULL;
    act_of_policy(call, kind, note, hash, shadow);
}

static void offer_folder(struct call *call)
{
    struct trial *trial = call->state;
    if (!trial->shadow)
        count_reload(call, true); /* it may be the one in force, and then no turn says so */
    become_act(call, ACT_RELOAD, generation_hash(trial->generation));
}

static void go_on(struct call *call)
{
    struct trial *trial = call->state;
    if (!trial->generation) {
        answer_findings(call);
    } else if (trial->check) {
        call_audit(call, "policy-check", generation_hash(trial->generation));
        call_look(call, look_at_effect, NULL);
    } else {
        offer_folder(call);
    }
}

void api_policy_check(struct call *call)
{
    if (!call_body(call, NULL, NULL))
        return;
    new_trial(call)->check = true;
    call_work(call, read_folder, go_on);
}

void api_policy_reload(struct call *call)
{
    const char *note;
    if (!call_body(call, "note", NULL) || !call_need_text(call, "note", &note))
        return;
    new_trial(call)->note = note;
    call_work(call, read_folder, go_on);
}

/* ---- what is kept --------------------------------------------------------------------- */

static int compare_reign(void *arg, const struct reign *reign)
{
    struct trial *trial = arg;
    if (!str_starts(reign->hash, trial->hash) || str_equal(trial->found, reign->hash))
        return 0;
    trial->fits++;
    memcpy(trial->found, reign->hash, sizeof trial->found);
    return 0;
}

static void look_for_policy(struct call *call, const struct view *view)
{
    struct trial *trial = call->state;
    trial->fits = 0;
    if (reigns_read(view->store, compare_reign, trial) < 0)
        call_deny_store(call, view);
    else if (trial->fits == 0)
        call_deny(call, 404, "%s", tr("no such policy was ever in force", "没有曾经生效的该版本"));
    else if (trial->fits > 1)
        call_deny(call, 409, "%s",
                  tr("more digits: several begin like that", "版本号过短，存在多个匹配"));
}

static void act_on_found(struct call *call)
{
    struct trial *trial = call->state;
    become_act(call, trial->shadow ? ACT_RELOAD : ACT_ROLLBACK, trial->found);
}

static bool read_hash(struct call *call, struct trial *trial)
{
    if (!call_need_text(call, "hash", &trial->hash))
        return false;
    size_t size = strlen(trial->hash);
    if (size >= HASH_DIGITS_MIN && size < HASH_HEX)
        return true;
    call_refuse(
        call, 400,
        size < HASH_HEX
            ? tr("a policy is named by %d digits of its number or more", "预案版本号至少须写 %d 位")
            : tr("the number of a policy has no more than %d digits", "预案版本号不超过 %d 位"),
        size < HASH_HEX ? HASH_DIGITS_MIN : HASH_HEX - 1);
    return false;
}

void api_policy_rollback(struct call *call)
{
    if (!call_body(call, "note", "hash", NULL))
        return;
    struct trial *trial = new_trial(call);
    if (call_need_text(call, "note", &trial->note) && read_hash(call, trial))
        call_look(call, look_for_policy, act_on_found);
}

/* ---- the shadow -------------------------------------------------------------------------- */

/* Of the folder, or of the archive, or "none". */
void api_policy_shadow(struct call *call)
{
    const char *hash;
    if (!call_body(call, "note", "hash", NULL))
        return;
    struct trial *trial = new_trial(call);
    if (!call_need_text(call, "note", &trial->note) || !call_text(call, "hash", &hash))
        return;
    trial->shadow = true;
    if (!hash) {
        call_work(call, read_folder, go_on);
    } else if (str_equal(hash, "none")) {
        become_act(call, ACT_RELOAD, hash);
    } else if (read_hash(call, trial)) {
        call_look(call, look_for_policy, act_on_found);
    }
}
