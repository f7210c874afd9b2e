/* The Atom feed of a folder of CAP messages: the newest of them, newest first.
 *
 * It is made of the files themselves, so it is right after any restart; used by one thread at a
 * time. */
#ifndef SHELL_CAP_FEED_H
#define SHELL_CAP_FEED_H

#include "base/when.h"
#include <stdbool.h>
#include <stddef.h>

struct buf;
struct cap_gateway;

struct cap_feed;
/* Reads what is in the folder; what is no CAP message is passed over.  `actual_only`: a test is not
 * listed.  `gateway` is borrowed. */
struct cap_feed *cap_feed_new(const struct cap_gateway *gateway, bool actual_only);
void cap_feed_free(struct cap_feed *feed); /* NULL is fine */
/* Takes a message in, or again, under the name of its file. */
void cap_feed_add(struct cap_feed *feed, const char *file, const void *bytes, size_t size);
void cap_feed_print(const struct cap_feed *feed, struct buf *buf);

#endif
