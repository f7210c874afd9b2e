/* Every index that the national network published for Liaoning in a spring, recomputed.
 *
 * The feed is real-time, by HJ 633-2012: 1 h means, ozone by its 1 h value (o3_8h is printed beside
 * and not used), and it published on when a pollutant was missing. */
#include "base/arena.h"
#include "model/aqi.h"
#include "model/aqi_tables.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char path[] = "../shared/data/air/cnemc_hourly_liaoning_sample.csv";

enum { CITY, DATE, HOUR, STATION, AQI, LEVEL, PRIMARY, FIRST_VALUE, CELLS = FIRST_VALUE + 7 };
/* The feed's columns after `primary_published`. */
static const enum pollutant columns[6] = {PM25, PM10, SO2, NO2, CO, O3};

static const struct {
    const char *label;
    enum pollutant pollutant;
} labels[] = {{"细颗粒物(PM2.5)", PM25}, {"颗粒物(PM10)", PM10}, {"二氧化硫", SO2},
              {"二氧化氮", NO2},         {"一氧化碳", CO},       {"臭氧1小时", O3}};

static unsigned primary_of(char *text)
{
    unsigned set = 0;
    for (char *save, *part = strtok_r(text, ";", &save); part; part = strtok_r(NULL, ";", &save)) {
        if (strcmp(part, "—") == 0)
            continue;
        size_t i = 0;
        while (i < 6 && strcmp(labels[i].label, part) != 0)
            i++;
        cr_assert_lt(i, 6, "unknown label %s", part);
        set |= 1u << labels[i].pollutant;
    }
    return set;
}

static void check_row(const struct aqi_standard *standard, char *cells[CELLS], int line)
{
    struct ratio values[POLLUTANTS] = {{0}};
    for (int i = 0; i < 6; i++) {
        micro value;
        if (*cells[FIRST_VALUE + i]) {
            cr_assert_eq(micro_parse(cells[FIRST_VALUE + i], &value), 0);
            values[columns[i]] = ratio_of(value);
        }
    }
    struct aqi aqi = aqi_of(standard, AQI_HOURLY, values, (1u << POLLUTANTS) - 1, 0);
    cr_expect_eq(aqi.value, atoi(cells[AQI]), "line %d: %d, published %s", line, aqi.value,
                 cells[AQI]);
    cr_expect_str_eq(aqi_level(standard, aqi.value), cells[LEVEL], "line %d", line);
    cr_expect_eq(aqi.primary, primary_of(cells[PRIMARY]), "line %d", line);
}

static int split(char *line, char *cells[CELLS])
{
    int count = 0;
    line[strcspn(line, "\r\n")] = 0;
    for (char *part; count < CELLS && (part = strsep(&line, ","));)
        cells[count++] = part;
    return count;
}

Test(aqi, meets_every_published_row_of_the_national_network)
{
    FILE *file = fopen(path, "r");
    if (!file)
        cr_skip_test("%s is not here", path);
    struct arena arena = {0};
    struct aqi_standards standards = national_tables(&arena);
    const struct aqi_standard *standard = aqi_standard_on(&standards, days_of_date(2020, 4, 2));
    char *line = NULL, *cells[CELLS];
    size_t room = 0;
    int number = 1, published = 0;
    cr_assert_gt(getline(&line, &room, file), 0);
    while (getline(&line, &room, file) > 0) {
        number++;
        cr_assert_eq(split(line, cells), CELLS, "line %d", number);
        if (!*cells[AQI])
            continue;
        check_row(standard, cells, number);
        published++;
    }
    fprintf(stderr, "published rows recomputed: %d of %d\n", published, number - 1);
    cr_expect_eq(published, 3434);
    free(line);
    fclose(file);
    arena_release(&arena);
}
