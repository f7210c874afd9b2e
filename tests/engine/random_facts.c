/* See random_facts.h.  Air and bulletins move between clean and foul in stretches of days, so that
 * warnings open, rise, fall and end; on top of that comes what feeds really do: gaps, nulls, flags,
 * late readings, bulletins left out. */
#include "random_facts.h"
#include "base/buf.h"
#include "base/when.h"
#include <stdio.h>

struct dice dice_of(unsigned seed)
{
    return (struct dice){seed * 0x9e3779b97f4a7c15u + 0x632be59bd9b4e019u};
}

unsigned dice_roll(struct dice *dice, unsigned sides)
{
    dice->state ^= dice->state << 13;
    dice->state ^= dice->state >> 7;
    dice->state ^= dice->state << 17;
    return (unsigned)((dice->state >> 32) % sides);
}

bool dice_chance(struct dice *dice, unsigned percent)
{
    return dice_roll(dice, 100) < percent;
}

struct drawing {
    const struct world *world;
    struct dice dice;
    struct buf text;
    int count;
    int foul; /* 0 clean … 3 severe, for today */
};
enum { DAY_MINUTES = 1440 };

static instant_ms minute_instant(int minute)
{
    return days_of_date(2025, 9, 22) * DAY_MS - 8 * (instant_ms)HOUR_MS +
           minute * (instant_ms)MINUTE_MS;
}

static void put_instant(struct buf *text, int minute)
{
    instant_print(text, minute_instant(minute), 8 * (span_ms)HOUR_MS);
}

/* `late`: minutes after its usual arrival; 0: not recorded. */
static void open_event(struct drawing *drawing, const char *type, const char *subject, int minute,
                       int recorded)
{
    struct buf *text = &drawing->text;
    buf_printf(text,
               "{\"specversion\":\"1.0\",\"source\":\"dice\",\"id\":\"%s%d\",\"type\":\"%s\","
               "\"subject\":\"%s\",\"time\":\"",
               drawing->world->begin ? drawing->world->begin : "", drawing->count++, type, subject);
    put_instant(text, minute);
    if (recorded > 0) {
        buf_puts(text, "\",\"recordedtime\":\"");
        put_instant(text, recorded);
    }
    buf_puts(text, "\",\"data\":");
}

static void close_event(struct drawing *drawing)
{
    buf_puts(&drawing->text, "}\n");
}

static void reading(struct drawing *drawing, const char *subject, const char *series, int minute,
                    int period, int value)
{
    struct dice *dice = &drawing->dice;
    int recorded = 0;
    if (dice_chance(dice, 4))
        return;
    if (dice_chance(dice, 3))
        recorded = minute + period + 1 + (int)dice_roll(dice, 20 * 60);
    open_event(drawing, "reading", subject, minute, recorded);
    if (dice_chance(dice, 3))
        buf_printf(&drawing->text, "{\"values\":{\"%s\":null}", series);
    else
        buf_printf(&drawing->text, "{\"values\":{\"%s\":%d}", series, value);
    buf_printf(&drawing->text, ",\"period\":\"PT%s\"%s}", period == 1 ? "1M" : "1H",
               dice_chance(dice, 2)    ? ",\"flag\":\"D\""
               : dice_chance(dice, 20) ? ",\"flag\":\"N\""
                                       : "");
    close_event(drawing);
}

static void put_index(struct drawing *drawing, int foul)
{
    struct dice *dice = &drawing->dice;
    int index = 60 + foul * 85 + (int)dice_roll(dice, 70);
    if (dice_chance(dice, 6))
        buf_puts(&drawing->text, "null");
    else if (dice_chance(dice, 15))
        buf_printf(&drawing->text, "[%d,%d]", index, index + (int)dice_roll(dice, 60));
    else
        buf_printf(&drawing->text, "%d", index);
}

static void bulletin(struct drawing *drawing, int minute, const char *series)
{
    int foul = drawing->foul;
    char start[16];
    struct buf day = {0};
    put_instant(&day, minute / DAY_MINUTES * DAY_MINUTES);
    snprintf(start, sizeof start, "%.10s", buf_str(&day));
    buf_release(&day);
    open_event(drawing, "forecast", "210100", minute, 0);
    buf_printf(&drawing->text, "{\"series\":\"%s\",\"issued\":\"", series);
    put_instant(&drawing->text, minute);
    buf_printf(&drawing->text, "\",\"start\":\"%s\",\"step\":\"P1D\",\"values\":[", start);
    for (int i = 0; i < 5; i++) {
        if (dice_chance(&drawing->dice, 40))
            foul = (int)dice_roll(&drawing->dice, 4);
        if (i > 0)
            buf_putc(&drawing->text, ',');
        put_index(drawing, foul);
    }
    buf_puts(&drawing->text, "]}");
    close_event(drawing);
}

static void directive(struct drawing *drawing, int minute)
{
    static const char *const levels[] = {"yellow", "orange", "red"};
    int from = minute + (int)dice_roll(&drawing->dice, 1000);
    open_event(drawing, "directive", "210100", minute, 0);
    buf_printf(&drawing->text, "{\"level\":\"%s\",\"number\":\"%d\",\"from\":\"",
               levels[dice_roll(&drawing->dice, 3)], drawing->count);
    put_instant(&drawing->text, from);
    buf_puts(&drawing->text, "\",\"to\":\"");
    put_instant(&drawing->text, from + 120 + (int)dice_roll(&drawing->dice, 4000));
    buf_puts(&drawing->text, "\"}");
    close_event(drawing);
}

static void decision(struct drawing *drawing, int minute)
{
    static const char *const acts[] = {"approve", "approve", "approve", "file", "lift"};
    static const char *const people[] = {"甲", "乙"};
    open_event(drawing, "decision", "heavy-pollution/210100", minute, 0);
    buf_printf(&drawing->text, "{\"act\":\"%s\",\"by\":\"%s\",\"note\":\"说明\"}",
               acts[dice_roll(&drawing->dice, 5)], people[dice_roll(&drawing->dice, 2)]);
    close_event(drawing);
}

static void fire(struct drawing *drawing, int minute)
{
    char name[24], instance[80];
    struct buf at = {0};
    snprintf(name, sizeof name, "hot-%d", drawing->count);
    open_event(drawing, "incident", name, minute, 0);
    buf_printf(&drawing->text,
               "{\"kind\":\"straw_fire\",\"lon\":123.%03u,\"lat\":41.%03u,\"confidence\":0.%u}",
               400 + dice_roll(&drawing->dice, 40), 690 + dice_roll(&drawing->dice, 30),
               6 + dice_roll(&drawing->dice, 4));
    close_event(drawing);
    instant_print_minute(&at, minute_instant(minute), 8 * (span_ms)HOUR_MS);
    snprintf(instance, sizeof instance, "straw-fire/%s/%s", name, buf_str(&at));
    buf_release(&at);
    open_event(drawing, "receipt", instance, minute + 1 + (int)dice_roll(&drawing->dice, 200), 0);
    buf_puts(&drawing->text, "{\"kind\":\"done\",\"channel\":\"spool\"}");
    close_event(drawing);
}

static void hour(struct drawing *drawing, int minute)
{
    const struct world *world = drawing->world;
    struct dice *dice = &drawing->dice;
    for (int i = 0; world->stations && world->stations[i]; i++) {
        reading(drawing, world->stations[i], "pm25", minute, 60,
                30 + drawing->foul * 55 + (int)dice_roll(dice, 90));
        reading(drawing, world->stations[i], "o3", minute, 60, 60 + (int)dice_roll(dice, 150));
    }
    for (int i = 0; world->outlets && world->outlets[i]; i++)
        reading(drawing, world->outlets[i], "nox_zs", minute, 60,
                (minute / 60 / (4 + i)) % 2 ? 260 : 120 + (int)dice_roll(dice, 100));
    if (world->decisions && dice_chance(dice, 20))
        decision(drawing, minute + (int)dice_roll(dice, 60));
    if (world->incidents && dice_chance(dice, 12))
        fire(drawing, minute + (int)dice_roll(dice, 60));
}

static void power(struct drawing *drawing, int minute)
{
    const struct world *world = drawing->world;
    for (int i = 0; world->lines && world->lines[i]; i++) {
        reading(drawing, world->lines[i], "production_kw", minute, 1, 40);
        reading(drawing, world->lines[i], "treatment_kw", minute, 1,
                (minute + 20 * i) % 50 < 30 ? 0 : 12);
    }
}

static void day(struct drawing *drawing, int first)
{
    struct dice *dice = &drawing->dice;
    if (dice_chance(dice, 45))
        drawing->foul = (int)dice_roll(dice, 4);
    for (int i = 0; i < 24; i++)
        hour(drawing, first + i * 60);
    for (int i = 0; i < 60; i++)
        power(drawing, first + 600 + i);
    if (dice_chance(dice, 80))
        bulletin(drawing, first + 480, "iaqi_o3_day");
    if (dice_chance(dice, 90))
        bulletin(drawing, first + 960, "aqi_day");
    if (dice_chance(dice, 15))
        bulletin(drawing, first + 961 + (int)dice_roll(dice, 400), "aqi_day");
    if (drawing->world->directives && dice_chance(dice, 15))
        directive(drawing, first + (int)dice_roll(dice, DAY_MINUTES));
}

char *random_facts(const struct world *world, unsigned seed)
{
    struct drawing drawing = {.world = world, .dice = dice_of(seed)};
    for (int i = 0; i < world->days; i++)
        day(&drawing, i * DAY_MINUTES);
    return buf_detach(&drawing.text);
}
