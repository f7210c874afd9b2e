/* The spool of the MQTT subscriber: what was held is there again, and no more. */
#include "base/err.h"
#include "base/xalloc.h"
#include "room.h"
#include "shell/mqtt_spool.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/yujing-spool-XXXXXX";
static struct mqtt_spool *spool;
static char seen[4096];
static int files[64], seen_count;

static void note(void *arg, const char *topic, const void *bytes, size_t size, int file)
{
    (void)arg;
    size_t at = strlen(seen);
    if (seen_count < 64)
        files[seen_count] = file;
    seen_count++;
    if (size < 100)
        snprintf(seen + at, sizeof seen - at, "%s=%.*s ", topic, (int)size, (const char *)bytes);
}

static void come(void)
{
    struct findings findings = {0};
    seen[0] = 0;
    seen_count = 0;
    cr_assert_eq(mqtt_spool_open(&spool, folder, &findings), 0);
    mqtt_spool_each(spool, note, NULL);
}

/* As after kill -9: nothing is written at the end. */
static void come_again(void)
{
    mqtt_spool_close(spool);
    come();
}

static void make(void)
{
    cr_assert_not_null(mkdtemp(folder));
    come();
}

static void away(void)
{
    mqtt_spool_close(spool);
    room_remove(folder);
}
TestSuite(mqtt_spool, .init = make, .fini = away);

static int hold(const char *text)
{
    int file = mqtt_spool_hold(spool, "facts/a", text, strlen(text));
    cr_assert_geq(file, 0);
    return file;
}

static off_t size_of(int file)
{
    struct stat info = {0};
    char *path = xasprintf("%s/held-%d", folder, file);
    stat(path, &info);
    free(path);
    return info.st_size;
}

Test(mqtt_spool, what_was_held_is_there_again_in_its_order)
{
    hold("one");
    hold("");
    hold("three");
    come_again();
    cr_expect_str_eq(seen, "facts/a=one facts/a= facts/a=three ");
    hold("four");
    come_again();
    cr_expect_str_eq(seen, "facts/a=one facts/a= facts/a=three facts/a=four ");
}

Test(mqtt_spool, a_file_is_emptied_when_all_it_holds_was_let_go)
{
    int file = hold("one");
    hold("two");
    mqtt_spool_let_go(spool, file);
    cr_expect_gt(size_of(file), 0);
    come_again();
    cr_expect_str_eq(seen, "facts/a=one facts/a=two ", "what was let go may come again");
    mqtt_spool_let_go(spool, files[0]);
    mqtt_spool_let_go(spool, files[1]);
    cr_expect_eq(size_of(0) + size_of(1), 0);
    come_again();
    cr_expect_str_eq(seen, "");
}

Test(mqtt_spool, half_a_record_is_none_and_spoils_no_other)
{
    int file = hold("one");
    hold("two");
    char *command = xasprintf("truncate -s -2 %s/held-%d", folder, file);
    cr_assert_eq(system(command), 0);
    free(command);
    come_again();
    cr_expect_str_eq(seen, "facts/a=one ");
    hold("three");
    come_again();
    cr_expect_str_eq(seen, "facts/a=one facts/a=three ");
}

Test(mqtt_spool, under_a_steady_stream_it_stays_bounded)
{
    static char text[100000];
    int waiting[8], count = 0;
    off_t largest = 0;
    memset(text, 'x', sizeof text - 1);
    for (int i = 0; i < 1000; i++) { /* never empty: eight are always under way */
        if (count == 8) {
            mqtt_spool_let_go(spool, waiting[0]);
            memmove(waiting, waiting + 1, sizeof waiting - sizeof *waiting);
            count--;
        }
        waiting[count++] = hold(text);
        off_t size = size_of(0) + size_of(1);
        largest = size > largest ? size : largest;
    }
    cr_expect_lt(largest, 10 << 20, "%lld", (long long)largest);
    come_again();
    cr_expect_geq(seen_count, 8);
}

static void write_library_file(const char *name, int payload_size, size_t size)
{
    char bytes[64] = {0};
    char *path = xasprintf("%s/city-127.0.0.1-1883/%s", folder, name);
    memcpy(bytes, &payload_size, sizeof payload_size);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fwrite(bytes, 1, size, file);
    fclose(file);
    free(path);
}

static bool is_there(const char *name)
{
    char *path = xasprintf("%s/city-127.0.0.1-1883/%s", folder, name);
    bool there = access(path, F_OK) == 0;
    free(path);
    return there;
}

Test(mqtt_spool, half_a_file_of_the_library_is_taken_away)
{
    char *place = xasprintf("%s/city-127.0.0.1-1883", folder);
    cr_assert_eq(mkdir(place, 0700), 0);
    free(place);
    write_library_file("q-1.msg", 8, 4 + 8 + 16 + 8 + 4);
    write_library_file("q-2.msg", 8, 0);
    write_library_file("q-3.msg", 8, 10);
    write_library_file("q-4.msg", -1, 40);
    write_library_file("r-5.msg", 8, 0);
    come_again();
    cr_expect(is_there("q-1.msg") && is_there("r-5.msg"));
    cr_expect_not(is_there("q-2.msg") || is_there("q-3.msg") || is_there("q-4.msg"));
}
