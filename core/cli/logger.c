/* Uploads in a list, oldest first; the first `window` of them are under way. */
#include "cli/logger.h"
#include "base/arena.h"
#include "base/xalloc.h"
#include "model/hj212_frame.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEARTBEAT = 9015, QN_ROOM = 24 };

/* One packet of an upload. */
struct part {
    char qn[QN_ROOM];
    char *text;
    size_t size;
    bool answered;
};
struct entry {
    struct entry *next;
    char mn[64];
    int command, tries;
    int unheard; /* tries of this connection */
    struct part *parts;
    int part_count;
    bool asks, under_way, quiet; /* quiet: a heartbeat, nobody is told of */
    instant_ms due;
    /* To write it again as late data; NULL: it came as a packet. */
    char *cp;
    instant_ms qn_at;
};
struct logger {
    struct logger_options options;
    struct entry *first, **last;
    size_t open, under_way;
    struct hj212_framer framer;
    struct arena arena;
    struct buf out;
    instant_ms last_qn, beat_due;
    char password[32];
    bool connected, unusable;
};

struct logger_options logger_defaults(void)
{
    return (struct logger_options){.st = "22",
                                   .edition = HJ212_2017,
                                   .timeout = 10 * SECOND_MS,
                                   .resends = 3,
                                   .zone = 8 * HOUR_MS,
                                   .window = 1};
}

struct logger *logger_new(const struct logger_options *options)
{
    struct logger *logger = xcalloc(1, sizeof *logger);
    logger->options = *options;
    logger->last = &logger->first;
    logger->beat_due = INT64_MAX;
    snprintf(logger->password, sizeof logger->password, "%s",
             options->password ? options->password : "");
    return logger;
}

/* ---- entries --------------------------------------------------------------- */

static void drop_parts(struct entry *entry)
{
    for (int i = 0; i < entry->part_count; i++)
        free(entry->parts[i].text);
    free(entry->parts);
    entry->parts = NULL;
    entry->part_count = 0;
}

static void entry_free(struct entry *entry)
{
    drop_parts(entry);
    free(entry->cp);
    free(entry);
}

static struct entry *add_entry(struct logger *logger, const char *mn, int command)
{
    struct entry *entry = xcalloc(1, sizeof *entry);
    snprintf(entry->mn, sizeof entry->mn, "%s", mn);
    entry->command = command;
    *logger->last = entry;
    logger->last = &entry->next;
    return entry;
}

static void remove_entry(struct logger *logger, struct entry *entry)
{
    struct entry **link = &logger->first;
    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
    if (!*link)
        logger->last = link;
    logger->under_way -= entry->under_way;
    logger->open -= !entry->quiet;
    entry_free(entry);
}

static void end(struct logger *logger, struct entry *entry, bool acknowledged)
{
    struct logger_outcome outcome = {.qn = entry->parts[0].qn,
                                     .mn = entry->mn,
                                     .command = entry->command,
                                     .asked = entry->asks,
                                     .acknowledged = acknowledged,
                                     .tries = entry->tries};
    if (!entry->quiet)
        logger->options.done(logger->options.arg, &outcome);
    remove_entry(logger, entry);
}

void logger_free(struct logger *logger)
{
    if (!logger)
        return;
    while (logger->first)
        remove_entry(logger, logger->first);
    hj212_framer_release(&logger->framer);
    arena_release(&logger->arena);
    buf_release(&logger->out);
    free(logger);
}

/* ---- writing ----------------------------------------------------------------- */

/* Takes the packets of one upload apart, and seals each. */
static void keep_parts(const struct logger *logger, struct entry *entry, const struct buf *plain)
{
    struct buf sealed = {0};
    bool seals = logger->options.key && hj212_seals(entry->command);
    int count = 0;
    for (const char *at = plain->data, *stop; at < plain->data + plain->size; at = stop) {
        stop = (const char *)memmem(at, (size_t)(plain->data + plain->size - at), "\r\n", 2) + 2;
        struct part *part = &entry->parts[count];
        hj212_stamp(part->qn, entry->qn_at + count++, logger->options.zone);
        part->size = (size_t)(stop - at);
        if (seals && hj212_seal(&sealed, logger->options.key, at, part->size) == 0) {
            part->size = sealed.size;
            part->text = buf_detach(&sealed);
        } else {
            part->text = xstrndup(at, part->size);
        }
    }
}

/* Numbers go on by the millisecond, and one entry takes as many as it has parts. */
static int write_entry(struct logger *logger, struct entry *entry, bool late)
{
    const struct logger_options *options = &logger->options;
    char cn[16];
    struct buf plain = {0};
    snprintf(cn, sizeof cn, "%04d", entry->command);
    struct hj212_letter letter = {.st = hj212_text_of(options->st),
                                  .cn = hj212_text_of(cn),
                                  .pw = hj212_text_of(logger->password),
                                  .mn = hj212_text_of(entry->mn),
                                  .flag = (int)options->edition << HJ212_FLAG_VERSION_SHIFT |
                                          HJ212_FLAG_ANSWER,
                                  .resend = late && options->edition == HJ212_2025};
    size_t part_bytes = options->part_bytes ? options->part_bytes : HJ212_SEGMENT_MAX;
    int count = hj212_print_parts(&plain, &letter, entry->qn_at, options->zone, entry->cp,
                                  strlen(entry->cp), part_bytes);
    if (count > 0) {
        bool *answered = xcalloc((size_t)count, sizeof *answered);
        for (int i = 0; i < entry->part_count; i++)
            answered[i] = entry->parts[i].answered;
        drop_parts(entry);
        entry->parts = xcalloc((size_t)count, sizeof *entry->parts);
        entry->part_count = count;
        keep_parts(logger, entry, &plain);
        for (int i = 0; i < count; i++)
            entry->parts[i].answered = answered[i];
        free(answered);
    }
    buf_release(&plain);
    return count < 0 ? count : 0;
}

int logger_upload(struct logger *logger, const char *mn, int command, const char *cp,
                  instant_ms now)
{
    struct entry *entry = add_entry(logger, mn ? mn : logger->options.mn, command);
    entry->quiet = command == HEARTBEAT;
    logger->open += !entry->quiet;
    entry->asks = true;
    entry->cp = xstrdup(cp);
    entry->qn_at = now > logger->last_qn ? now : logger->last_qn + 1;
    int err = write_entry(logger, entry, false);
    if (err < 0)
        remove_entry(logger, entry);
    else
        logger->last_qn = entry->qn_at + entry->part_count - 1;
    return err;
}

static void copy(char *to, size_t room, struct hj212_text text)
{
    snprintf(to, room, "%.*s", (int)text.size, text.size > 0 ? text.at : "");
}

int logger_packet(struct logger *logger, const char *text, size_t size)
{
    struct hj212_packet packet;
    struct hj212_problem problem;
    char mn[64];
    int err = hj212_parse(&logger->arena, HJ212_LENIENT, text, size, &packet, &problem);
    if (err < 0)
        return err;
    copy(mn, sizeof mn, packet.mn);
    struct entry *entry = add_entry(logger, mn, packet.command);
    logger->open++;
    entry->asks = hj212_wants_answer(&packet) && packet.qn.size > 0;
    entry->parts = xcalloc(1, sizeof *entry->parts);
    entry->part_count = 1;
    copy(entry->parts[0].qn, sizeof entry->parts[0].qn, packet.qn);
    struct buf whole = {0};
    buf_add(&whole, text, size);
    buf_puts(&whole, "\r\n");
    entry->parts[0].size = whole.size;
    entry->parts[0].text = buf_detach(&whole);
    arena_reset(&logger->arena);
    return 0;
}

size_t logger_open(const struct logger *logger)
{
    return logger->open;
}

/* ---- sending ------------------------------------------------------------------- */

static void send_entry(struct logger *logger, struct entry *entry, instant_ms now)
{
    entry->tries++;
    entry->unheard++;
    for (int i = 0; i < entry->part_count; i++)
        if (!entry->parts[i].answered)
            buf_add(&logger->out, entry->parts[i].text, entry->parts[i].size);
    entry->due = now + logger->options.timeout;
}

static void send_next(struct logger *logger, instant_ms now)
{
    struct entry *next;
    for (struct entry *entry = logger->first; entry && logger->connected; entry = next) {
        next = entry->next;
        if (entry->under_way || (logger->under_way >= logger->options.window && !entry->quiet))
            continue;
        entry->under_way = true;
        logger->under_way++;
        send_entry(logger, entry, now);
        if (!entry->asks)
            end(logger, entry, false);
    }
}

void logger_connected(struct logger *logger, instant_ms now)
{
    logger->connected = true;
    logger->unusable = false;
    logger->beat_due = logger->options.heartbeat > 0 ? now : INT64_MAX;
    send_next(logger, now);
}

/* What was under way will be late data; an unanswered heartbeat says nothing any more. */
void logger_disconnected(struct logger *logger)
{
    struct entry *next;
    logger->connected = false;
    buf_clear(&logger->out);
    hj212_framer_release(&logger->framer);
    for (struct entry *entry = logger->first; entry; entry = next) {
        next = entry->next;
        if (!entry->under_way)
            continue;
        entry->under_way = false;
        entry->unheard = 0;
        logger->under_way--;
        if (entry->quiet)
            remove_entry(logger, entry);
        else if (entry->cp)
            write_entry(logger, entry, true);
    }
}

/* ---- answers --------------------------------------------------------------------- */

static bool is_done(const struct entry *entry)
{
    for (int i = 0; i < entry->part_count; i++)
        if (!entry->parts[i].answered)
            return false;
    return true;
}

static void take_acknowledgement(struct logger *logger, const struct hj212_packet *packet)
{
    struct hj212_text inside = hj212_value(packet, "QN");
    struct hj212_text qn = inside.size > 0 ? inside : packet->qn;
    for (struct entry *entry = logger->first; entry; entry = entry->next) {
        if (!entry->under_way || !hj212_text_is(packet->mn, entry->mn))
            continue;
        for (int i = 0; i < entry->part_count; i++) {
            if (!hj212_text_is(qn, entry->parts[i].qn))
                continue;
            entry->parts[i].answered = true;
            if (is_done(entry))
                end(logger, entry, true);
            return;
        }
    }
}

/* ---- the server's questions -------------------------------------------------------- */

static void say(struct logger *logger, const struct hj212_packet *question, const char *st,
                int command, const char *cp)
{
    char cn[16];
    snprintf(cn, sizeof cn, "%04d", command);
    struct hj212_letter letter = {.qn = question->qn,
                                  .st = hj212_text_of(st),
                                  .cn = hj212_text_of(cn),
                                  .pw = hj212_text_of(logger->password),
                                  .mn = question->mn,
                                  .flag = (int)logger->options.edition << HJ212_FLAG_VERSION_SHIFT};
    (void)hj212_print(&logger->out, &letter, cp, strlen(cp));
}

/* What a question of that command is answered with between 9011 and 9012; false: it is not known.
 */
static bool answer_of(const struct logger *logger, int command, instant_ms now, char ret_cp[64])
{
    char time[HJ212_STAMP_BYTES];
    ret_cp[0] = '\0';
    switch (command) {
    case 1011:
        hj212_stamp(time, now, logger->options.zone);
        snprintf(ret_cp, 64, "SystemTime=%.14s", time);
        return true;
    case 1061:
        snprintf(ret_cp, 64, "RtdInterval=30");
        return true;
    case 1063:
        snprintf(ret_cp, 64, "MinInterval=10");
        return true;
    case 1000:
    case 1012:
    case 1062:
    case 1064:
    case 1072:
        return true;
    default:
        return false;
    }
}

static void take_question(struct logger *logger, const struct hj212_packet *packet, instant_ms now)
{
    char cp[64], told[256];
    bool known = answer_of(logger, packet->command, now, cp);
    say(logger, packet, "91", 9011, known ? "QnRtn=1" : "QnRtn=8");
    if (known && cp[0])
        say(logger, packet, logger->options.st, packet->command, cp);
    if (known)
        say(logger, packet, "91", 9012, "ExeRtn=1");
    const char *from = memmem(packet->text.at, packet->text.size, "CP=&&", 5);
    size_t room = from ? (size_t)(packet->text.at + packet->text.size - from) : 0;
    snprintf(told, sizeof told, "%.*s", room > 11 ? (int)(room - 11) : 0, from ? from + 5 : "");
    if (logger->options.asked)
        logger->options.asked(logger->options.arg, packet->command, told);
    if (packet->command == 1072 && hj212_value(packet, "NewPW").size > 0)
        copy(logger->password, sizeof logger->password, hj212_value(packet, "NewPW"));
}

static void take_packet(struct logger *logger, struct hj212_text text, instant_ms now)
{
    struct hj212_packet packet;
    struct hj212_problem problem;
    if (hj212_is_sealed(text.at, text.size) &&
        (!logger->options.key ||
         hj212_open(&logger->arena, logger->options.key, text.at, text.size, &text) < 0))
        return;
    if (hj212_parse(&logger->arena, HJ212_STRICT, text.at, text.size, &packet, &problem) < 0)
        return;
    if (packet.command == 9013 || packet.command == 9014)
        take_acknowledgement(logger, &packet);
    else if (packet.command < 9000)
        take_question(logger, &packet, now);
}

void logger_receive(struct logger *logger, const char *bytes, size_t size, instant_ms now)
{
    struct hj212_frame frame;
    logger->framer.by_line = true; /* a sealed packet is no strict frame */
    hj212_framer_feed(&logger->framer, bytes, size);
    while (hj212_framer_next(&logger->framer, &frame)) {
        take_packet(logger, frame.text, now);
        arena_reset(&logger->arena);
    }
    send_next(logger, now);
}

/* ---- time -------------------------------------------------------------------------- */

instant_ms logger_due(const struct logger *logger)
{
    instant_ms due = logger->beat_due;
    for (const struct entry *entry = logger->first; entry; entry = entry->next)
        if (entry->under_way && entry->due < due)
            due = entry->due;
    return logger->connected ? due : INT64_MAX;
}

static void run_out(struct logger *logger, struct entry *entry, instant_ms now)
{
    if (entry->unheard <= logger->options.resends)
        send_entry(logger, entry, now);
    else if (entry->quiet)
        logger->unusable = true;
    else
        end(logger, entry, false);
}

void logger_tick(struct logger *logger, instant_ms now)
{
    struct entry *next;
    if (!logger->connected)
        return;
    if (logger->beat_due <= now) {
        logger->beat_due = now + logger->options.heartbeat;
        (void)logger_upload(logger, NULL, HEARTBEAT, "", now);
    }
    for (struct entry *entry = logger->first; entry; entry = next) {
        next = entry->next;
        if (entry->under_way && entry->due <= now)
            run_out(logger, entry, now);
    }
    send_next(logger, now);
}

bool logger_is_unusable(const struct logger *logger)
{
    return logger->unusable;
}

const struct buf *logger_out(const struct logger *logger)
{
    return &logger->out;
}

void logger_sent(struct logger *logger, size_t size)
{
    struct buf *out = &logger->out;
    if (size >= out->size) {
        buf_clear(out);
        return;
    }
    memmove(out->data, out->data + size, out->size - size + 1);
    out->size -= size;
}
