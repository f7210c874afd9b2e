/* Intake: text that a source has read, made into a delivery of facts.
 *
 * All sources share it, so that all check alike.  Facts that only we may state (ticks, policy
 * changes, failures) are refused from outside. */
#ifndef SHELL_INTAKE_H
#define SHELL_INTAKE_H

#include "base/arena.h"
#include "base/buf.h"
#include "shell/inbox.h"
#include "shell/log.h"

struct feed;
struct intern;
struct policy;

/* What a source works with.  Borrowed, for as long as the source lives. */
struct surroundings {
    struct uv_loop_s *loop;
    struct inbox *inbox;
    const struct log *log;
    const struct policy *policy;
    size_t delivery_facts_max; /* so that a delivery fits a turn */
    struct intern *told;       /* the slips that the log has been told of, by all sources */
    bool acts; /* may come as facts: where nothing leaves in earnest, and people are played too */
};

/* A delivery with the memory of its facts. */
struct load {
    struct arena arena;
    const char *from; /* see struct delivery */
    const struct fact **facts;
    size_t count, capacity;
    struct buf scratch; /* one fact's content while it is printed */
    struct delivery delivery;
};
struct load *load_new(void);
void load_add(struct load *load, const struct fact *fact); /* copied */
/* The same for a fact that stands in the load's own arena already. */
void load_add_own(struct load *load, struct fact *fact);
/* Puts it into the inbox.  `answered` frees the load (load_free), whatever else it does. */
void load_offer(struct load *load, struct inbox *inbox,
                void (*answered)(void *arg, const struct tally *tally), void *arg);
void load_free(struct load *load);
/* Empties an answered load, to be filled again; what it was filled with is forgotten. */
void load_reset(struct load *load);

/* 0 when the outside may state such a fact; else ERR_INVALID and one finding: D020 for what we
 * alone state, W005 for what people decide, unless `acts`. */
int intake_allows(const struct fact *fact, bool acts, struct place place,
                  struct findings *findings);
/* The same for all facts of a feed. */
int intake_allows_feed(struct feed *feed, bool acts, const char *name, struct findings *findings);

/* Tells the log of what is taken and will count for nothing, each slip once (model/feed_review.h);
 * line > 0: where all of the feed stood. */
void intake_review_feed(const struct surroundings *around, const struct feed *feed, int line);
/* The same of what was reviewed elsewhere; `told` had so many then.  Releases the findings. */
void intake_tell(const struct surroundings *around, uint32_t told_before,
                 struct findings *findings);
void intake_review_fact(const struct surroundings *around, const struct fact *fact,
                        struct place place);

#endif
