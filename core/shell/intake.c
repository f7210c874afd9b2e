/* Facts on their way into the inbox. */
#include "shell/intake.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "model/feed.h"
#include <stdlib.h>

struct load *load_new(void)
{
    return xcalloc(1, sizeof(struct load));
}

void load_add(struct load *load, const struct fact *fact)
{
    struct fact *copy = arena_alloc(&load->arena, sizeof *copy);
    fact_copy(copy, &load->arena, fact);
    void *facts = load->facts;
    xgrow(&facts, load->count, &load->capacity, sizeof *load->facts);
    load->facts = facts;
    load->facts[load->count++] = copy;
}

void load_offer(struct load *load, struct inbox *inbox,
                void (*answered)(void *arg, const struct tally *tally), void *arg)
{
    load->delivery = (struct delivery){
        .facts = load->facts, .count = load->count, .answered = answered, .arg = arg};
    inbox_put(inbox, &load->delivery);
}

void load_free(struct load *load)
{
    if (!load)
        return;
    arena_release(&load->arena);
    free(load->facts);
    free(load);
}

int intake_allows(const struct fact *fact, struct place place, struct findings *findings)
{
    if (fact->kind != FACT_TICK && fact->kind != FACT_POLICY && fact->kind != FACT_FAILURE)
        return 0;
    findings_add(findings, SEV_ERROR, "D020", place,
                 tr("leave it out: the daemon keeps its own", "请删除：守护进程会自行记录"),
                 tr("a %s is not for a source to state", "来源不得上报 %s 类事实"),
                 fact_kind_name(fact->kind));
    return ERR_INVALID;
}

int intake_allows_feed(struct feed *feed, const char *name, struct findings *findings)
{
    int err = 0;
    for (size_t i = 0; i < feed_count(feed); i++) {
        if (intake_allows(feed_fact(feed, i), (struct place){.file = name}, findings) < 0)
            err = ERR_INVALID;
    }
    return err;
}
