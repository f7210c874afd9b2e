/* The spool of the MQTT subscriber: every message that the library has handed on and whose facts
 * are not committed yet.
 *
 * The library has a spool of its own, but it empties that message by message as we take them, and
 * after a crash hands on one a second.  So what is taken is written here first.  Two files,
 * appended to in turns; one is emptied when all that it holds was let go.
 *
 *     SPOOL/held-0, SPOOL/held-1     records: u32 size of the rest, u32 CRC-32 of it, then
 *                                    i64 number, u32 size and topic, u32 size and bytes
 *
 * Half a record at the end is a message that was not taken: the library has it still.  Of its own
 * files, SPOOL/CLIENT-HOST-PORT/q-NUMBER.msg, a crash may leave a half as well, and it reads beyond
 * the end of such a one; so they are taken away before it looks. */
#ifndef SHELL_MQTT_SPOOL_H
#define SHELL_MQTT_SPOOL_H

#include <stddef.h>

struct findings;
struct mqtt_spool;
/* ERR_… with a finding. */
int mqtt_spool_open(struct mqtt_spool **ret_spool, const char *folder, struct findings *findings);
void mqtt_spool_close(struct mqtt_spool *spool); /* NULL is fine; what is held stays */

/* What was held when we ended, the oldest first: each is held again, in the file of that number. */
void mqtt_spool_each(struct mqtt_spool *spool,
                     void (*each)(void *arg, const char *topic, const void *bytes, size_t size,
                                  int file),
                     void *arg);

/* From any thread.  The number of the file in which the message is held now, or ERR_IO: it is not.
 */
int mqtt_spool_hold(struct mqtt_spool *spool, const char *topic, const void *bytes, size_t size);
/* From any thread: its facts are committed. */
void mqtt_spool_let_go(struct mqtt_spool *spool, int file);

#endif
