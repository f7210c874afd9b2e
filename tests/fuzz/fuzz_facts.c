/* Any bytes as a file of facts (JSON, JSON Lines or CSV).
 *
 * Every fact that comes out must be its own canonical form's fact; facts come in the order of their
 * arrival; and a table that comes in small pieces gives the same rows as one that comes at once. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "model/feed_parts.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        __builtin_trap();
}

/* Writing and reading again gives the same bytes. */
static void check_fact(const struct fact *fact)
{
    struct arena arena = {0};
    struct findings findings = {0};
    struct buf once = {0}, twice = {0};
    struct fact again;
    struct place place = {"fuzz", 1, 1};
    fact_print(&once, fact);
    check(fact_of_text(&again, &arena, once.data, once.size, 0, place, &findings) == 0);
    fact_print(&twice, &again);
    check(str_equal(once.data, twice.data));
    check(again.arrival == fact->arrival);
    buf_release(&once);
    buf_release(&twice);
    findings_release(&findings);
    arena_release(&arena);
}

static void check_feed(struct feed *feed)
{
    feed_sort(feed, NULL);
    for (size_t i = 0; i < feed_count(feed); i++) {
        check(i == 0 || feed_arrival(feed, i - 1) <= feed_arrival(feed, i));
        check_fact(feed_fact(feed, i));
    }
}

/* The rows of a table that comes `piece` bytes at a time. */
static struct feed *feed_in_pieces(const char *text, size_t size, size_t piece,
                                   struct findings *findings)
{
    struct feed *feed;
    feed_new(&feed, 0, NULL);
    struct csv *csv = csv_new(feed, "fuzz", 0, findings);
    size_t used = 0, come = 0;
    do {
        come = size - come > piece ? come + piece : size;
        used += csv_read(csv, text + used, come - used, come == size);
        check(used <= come);
    } while (come < size);
    csv_free(csv);
    return feed;
}

static void check_pieces(const char *text, size_t size)
{
    struct findings whole_findings = {0}, findings = {0};
    struct feed *whole = feed_in_pieces(text, size, size ? size : 1, &whole_findings);
    struct feed *feed = feed_in_pieces(text, size, 7, &findings);
    check(whole->count == feed->count && whole_findings.count == findings.count);
    for (size_t i = 0; i < whole->count; i++) {
        const struct feed_row *a = &whole->rows[i], *b = &feed->rows[i];
        check(a->time == b->time && a->value == b->value && a->stream == b->stream &&
              a->line == b->line);
    }
    for (size_t i = 0; i < findings.count; i++)
        check(findings.items[i].line == whole_findings.items[i].line &&
              findings.items[i].col == whole_findings.items[i].col);
    feed_free(whole);
    feed_free(feed);
    findings_release(&findings);
    findings_release(&whole_findings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct findings findings = {0};
    struct feed *feed;
    feed_new(&feed, 8 * HOUR_MS, NULL);
    feed_add_text(feed, "fuzz", text, size, 0, &findings);
    check_feed(feed);
    feed_free(feed);
    if (str_utf8_bad(text, size) == size)
        check_pieces(text, size);
    findings_release(&findings);
    return 0;
}
