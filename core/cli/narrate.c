/* See narrate.h. */
#include "cli/narrate.h"
#include "base/buf.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "cli/output.h"
#include "cli/summary.h"
#include "cli/words.h"
#include "model/policy.h"
#include <stdlib.h>
#include <string.h>

enum { LABEL_COLUMNS = 10 };

void narrator_init(struct narrator *narrator, FILE *stream, const struct policy *policy)
{
    *narrator = (struct narrator){.stream = stream, .policy = policy};
}

/* ---- counting
 * -------------------------------------------------------------------------------------- */

static void tally_add(struct tally *tally, const char *name, size_t size)
{
    char word[96];
    snprintf(word, sizeof word, "%.*s", (int)size, name);
    int number = intern_add(&tally->names, word);
    if ((size_t)number >= tally->capacity) {
        size_t old = tally->capacity;
        tally->capacity = old > 0 ? old * 2 : 32;
        tally->counts = xrealloc(tally->counts, tally->capacity * sizeof *tally->counts);
        memset(tally->counts + old, 0, (tally->capacity - old) * sizeof *tally->counts);
    }
    tally->counts[number]++;
}

static void tally_release(struct tally *tally)
{
    intern_release(&tally->names);
    free(tally->counts);
    *tally = (struct tally){0};
}

/* The kinds of measure in an order, each counted once, by the `do` keys.  The array is our own
 * canonical JSON, in which a quote inside a text is escaped, so the pattern cannot stand inside
 * one. */
static void tally_measures(struct narrator *narrator, const char *measures)
{
    static const char key[] = "\"do\":\"";
    const char *seen[4];
    size_t count = 0;
    for (const char *at = measures; (at = strstr(at, key)) != NULL;) {
        at += sizeof key - 1;
        char id[64];
        snprintf(id, sizeof id, "%.*s", (int)strcspn(at, "\""), at);
        const char *kind = words_measure_kind(narrator->policy, id);
        bool known = false;
        for (size_t i = 0; i < count && !known; i++)
            known = seen[i] == kind;
        if (known || count == sizeof seen / sizeof *seen)
            continue;
        seen[count++] = kind;
        tally_add(&narrator->kinds, kind, strlen(kind));
    }
}

/* The largest that is below the last one shown, ties by first sight; `count` when none is left. */
static size_t next_largest(const struct tally *tally, size_t below, size_t after)
{
    size_t best = tally->names.count;
    for (size_t i = 0; i < tally->names.count; i++) {
        bool left = tally->counts[i] < below || (tally->counts[i] == below && i > after);
        if (left && (best == tally->names.count || tally->counts[i] > tally->counts[best]))
            best = i;
    }
    return best;
}

/* "铁西区 117   于洪区 87 …", the largest first, over as many lines as it takes. */
static void print_tally(struct narrator *narrator, const struct tally *tally,
                        const char *(*words)(const struct policy *, const char *))
{
    enum { LINE_COLUMNS = 96, INDENT = 4 + LABEL_COLUMNS };
    int column = 0;
    size_t below = SIZE_MAX, at = 0;
    for (size_t shown = 0; shown < tally->names.count; shown++) {
        at = next_largest(tally, below, at);
        below = tally->counts[at];
        const char *name = intern_name(&tally->names, (int)at);
        char *item = xasprintf("%s %zu", words ? words(narrator->policy, name) : name, below);
        int width = str_columns(item);
        bool first = shown == 0, wraps = column + 3 + width > LINE_COLUMNS;
        if (first || wraps)
            fprintf(narrator->stream, "%s%*s", first ? "" : "\n", INDENT, "");
        fprintf(narrator->stream, "%s%s", first || wraps ? "" : "   ", item);
        column = first || wraps ? INDENT + width : column + 3 + width;
        free(item);
    }
    if (tally->names.count > 0)
        fputc('\n', narrator->stream);
}

/* ---- one block
 * ------------------------------------------------------------------------------------- */

static void label(struct narrator *narrator, const char *text)
{
    fprintf(narrator->stream, "    %s", ink(narrator->stream, INK_DIM));
    print_padded(narrator->stream, text, LABEL_COLUMNS);
    fputs(ink_end(narrator->stream), narrator->stream);
}

static void print_when(struct narrator *narrator, instant_ms at)
{
    struct buf when = {0};
    words_when(&when, at, narrator->policy->zone);
    fprintf(narrator->stream, "%s%s%s", ink(narrator->stream, INK_BOLD), buf_str(&when),
            ink_end(narrator->stream));
    buf_release(&when);
}

/* 橙色（Ⅱ级） */
static void print_level(struct narrator *narrator, const char *level, bool with_response)
{
    int position = level && with_response ? policy_level(narrator->policy, level) : -1;
    const char *response = position >= 0 ? narrator->policy->levels[position].response : NULL;
    fprintf(narrator->stream, "%s%s%s", ink(narrator->stream, level_ink(level)),
            words_level(narrator->policy, level), ink_end(narrator->stream));
    if (response)
        fprintf(narrator->stream, tr(" (%s)", "（%s）"), response);
}

static const char *sign_of(enum decision_kind kind)
{
    static const char *const signs[] = {
        [DECISION_ISSUE] = "●",    [DECISION_RAISE] = "▲",   [DECISION_LOWER] = "▼",
        [DECISION_LIFT] = "○",     [DECISION_REOPEN] = "◎",  [DECISION_ROTA_START] = "◆",
        [DECISION_ROTA_END] = "◇", [DECISION_TASK] = "→",    [DECISION_ALARM] = "!",
        [DECISION_CLEAR] = "·",    [DECISION_PROPOSE] = "?", [DECISION_EVIDENCE] = "=",
        [DECISION_ACT] = "✎",
    };
    return signs[kind] ? signs[kind] : " ";
}

/* Levels only where the decision has any: a rota has none. */
static void print_levels(struct narrator *narrator, const struct decision *decision)
{
    if (!decision_is_passage(decision->kind) || (!decision->level && !decision->from))
        return;
    fputs("  ", narrator->stream);
    print_level(narrator, decision->from, false);
    fputs(" → ", narrator->stream);
    print_level(narrator, decision->level, true);
}

/* 2015-11-04 周三 16:00  ▲ 升级  橙色 → 红色  重污染天气预警 */
static void print_headline(struct narrator *narrator, const struct decision *decision)
{
    const struct rule *rule = decision->source;
    print_when(narrator, decision->at);
    fprintf(narrator->stream, "  %s ", sign_of(decision->kind));
    fputs(words_kind(decision->kind), narrator->stream);
    print_levels(narrator, decision);
    bool titled = rule && rule->title && lang_get() == LANG_ZH;
    const char *name = titled ? rule->title : decision->rule ? decision->rule : "";
    bool placed = rule && rule->area >= 0;
    fprintf(narrator->stream, "  %s%s%s%s%s\n", ink(narrator->stream, INK_DIM), name,
            placed ? " · " : "", placed ? narrator->policy->areas[rule->area].name : "",
            ink_end(narrator->stream));
}

static void print_because(struct narrator *narrator, const struct decision *decision)
{
    for (int i = 0; i < decision->because_count; i++) {
        struct buf words = {0};
        words_because(&words, decision->because[i]);
        label(narrator, i == 0 ? tr("because", "依据") : "");
        fprintf(narrator->stream, "%s\n", buf_str(&words));
        buf_release(&words);
    }
}

static void print_begin(struct narrator *narrator, const struct decision *decision)
{
    if (decision->begin == INSTANT_NONE || !decision->level)
        return;
    struct buf words = {0};
    bool ahead = decision->begin > decision->at;
    words_when(&words, ahead ? decision->begin : decision->at, narrator->policy->zone);
    if (ahead) {
        buf_puts(&words, tr(", in ", "（"));
        words_span(&words, decision->begin - decision->at);
        buf_puts(&words, tr("", "后）"));
    } else if (decision->begin < decision->at) {
        buf_puts(&words, tr(" (at once; the warning began ", "（即时；预警自"));
        words_when(&words, decision->begin, narrator->policy->zone);
        buf_puts(&words, tr(")", "起）"));
    }
    label(narrator, tr("in force", "生效"));
    fprintf(narrator->stream, "%s\n", buf_str(&words));
    buf_release(&words);
}

/* ：新增 600，变更 12；另有 230 家不变 */
static void print_changes(struct narrator *narrator)
{
    const char *const words[] = {
        [ORDER_NEW] = tr("new", "新增"),
        [ORDER_CHANGED] = tr("changed", "变更"),
        [ORDER_RELEASED] = tr("released", "解除"),
    };
    bool first = true;
    for (int change = ORDER_NEW; change <= ORDER_RELEASED; change++) {
        if (narrator->changes[change] == 0)
            continue;
        fprintf(narrator->stream, "%s%s %zu", first ? tr(": ", "：") : tr(", ", "，"),
                words[change], narrator->changes[change]);
        first = false;
    }
    if (narrator->untouched > 0)
        fprintf(narrator->stream, tr("; %zu more stay as they are", "；另有 %zu 家不变"),
                narrator->untouched);
}

static void print_orders(struct narrator *narrator)
{
    if (narrator->orders + narrator->releases == 0)
        return;
    label(narrator, tr("orders", "指令"));
    fprintf(narrator->stream, tr("%zu recipients", "%zu 家"),
            narrator->orders + narrator->releases);
    if (narrator->planned)
        print_changes(narrator);
    fputc('\n', narrator->stream);
    print_tally(narrator, &narrator->kinds, NULL);
    print_tally(narrator, &narrator->districts, words_district);
}

static void close_block(struct narrator *narrator)
{
    if (!narrator->open)
        return;
    narrator->open = false;
    print_orders(narrator);
    if (narrator->planned && narrator->head.level && shares_known(narrator->shares)) {
        label(narrator, tr("cut", "减排"));
        print_shares(narrator->stream, narrator->shares);
    }
    if (narrator->planned && narrator->orders + narrator->releases > 0) {
        label(narrator, tr("plan", "方案"));
        fprintf(narrator->stream, "%.16s\n", narrator->plan);
    }
    fputc('\n', narrator->stream);
    arena_reset(&narrator->arena);
    tally_release(&narrator->kinds);
    tally_release(&narrator->districts);
    narrator->orders = narrator->releases = 0;
}

static void take_plan(struct narrator *narrator, const struct plan *plan)
{
    memcpy(narrator->shares, plan->shares, sizeof narrator->shares);
    memcpy(narrator->plan, plan->hash, sizeof narrator->plan);
    memset(narrator->changes, 0, sizeof narrator->changes);
    for (size_t i = 0; i < plan->count; i++)
        narrator->changes[plan->orders[i].change]++;
    narrator->untouched = plan->untouched;
}

static void open_block(struct narrator *narrator, const struct decision *decision)
{
    narrator->open = true;
    narrator->head = (struct decision){.at = decision->at, .kind = decision->kind};
    if (decision->level)
        narrator->head.level = arena_strdup(&narrator->arena, decision->level);
    if (decision->episode)
        narrator->head.episode = arena_strdup(&narrator->arena, decision->episode);
    narrator->planned = decision->plan != NULL;
    if (decision->plan)
        take_plan(narrator, decision->plan);
    print_headline(narrator, decision);
    print_because(narrator, decision);
    print_begin(narrator, decision);
}

static void count_order(struct narrator *narrator, const struct decision *decision)
{
    const struct registry *registry = &narrator->policy->registry;
    int position = decision->to ? registry_find(registry, decision->to) : -1;
    const char *district = position >= 0 ? registry->recipients[position].district : NULL;
    if (decision->kind == DECISION_RELEASE)
        narrator->releases++;
    else
        narrator->orders++;
    if (decision->kind == DECISION_ORDER && decision->measures)
        tally_measures(narrator, decision->measures);
    if (district)
        tally_add(&narrator->districts, district, strlen(district));
}

/* ---- tasks and alarms
 * ------------------------------------------------------------------------------- */

static void end_alarms(struct narrator *narrator)
{
    if (narrator->alarms_again > 0) {
        label(narrator, "");
        fprintf(narrator->stream, tr("… and %zu more like it\n", "……同类报警另有 %zu 次\n"),
                narrator->alarms_again);
    }
    narrator->alarms_again = 0;
    free(narrator->last_alarm);
    narrator->last_alarm = NULL;
}

/* What kind of alarm it is: its rule and its reason without the figures. */
static char *alarm_kind(const struct decision *decision)
{
    struct buf kind = {0};
    buf_puts(&kind, decision->rule ? decision->rule : "");
    const char *reason = decision->because_count > 0 ? decision->because[0] : "";
    for (; *reason; reason++)
        if (*reason < '0' || *reason > '9')
            buf_putc(&kind, *reason);
    return buf_detach(&kind);
}

/* An alarm of the same kind again, with nothing else in between, is only counted. */
static bool told_already(struct narrator *narrator, const struct decision *decision)
{
    char *kind = decision->kind == DECISION_ALARM ? alarm_kind(decision) : NULL;
    bool again = kind && str_equal(narrator->last_alarm, kind);
    if (again) {
        narrator->alarms_again++;
        free(kind);
        return true;
    }
    end_alarms(narrator);
    narrator->last_alarm = kind;
    return false;
}

static void print_short(struct narrator *narrator, const struct decision *decision)
{
    if (told_already(narrator, decision))
        return;
    narrator->loose = true;
    print_headline(narrator, decision);
    if (decision->to) {
        label(narrator, tr("to", "对象"));
        fprintf(narrator->stream, "%s\n", words_recipient(narrator->policy, decision->to));
    }
    if (decision->text) {
        label(narrator, tr("text", "内容"));
        int first_line = (int)strcspn(decision->text, "\n");
        fprintf(narrator->stream, "%.*s\n", first_line, decision->text);
    }
    /* An alarm's own Chinese text says what its reason says. */
    if (lang_get() != LANG_ZH || !decision->text)
        print_because(narrator, decision);
}

void narrate(struct narrator *narrator, const struct decision *decision)
{
    if (decision->kind == DECISION_ORDER || decision->kind == DECISION_RELEASE) {
        count_order(narrator, decision);
        return;
    }
    close_block(narrator);
    if (decision_is_passage(decision->kind)) {
        end_alarms(narrator);
        if (narrator->loose)
            fputc('\n', narrator->stream);
        narrator->loose = false;
        open_block(narrator, decision);
    } else {
        print_short(narrator, decision);
    }
}

/* ---- beginning and end
 * ------------------------------------------------------------------------------ */

void narrate_head(struct narrator *narrator, const char *bundle_hash, size_t facts,
                  instant_ms first, instant_ms last)
{
    FILE *stream = narrator->stream;
    fprintf(stream, "%s%s%s\n", ink(stream, INK_BOLD), narrator->policy->authority,
            ink_end(stream));
    fprintf(stream, tr("policy %.12s · %zu facts", "政策包 %.12s · 事实 %zu 条"), bundle_hash,
            facts);
    if (facts > 0) {
        struct buf span = {0};
        words_when(&span, first, narrator->policy->zone);
        buf_puts(&span, " — ");
        words_when(&span, last, narrator->policy->zone);
        fprintf(stream, " · %s", buf_str(&span));
        buf_release(&span);
    }
    fputs("\n\n", stream);
}

void narrate_end(struct narrator *narrator, const struct chronicle *chronicle, const char *digest)
{
    close_block(narrator);
    end_alarms(narrator);
    if (narrator->loose)
        fputc('\n', narrator->stream);
    summary_print(narrator->stream, chronicle, digest);
}

void narrator_release(struct narrator *narrator)
{
    tally_release(&narrator->kinds);
    tally_release(&narrator->districts);
    arena_release(&narrator->arena);
    free(narrator->last_alarm);
    *narrator = (struct narrator){0};
}
