/* HJ 212 as a receiver reads it, on one core.
 *
 * usage: bench_hj212 FILE [PACKETS]
 * FILE holds packets one after the other, as the peers' harness makes them.  It is fed to the
 * framer in pieces of 64 KiB, as a socket would give it; each frame is parsed strictly, its values
 * are named and turned into exact figures.  Reading the file is not measured.  Prints one line of
 * key=value words like every peer. */
#include "base/arena.h"
#include "model/hj212_frame.h"
#include "model/hj212_reading.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PIECE = 65536 };

struct counts {
    long packets, bad, values;
    __int128 sum; /* of millionths */
    size_t bytes;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static char *read_all(const char *path, size_t *ret_size)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(1);
    }
    fseek(file, 0, SEEK_END);
    *ret_size = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*ret_size + 1);
    if (!bytes || fread(bytes, 1, *ret_size, file) != *ret_size)
        exit(1);
    fclose(file);
    return bytes;
}

static void count_values(const struct hj212_reading *reading, struct counts *counts)
{
    for (uint32_t i = 0; i < reading->item_count; i++) {
        micro value;
        if (hj212_figure_read(reading->items[i].value, &value) < 0) {
            counts->bad++;
            continue;
        }
        counts->sum += value;
        counts->values++;
    }
}

static void take(struct arena *arena, const struct hj212_frame *frame, struct counts *counts)
{
    struct hj212_packet packet;
    struct hj212_problem problem;
    struct hj212_reading reading;
    counts->packets++;
    counts->bytes += frame->text.size + 2;
    if (hj212_parse(arena, HJ212_CHECKED, frame->text.at, frame->text.size, &packet, &problem) <
            0 ||
        hj212_reading_read(arena, &packet, 8 * HOUR_MS, &reading) < 0)
        counts->bad++;
    else
        count_values(&reading, counts);
    arena_reset(arena);
}

int main(int argc, char **argv)
{
    struct hj212_framer framer = {0};
    struct hj212_frame frame;
    struct arena arena = {0};
    struct counts counts = {0};
    size_t size;
    if (argc < 2)
        return 2;
    char *bytes = read_all(argv[1], &size);
    long most = argc > 2 ? strtol(argv[2], NULL, 10) : 1000000;
    double start = now();
    for (size_t at = 0; at < size && counts.packets < most; at += PIECE) {
        hj212_framer_feed(&framer, bytes + at, size - at < PIECE ? size - at : PIECE);
        while (hj212_framer_next(&framer, &frame))
            take(&arena, &frame, &counts);
    }
    double seconds = now() - start;
    printf("name=yujing events=%ld bad=%ld values=%ld sum=%.1f eval_s=%.4f mb_s=%.1f\n",
           counts.packets, counts.bad + (long)framer.counts.noise, counts.values,
           (double)counts.sum / 1e6, seconds, (double)counts.bytes / 1e6 / seconds);
    hj212_framer_release(&framer);
    arena_release(&arena);
    free(bytes);
    return 0;
}
