/* Facts on their way into the inbox. */
#include "shell/intake.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/feed.h"
#include "model/feed_review.h"
#include <stdlib.h>

struct load *load_new(void)
{
    return xcalloc(1, sizeof(struct load));
}

/* On the loop's thread, so that the worker has less to do for the journal. */
static struct fact_content print_content(struct load *load, const struct fact *fact)
{
    buf_clear(&load->scratch);
    struct fact_content content = fact_print_content(&load->scratch, fact);
    content.text = arena_strndup(&load->arena, content.text, content.size);
    return content;
}

void load_add(struct load *load, const struct fact *fact)
{
    struct fact *copy = arena_alloc(&load->arena, sizeof *copy);
    fact_copy(copy, &load->arena, fact);
    load_add_own(load, copy);
}

void load_add_own(struct load *load, struct fact *fact)
{
    fact->content = print_content(load, fact);
    void *facts = load->facts;
    xgrow(&facts, load->count, &load->capacity, sizeof *load->facts);
    load->facts = facts;
    load->facts[load->count++] = fact;
}

void load_offer(struct load *load, struct inbox *inbox,
                void (*answered)(void *arg, const struct tally *tally), void *arg)
{
    load->delivery = (struct delivery){.facts = load->facts,
                                       .count = load->count,
                                       .answered = answered,
                                       .arg = arg,
                                       .from = load->from};
    inbox_put(inbox, &load->delivery);
}

void load_free(struct load *load)
{
    if (!load)
        return;
    arena_release(&load->arena);
    buf_release(&load->scratch);
    free(load->facts);
    free(load);
}

void load_reset(struct load *load)
{
    arena_reset(&load->arena);
    load->count = 0;
}

/* Nobody has logged in here: whoever can write to a topic or a folder could sign as anybody. */
static int refuse_act(struct place place, struct findings *findings)
{
    findings_add(findings, SEV_ERROR, "W005", place,
                 tr("`yujing ctl`, or the API, where people log in",
                    "请使用 yujing ctl 或 API，经登录后操作"),
                 tr("nobody decides this way", "不得以此方式提交决定"));
    return ERR_INVALID;
}

int intake_allows(const struct fact *fact, bool acts, struct place place, struct findings *findings)
{
    if (fact->kind == FACT_DECISION && !acts)
        return refuse_act(place, findings);
    if (fact->kind != FACT_TICK && fact->kind != FACT_POLICY && fact->kind != FACT_FAILURE)
        return 0;
    findings_add(findings, SEV_ERROR, "D020", place,
                 tr("leave it out: the daemon keeps its own", "请删除：守护进程会自行记录"),
                 tr("a %s is not for a source to state", "来源不得上报 %s 类事实"),
                 fact_kind_name(fact->kind));
    return ERR_INVALID;
}

int intake_allows_feed(struct feed *feed, bool acts, const char *name, struct findings *findings)
{
    int err = 0;
    for (size_t i = 0; i < feed_count(feed); i++) {
        if (intake_allows(feed_fact(feed, i), acts, (struct place){.file = name}, findings) < 0)
            err = ERR_INVALID;
    }
    return err;
}

void intake_tell(const struct surroundings *around, uint32_t told_before, struct findings *findings)
{
    log_findings(around->log, "fact.unused", findings);
    findings_release(findings);
    if (told_before < SLIPS_TOLD_MAX && around->told->count >= SLIPS_TOLD_MAX)
        log_event(around->log, LOG_WARNING, "fact.unused",
                  tr("more than %d kinds of facts are not used; no more are told",
                     "不采用的情况已超过 %d 种，此后不再逐一提示"),
                  SLIPS_TOLD_MAX);
}

void intake_review_feed(const struct surroundings *around, const struct feed *feed, int line)
{
    struct findings findings = {0};
    uint32_t before = around->told->count;
    feed_review_new(feed, around->told, &findings);
    for (size_t i = 0; i < findings.count && line > 0; i++)
        findings.items[i].line = line;
    intake_tell(around, before, &findings);
}

void intake_review_fact(const struct surroundings *around, const struct fact *fact,
                        struct place place)
{
    struct findings findings = {0};
    uint32_t before = around->told->count;
    fact_review_new(around->policy, fact, place, around->told, &findings);
    intake_tell(around, before, &findings);
}
