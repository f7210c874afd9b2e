/* A segment taken apart.
 *
 * First all places of = and of the separators , and ; are found, 32 bytes at a time; then one walk
 * over those places cuts header fields and CP items.  Nothing is copied: a pair is two runs of the
 * segment's own bytes.  GBK is safe to cut so, because no second byte of it is one of these.
 *
 *     QN=…;ST=32;CP=&&DataTime=…;w01018-Rtd=2.2,w01018-Flag=N&&
 *     name=value;     └ group 0 ┘ └──── group 1: two items ───┘ */
#include "base/arena.h"
#include "base/err.h"
#include "model/hj212_inner.h"
#include <assert.h>
#include <string.h>
#include <strings.h>

enum { HEADER_FIELDS_MAX = 32 /* the standards know ten */ };
#define NO_CP SIZE_MAX

/* Places in rising order; behind the last one stands the segment's size. */
struct places {
    uint16_t at[HJ212_SEGMENT_MAX + 1];
    uint32_t count, next;
};
struct scanner {
    struct hj212_attempt *attempt;
    const char *text;
    size_t size, offset;
    struct places equals, parts; /* of = ; of , and ; */
    struct hj212_pair *pairs;    /* header fields first, then the CP's */
    uint32_t count, room;
    unsigned fields; /* a bit for each header field seen */
};

/* Finding the marks ---------------------------------------------------------------------------- */

typedef unsigned char lanes __attribute__((vector_size(16)));
typedef char lane_bits __attribute__((vector_size(16)));
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "bits_of reads byte 0 as the lowest");

static inline lanes all(unsigned char c)
{
    return (lanes){c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c};
}

/* One bit for each lane that is 0xFF. */
static inline uint32_t bits_of(lanes mask)
{
#ifdef __SSE2__
    return (uint32_t)__builtin_ia32_pmovmskb128((lane_bits)mask);
#else
    uint64_t half[2]; /* the multiplication gathers the low bits of its eight bytes */
    memcpy(half, &mask, sizeof half);
    const uint64_t ones = 0x0101010101010101, gather = 0x0102040810204080;
    return (uint32_t)((half[0] & ones) * gather >> 56 | (half[1] & ones) * gather >> 56 << 8);
#endif
}

static inline uint32_t bits_of_two(lanes first, lanes second)
{
    return bits_of(first) | bits_of(second) << 16;
}

static inline lanes is(lanes block, unsigned char c)
{
    return (lanes)(block == all(c));
}

static inline void write_down(struct places *places, uint32_t bits, size_t at)
{
    for (; bits; bits &= bits - 1)
        places->at[places->count++] = (uint16_t)(at + (size_t)__builtin_ctz(bits));
}

static inline lanes find_in(struct scanner *scanner, const lanes block[2], size_t at)
{
    write_down(&scanner->equals, bits_of_two(is(block[0], '='), is(block[1], '=')), at);
    write_down(
        &scanner->parts,
        bits_of_two(is(block[0], ',') | is(block[0], ';'), is(block[1], ',') | is(block[1], ';')),
        at);
    return (lanes)(block[0] < all(' ')) | (lanes)(block[1] < all(' '));
}

/* The last blocks are filled up with what means nothing.  True: there is a control character. */
static bool find_places(struct scanner *scanner)
{
    lanes block[2], control = all(0);
    size_t at = 0;
    for (; at + sizeof block <= scanner->size; at += sizeof block) {
        memcpy(block, scanner->text + at, sizeof block);
        control |= find_in(scanner, block, at);
    }
    block[0] = block[1] = all('x');
    memcpy(block, scanner->text + at, scanner->size - at);
    control |= find_in(scanner, block, at);
    scanner->equals.at[scanner->equals.count] = (uint16_t)scanner->size;
    scanner->parts.at[scanner->parts.count] = (uint16_t)scanner->size;
    return bits_of(control) != 0;
}

static inline size_t place(const struct places *places)
{
    return places->at[places->next];
}

static inline void skip_to(struct places *places, size_t at)
{
    while (places->next < places->count && places->at[places->next] < at)
        places->next++;
}

static inline struct hj212_text cut(const struct scanner *scanner, size_t from, size_t to)
{
    return (struct hj212_text){scanner->text + from, (uint32_t)(to - from)};
}

static int fail(const struct scanner *scanner, enum hj212_fault fault, size_t at)
{
    return hj212_fail(scanner->attempt, fault, scanner->offset + at);
}

/* A pair: the name from `start` to `equal`, the value from there to `end`. */
static inline void push(struct scanner *scanner, size_t start, size_t equal, size_t end)
{
    assert(scanner->count < scanner->room);
    struct hj212_pair *pair = &scanner->pairs[scanner->count++];
    size_t value = equal < end ? equal + 1 : end;
    pair->key.at = scanner->text + start;
    pair->key.size = (uint32_t)(equal - start);
    pair->value.at = scanner->text + value;
    pair->value.size = (uint32_t)(end - value);
    pair->group = scanner->attempt->packet.group_count;
}

/* Header --------------------------------------------------------------------------------------- */

/* Digits only, at most nine of them; else -1. */
static int number_of(struct hj212_text text)
{
    int number = 0;
    if (text.size == 0 || text.size > 9)
        return -1;
    for (uint32_t i = 0; i < text.size; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return -1;
        number = number * 10 + (text.at[i] - '0');
    }
    return number;
}

enum field {
    FIELD_QN,
    FIELD_ST,
    FIELD_CN,
    FIELD_PW,
    FIELD_MN,
    FIELD_FLAG,
    FIELD_PNUM,
    FIELD_PNO,
    FIELD_RF,
    FIELD_OTHER
};

/* By the exact name; the words are constants, so that each costs one comparison. */
static enum field field_named(struct hj212_text key)
{
#define NAMED(word, field)        \
    if (hj212_text_is(key, word)) \
    return field
    NAMED("QN", FIELD_QN);
    NAMED("ST", FIELD_ST);
    NAMED("CN", FIELD_CN);
    NAMED("PW", FIELD_PW);
    NAMED("MN", FIELD_MN);
    NAMED("Flag", FIELD_FLAG);
    NAMED("PNUM", FIELD_PNUM);
    NAMED("PNO", FIELD_PNO);
    NAMED("RF", FIELD_RF);
#undef NAMED
    return FIELD_OTHER;
}

/* The same, in letters of any case when reading is lenient. */
static enum field field_of(struct scanner *scanner, struct hj212_text key)
{
    static const char *const names[] = {"QN", "ST", "CN", "PW", "MN", "Flag", "PNUM", "PNO", "RF"};
    enum field field = field_named(key);
    if (field != FIELD_OTHER || !scanner->attempt->lenient)
        return field;
    for (int i = 0; i < FIELD_OTHER; i++) {
        if (strlen(names[i]) == key.size && strncasecmp(names[i], key.at, key.size) == 0) {
            hj212_forgive(scanner->attempt, HJ212_FORGAVE_HEADER_CASE);
            return (enum field)i;
        }
    }
    return FIELD_OTHER;
}

static void set_field(struct hj212_packet *packet, enum field field, struct hj212_text value)
{
    struct hj212_text *const texts[] = {&packet->qn, &packet->st, &packet->cn, &packet->pw,
                                        &packet->mn};
    int number = number_of(value);
    if (field < FIELD_FLAG)
        *texts[field] = value;
    if (field == FIELD_CN)
        packet->command = number;
    else if (field == FIELD_FLAG)
        packet->flag = number <= 255 ? number : -1;
    else if (field == FIELD_PNUM)
        packet->pnum = number < 0 ? 0 : number;
    else if (field == FIELD_PNO)
        packet->pno = number < 0 ? 0 : number;
    else if (field == FIELD_RF)
        packet->resend = number == 1;
}

/* Names of ours have a bit each; others are compared. */
static bool given_before(struct scanner *scanner, enum field field, struct hj212_text key)
{
    unsigned bit = 1u << field, before = scanner->fields;
    scanner->fields |= bit;
    if (field != FIELD_OTHER || !(before & bit))
        return before & bit;
    for (uint32_t i = 0; i < scanner->count; i++)
        if (hj212_text_equal(scanner->pairs[i].key, key))
            return true;
    return false;
}

static int take_field(struct scanner *scanner, size_t start, size_t equal, size_t end)
{
    struct hj212_text key = cut(scanner, start, equal);
    enum field field = field_of(scanner, key);
    if (given_before(scanner, field, key))
        return hj212_forgive(scanner->attempt, HJ212_FORGAVE_HEADER_TWICE)
                   ? 0
                   : fail(scanner, HJ212_HEADER_TWICE, start);
    if (scanner->count == HEADER_FIELDS_MAX)
        return fail(scanner, HJ212_HEADER, start);
    set_field(&scanner->attempt->packet, field, cut(scanner, equal + 1, end));
    push(scanner, start, equal, end);
    return 0;
}

/* Here stands the = of CP=&&.  What comes before it ends there, semicolon or not: the standard's
 * own table C.19 lacks it. */
static bool is_cp(const struct scanner *scanner, size_t equal)
{
    return equal >= 2 && equal + 2 < scanner->size &&
           memcmp(scanner->text + equal - 2, "CP=&&", 5) == 0;
}

/* The end of the field whose value begins here: a semicolon, CP=&&, or, forgiven, a comma. */
static size_t field_end(struct scanner *scanner)
{
    for (;;) {
        size_t part = place(&scanner->parts);
        for (; place(&scanner->equals) < part; scanner->equals.next++)
            if (is_cp(scanner, place(&scanner->equals)))
                return place(&scanner->equals) - 2;
        if (part == scanner->size)
            return part;
        scanner->parts.next++;
        if (scanner->text[part] == ';' ||
            hj212_forgive(scanner->attempt, HJ212_FORGAVE_HEADER_COMMA))
            return part;
    }
}

static int read_field(struct scanner *scanner, size_t start, size_t *ret_end)
{
    size_t equal = place(&scanner->equals);
    bool named = equal < place(&scanner->parts) && equal > start && !is_cp(scanner, equal);
    scanner->equals.next += named;
    *ret_end = field_end(scanner);
    if (*ret_end == scanner->size && !scanner->attempt->lenient)
        return fail(scanner, HJ212_CP_MISSING, start);
    if (named)
        return take_field(scanner, start, equal, *ret_end);
    return hj212_forgive(scanner->attempt, HJ212_FORGAVE_HEADER)
               ? 0
               : fail(scanner, HJ212_HEADER, start);
}

/* Fields up to CP=&&.  *ret_start: where the CP's content begins, or NO_CP. */
static int read_header(struct scanner *scanner, size_t *ret_start)
{
    size_t start = 0, end;
    while (start < scanner->size) {
        size_t equal = place(&scanner->equals);
        if (equal == start + 2 && is_cp(scanner, equal)) {
            *ret_start = equal + 3;
            return 0;
        }
        if (read_field(scanner, start, &end) < 0)
            return ERR_SYNTAX;
        bool parted =
            end < scanner->size && (scanner->text[end] == ';' || scanner->text[end] == ',');
        start = end + parted;
    }
    if (!hj212_forgive(scanner->attempt, HJ212_FORGAVE_CP_MISSING))
        return fail(scanner, HJ212_CP_MISSING, scanner->size);
    *ret_start = NO_CP;
    return 0;
}

/* CP ------------------------------------------------------------------------------------------- */

/* An item that is not name=value.  One of nothing that makes up its whole group is no fault: a
 * semicolon at the end, or two of them, are in the standard's own examples. */
static int take_odd_item(struct scanner *scanner, size_t start, size_t end, bool is_group)
{
    if (start == end && is_group)
        return 0;
    if (place(&scanner->equals) >= end && end > start &&
        hj212_forgive(scanner->attempt, HJ212_FORGAVE_ITEM)) {
        push(scanner, start, end, end);
        return 0;
    }
    return hj212_forgive(scanner->attempt, HJ212_FORGAVE_ITEM_EMPTY)
               ? 0
               : fail(scanner, HJ212_ITEM, start);
}

/* Items from `start` up to `end`, where && or the segment's end stands. */
static int read_items(struct scanner *scanner, size_t start, size_t end)
{
    struct hj212_packet *packet = &scanner->attempt->packet;
    uint32_t first = scanner->count;
    bool group_begins = true;
    for (;;) {
        size_t equal = place(&scanner->equals), part = place(&scanner->parts);
        if (part > end)
            part = end;
        bool group_ends = part == end || scanner->text[part] == ';';
        if (equal < part && equal > start)
            push(scanner, start, equal, part);
        else if (take_odd_item(scanner, start, part, group_begins && group_ends) < 0)
            return ERR_SYNTAX;
        if (group_ends && scanner->count > first) {
            packet->group_count++;
            first = scanner->count;
        }
        if (part == end)
            return 0;
        group_begins = group_ends;
        start = part + 1;
        scanner->parts.next++;
        skip_to(&scanner->equals, start);
    }
}

/* The first && in [start, end), also when its second & is at `end`; else `end`. */
static size_t find_closing(const struct scanner *scanner, size_t start, size_t end)
{
    for (const char *at; (at = memchr(scanner->text + start, '&', end - start));) {
        start = (size_t)(at - scanner->text) + 1;
        if (start < scanner->size && *(at + 1) == '&')
            return start - 1;
    }
    return end;
}

/* `start` is behind CP=&&; NO_CP: there is none. */
static int read_cp(struct scanner *scanner, size_t start)
{
    size_t end = scanner->size;
    if (start == NO_CP)
        return 0;
    skip_to(&scanner->equals, start);
    skip_to(&scanner->parts, start);
    if (end >= start + 2 && memcmp(scanner->text + end - 2, "&&", 2) == 0)
        end -= 2;
    else if (!hj212_forgive(scanner->attempt, HJ212_FORGAVE_CP_OPEN))
        return fail(scanner, HJ212_CP_OPEN, end);
    size_t closing = find_closing(scanner, start, end);
    if (closing < end)
        return fail(scanner, HJ212_CP_CLOSED, closing);
    return read_items(scanner, start, end);
}

/* Both ----------------------------------------------------------------------------------------- */

int hj212_segment_read(struct hj212_attempt *attempt, size_t offset)
{
    struct hj212_text segment = attempt->packet.segment;
    struct scanner scanner;
    size_t start = 0;
    assert(segment.size <= HJ212_SEGMENT_MAX);
    scanner.attempt = attempt; /* field by field: the places, 40 KB, are not to be zeroed */
    scanner.text = segment.at;
    scanner.size = segment.size;
    scanner.offset = offset;
    scanner.equals.count = scanner.equals.next = 0;
    scanner.parts.count = scanner.parts.next = 0;
    scanner.count = scanner.fields = 0;
    if (find_places(&scanner) && !hj212_forgive(attempt, HJ212_FORGAVE_CONTROL))
        return fail(&scanner, HJ212_CONTROL, 0);
    /* Each pair has a = of its own, but for forgiven items, which end at a part. */
    scanner.room = scanner.equals.count + (attempt->lenient ? scanner.parts.count + 1 : 0);
    scanner.pairs = arena_alloc(attempt->arena, scanner.room * sizeof *scanner.pairs);
    if (read_header(&scanner, &start) < 0)
        return ERR_SYNTAX;
    uint32_t header_count = scanner.count;
    if (read_cp(&scanner, start) < 0)
        return ERR_SYNTAX;
    attempt->packet.header = scanner.pairs;
    attempt->packet.header_count = header_count;
    attempt->packet.pairs = scanner.pairs + header_count;
    attempt->packet.pair_count = scanner.count - header_count;
    return 0;
}
