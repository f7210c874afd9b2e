/* From pairs to values.
 *
 * Groups come with one code each nearly always, so a flag is looked for in its own group first:
 * the pairs of a group are few.  Only what is still without a flag after that looks further. */
#include "model/hj212_reading.h"
#include "base/arena.h"
#include "base/err.h"
#include <string.h>

/* Words ---------------------------------------------------------------------------------------- */

enum { KIND_FLAG = HJ212_OTHER + 1, KIND_EFLAG, KIND_SAMPLE_TIME, KIND_NONE };
static const char *const kind_words[] = {
    "Rtd",       "Min",   "Avg",   "Max", "Cou",  "ZsRtd", "ZsMin",
    "ZsAvg",     "ZsMax", "ZsCou", "RS",  "RT",   "Data",  "DayData",
    "NightData", "Info",  "SN",    "",    "Flag", "EFlag", "SampleTime",
};

const char *hj212_kind_word(enum hj212_kind kind)
{
    return kind_words[kind];
}

/* The kind named by a key's last word; HJ212_OTHER when it is no word of ours. */
static int kind_of(struct hj212_text word)
{
    for (int kind = 0; kind < KIND_NONE; kind++)
        if (kind != HJ212_OTHER && hj212_text_is(word, kind_words[kind]))
            return kind;
    return HJ212_OTHER;
}

/* Splits a key at its last hyphen; *ret_size is what its code takes of it. */
static int split_any(struct hj212_text key, uint32_t *ret_size)
{
    uint32_t before = key.size;
    *ret_size = key.size;
    while (before > 0 && key.at[before - 1] != '-')
        before--;
    if (before < 2)
        return HJ212_OTHER;
    int kind = kind_of((struct hj212_text){key.at + before, key.size - before});
    if (kind != HJ212_OTHER)
        *ret_size = before - 1;
    return kind;
}

#define FOUR(a, b, c, d) \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

/* The same; the endings that make up nearly everything are known by their last four bytes. */
static inline int split(struct hj212_text key, uint32_t *ret_size)
{
    uint32_t last;
    if (key.size < 6)
        return split_any(key, ret_size);
    memcpy(&last, key.at + key.size - 4, 4);
    *ret_size = key.size - 4;
    switch (last) {
    case FOUR('-', 'R', 't', 'd'):
        return HJ212_RTD;
    case FOUR('-', 'A', 'v', 'g'):
        return HJ212_AVG;
    case FOUR('-', 'M', 'i', 'n'):
        return HJ212_MIN;
    case FOUR('-', 'M', 'a', 'x'):
        return HJ212_MAX;
    case FOUR('F', 'l', 'a', 'g'):
        if (key.at[key.size - 5] != '-')
            break;
        *ret_size = key.size - 5;
        return KIND_FLAG;
    }
    return split_any(key, ret_size);
}

/* Figures and times ---------------------------------------------------------------------------- */

/* Through micro_parse, which wants digits on both sides of the point and a NUL. */
static int read_written(struct hj212_text text, micro *ret_value)
{
    char copy[64];
    size_t size = 0;
    if (text.size == 0 || text.size > sizeof copy - 4)
        return text.size == 0 ? ERR_SYNTAX : ERR_LIMIT;
    for (uint32_t i = 0; i < text.size; i++) {
        char c = text.at[i];
        bool digit_before = i > 0 && text.at[i - 1] >= '0' && text.at[i - 1] <= '9';
        bool digit_after = i + 1 < text.size && text.at[i + 1] >= '0' && text.at[i + 1] <= '9';
        if (c == '\0' || (c == '.' && !digit_before && !digit_after))
            return ERR_SYNTAX;
        if (size > sizeof copy - 4)
            return ERR_SYNTAX;
        if (c == '.' && !digit_before)
            copy[size++] = '0';
        copy[size++] = c;
        if (c == '.' && !digit_after)
            copy[size++] = '0';
    }
    copy[size] = '\0';
    return micro_parse(copy, ret_value);
}

/* At most eight bytes of text as one number, its first byte the lowest.  Two loads that overlap
 * reach every size without a loop, whose end no processor foresees: values differ in length. */
static inline uint64_t load_short(const char *at, size_t size)
{
    uint32_t first, last;
    uint16_t pair[2];
    if (size >= 4) {
        memcpy(&first, at, 4);
        memcpy(&last, at + size - 4, 4);
        return first | (uint64_t)last << 8 * (size - 4);
    }
    if (size >= 2) {
        memcpy(&pair[0], at, 2);
        memcpy(&pair[1], at + size - 2, 2);
        return pair[0] | (uint64_t)pair[1] << 8 * (size - 2);
    }
    return size == 1 ? (unsigned char)*at : 0;
}

/* Eight digits, the first the lowest byte, added up pairwise: by 10, by 100, by 10,000. */
static inline uint32_t eight_digits(uint64_t digits)
{
    digits = (digits * 10 + (digits >> 8)) & 0x00FF00FF00FF00FF;
    digits = (digits * 100 + (digits >> 16)) & 0x0000FFFF0000FFFF;
    return (uint32_t)(digits * 10000 + (digits >> 32));
}

/* An unsigned figure of one to eight bytes, at least one digit before its point and one behind it
 * if there is one; false for anything else. */
static inline bool read_short(const char *at, size_t size, micro *ret_value)
{
    static const int32_t unit[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
    const uint64_t zeros = 0x3030303030303030, ones = 0x0101010101010101;
    uint64_t text = load_short(at, size) << 8 * (8 - size) | (size < 8 ? zeros >> 8 * size : 0);
    uint64_t other = text ^ ones * '.';
    uint64_t point = (other - ones) & ~other & ones << 7; /* the lowest bit is the first point's */
    size_t places = 0;
    if (point) {
        unsigned place = (unsigned)__builtin_ctzll(point) & ~7u;
        uint64_t before = text & ((1ull << place) - 1),
                 behind = place < 56 ? text >> (place + 8) : 0;
        places = 7 - place / 8;
        if (places == 0 || places > 6 || places + 1 >= size)
            return false;
        text = before << 8 | '0' | behind << (place + 8);
    }
    text ^= zeros;
    if ((text | (text + ones * 0x76)) & ones << 7 || text & ones * 0x70)
        return false;
    *ret_value = (micro)eight_digits(text) * unit[places];
    return true;
}

int hj212_figure_read(struct hj212_text text, micro *ret_value)
{
    bool negative = text.size > 0 && *text.at == '-';
    size_t size = text.size - negative;
    micro value;
    if (size == 0 || size > 8 || !read_short(text.at + negative, size, &value))
        return read_written(text, ret_value);
    *ret_value = negative ? -value : value;
    return 0;
}

static int digits_of(const char *at, int count)
{
    int number = 0;
    for (int i = 0; i < count; i++)
        number = number * 10 + (at[i] - '0');
    return number;
}

static bool is_civil(const struct civil *civil)
{
    static const char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (civil->month < 1 || civil->month > 12 || civil->day < 1)
        return false;
    bool leap = civil->year % 4 == 0 && (civil->year % 100 != 0 || civil->year % 400 == 0);
    int last = days[civil->month - 1] + (civil->month == 2 && leap);
    bool midnight = civil->hour == 24 && civil->minute == 0 && civil->second == 0;
    return civil->day <= last && (civil->hour < 24 || midnight) && civil->minute < 60 &&
           civil->second <= 60;
}

int hj212_time_read(struct hj212_text text, span_ms zone, instant_ms *ret_at)
{
    if (text.size != 14 && text.size != 17)
        return ERR_SYNTAX;
    for (uint32_t i = 0; i < text.size; i++)
        if (text.at[i] < '0' || text.at[i] > '9')
            return ERR_SYNTAX;
    struct civil civil = {.year = digits_of(text.at, 4),
                          .month = digits_of(text.at + 4, 2),
                          .day = digits_of(text.at + 6, 2),
                          .hour = digits_of(text.at + 8, 2),
                          .minute = digits_of(text.at + 10, 2),
                          .second = digits_of(text.at + 12, 2)};
    if (!is_civil(&civil))
        return ERR_INVALID;
    int millisecond = text.size == 17 ? digits_of(text.at + 14, 3) : 0;
    span_ms over = civil.hour * (span_ms)HOUR_MS + civil.minute * (span_ms)MINUTE_MS +
                   civil.second * (span_ms)SECOND_MS + millisecond;
    civil.hour = civil.minute = civil.second = 0;
    *ret_at = instant_of(&civil, zone) + over;
    return 0;
}

/* Values --------------------------------------------------------------------------------------- */

struct collection {
    const struct hj212_packet *packet;
    struct hj212_item *items;
    uint32_t count;
};

/* Codes of the standards have six bytes: two loads that overlap compare them. */
static inline bool same_code(struct hj212_text a, const char *b, uint32_t size)
{
    if (a.size != size)
        return false;
    if (size < 4 || size > 8)
        return memcmp(a.at, b, size) == 0;
    return load_short(a.at, size) == load_short(b, size);
}

/* Flags all values of a code, the first `size` bytes of the flag's key, among items [from, count);
 * false: there was none. */
static inline bool mark(struct collection *all, uint32_t from, const struct hj212_pair *flag,
                        uint32_t size)
{
    bool found = false;
    for (uint32_t i = from; i < all->count; i++) {
        if (!same_code(all->items[i].code, flag->key.at, size))
            continue;
        found = true;
        all->items[i].flag = flag->value;
    }
    return found;
}

/* `…;Flag=N`: to all of the group before that has none. */
static void take_lone_flag(struct collection *all, uint32_t before, struct hj212_text value)
{
    for (uint32_t i = before; i < all->count; i++)
        if (all->items[i].flag.size == 0)
            all->items[i].flag = value;
}

/* False when the pair speaks of the packet, or of the group before it. */
static bool is_value(struct collection *all, const struct hj212_pair *pair, uint32_t count,
                     uint32_t before)
{
    if (count == 1 && hj212_text_is(pair->key, "Flag")) {
        take_lone_flag(all, before, pair->value);
        return false;
    }
    return !hj212_text_is(pair->key, "DataTime") && !hj212_text_is(pair->key, "PolId") &&
           !hj212_text_is(pair->key, "BeginTime") && !hj212_text_is(pair->key, "EndTime");
}

/* The flags of a group, to its own values or, where a code was split over two groups, to those of
 * the one before. */
static void take_flags(struct collection *all, const struct hj212_pair *pairs, uint32_t count,
                       uint32_t from, uint32_t before)
{
    uint32_t size;
    for (uint32_t i = 0; i < count; i++) {
        if (split(pairs[i].key, &size) != KIND_FLAG)
            continue;
        if (!mark(all, from, &pairs[i], size) && before < from)
            mark(all, before, &pairs[i], size);
    }
}

static inline void add(struct collection *all, const struct hj212_pair *pair, int kind,
                       uint32_t size)
{
    struct hj212_item *item = &all->items[all->count++];
    item->code.at = pair->key.at;
    item->code.size = size;
    item->value = pair->value;
    item->kind = (enum hj212_kind)kind;
}

/* Flags mostly follow their values, and are put on at once; when one did not, all flags of the
 * group are put on again at its end. */
static void take_group(struct collection *all, const struct hj212_pair *pairs, uint32_t count,
                       uint32_t before)
{
    uint32_t from = all->count, size;
    bool flagged = false, again = false;
    for (uint32_t i = 0; i < count; i++) {
        int kind = split(pairs[i].key, &size);
        if (kind == KIND_FLAG) {
            flagged = true;
            again |= !mark(all, from, &pairs[i], size);
        } else if (kind < HJ212_OTHER ||
                   (kind == HJ212_OTHER && is_value(all, &pairs[i], count, before))) {
            again |= flagged;
            add(all, &pairs[i], kind, size);
        }
    }
    if (again)
        take_flags(all, pairs, count, from, before);
}

static void take_all(struct collection *all)
{
    const struct hj212_packet *packet = all->packet;
    uint32_t end, before = 0;
    for (uint32_t i = 0; i < packet->pair_count; i = end) {
        for (end = i + 1; end < packet->pair_count; end++)
            if (packet->pairs[end].group != packet->pairs[i].group)
                break;
        uint32_t begun = all->count;
        take_group(all, packet->pairs + i, end - i, before);
        before = begun;
    }
}

/* False when the command uploads no values. */
static bool what_period(int command, struct hj212_reading *reading)
{
    switch (command) {
    case 2011:
    case 2013:
    case 2021:
    case 3020:
        reading->moment = true;
        return true;
    case 2061:
    case 2062:
        reading->period = HOUR_MS;
        return true;
    case 2031:
    case 2041:
        reading->period = DAY_MS;
        return true;
    case 2111:
        reading->period = 5 * MINUTE_MS;
        return true;
    case 2051:
    case 2052:
        return true;
    default:
        return false;
    }
}

int hj212_reading_read(struct arena *arena, const struct hj212_packet *packet, span_ms zone,
                       struct hj212_reading *ret_reading)
{
    struct hj212_reading reading = {.at = INSTANT_NONE};
    struct collection all = {.packet = packet};
    if (!what_period(packet->command, &reading))
        return ERR_NOT_FOUND;
    all.items = arena_alloc(arena, packet->pair_count * sizeof *all.items);
    take_all(&all);
    (void)hj212_time_read(hj212_value(packet, "DataTime"), zone, &reading.at);
    reading.items = all.items;
    reading.item_count = all.count;
    *ret_reading = reading;
    return 0;
}
