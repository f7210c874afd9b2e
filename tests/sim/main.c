/* sim --seed N --days D [--seeds K] [--mode live|drill|shadow|mixed] [--break WORD] [--tell]
 *
 * Exit code 0 when every promise was kept and every wanted fault fired, 1 otherwise: then the last
 * line of standard error names the seed that shows it again. */
#include "sim.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MIXED = 3 };
struct arguments {
    uint64_t seed;
    int seeds, days, mode, breakage;
    bool told, controls, few; /* few: too short a run to want every fault */
};

static int mode_of(const char *word)
{
    static const char *const words[] = {"live", "drill", "shadow", "mixed"};
    for (int i = 0; i <= MIXED; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    fprintf(stderr, "--mode: live, drill, shadow or mixed\n");
    exit(64);
}

static void list_controls(void)
{
    for (int i = 1; i < BREAKAGES_END; i++)
        printf("%s\t%s\n", breakage_word((enum breakage)i), breakage_text((enum breakage)i));
    exit(0);
}

static struct arguments read_arguments(int argc, char **argv)
{
    static const struct option options[] = {{"seed", required_argument, NULL, 's'},
                                            {"seeds", required_argument, NULL, 'n'},
                                            {"days", required_argument, NULL, 'd'},
                                            {"mode", required_argument, NULL, 'm'},
                                            {"break", required_argument, NULL, 'b'},
                                            {"tell", no_argument, NULL, 't'},
                                            {"controls", no_argument, NULL, 'c'},
                                            {"few", no_argument, NULL, 'f'},
                                            {NULL, 0, NULL, 0}};
    struct arguments arguments = {.seed = 1, .seeds = 1, .days = 30, .mode = SIM_LIVE};
    int letter;
    while ((letter = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (letter) {
        case 's':
            arguments.seed = strtoull(optarg, NULL, 10);
            break;
        case 'n':
            arguments.seeds = atoi(optarg);
            break;
        case 'd':
            arguments.days = atoi(optarg);
            break;
        case 'm':
            arguments.mode = mode_of(optarg);
            break;
        case 'b':
            arguments.breakage = breakage_of(optarg);
            break;
        case 't':
            arguments.told = true;
            break;
        case 'f':
            arguments.few = true;
            break;
        case 'c':
            list_controls();
            break;
        default:
            exit(64);
        }
    }
    if (arguments.breakage < 0 || arguments.days < 1 || arguments.days + 8 > CITY_DAYS_MAX) {
        fprintf(stderr, "--break: one of --controls; --days: 1 to %d\n", CITY_DAYS_MAX - 8);
        exit(64);
    }
    return arguments;
}

/* Of eight seeds one is a drill and one runs in shadow. */
static enum sim_mode mode_for(const struct arguments *arguments, uint64_t seed)
{
    if (arguments->mode != MIXED)
        return (enum sim_mode)arguments->mode;
    return seed % 8 == 6 ? SIM_DRILL : seed % 8 == 7 ? SIM_SHADOW : SIM_LIVE;
}

static int tell_faults(const struct arguments *arguments, const struct faults *faults)
{
    int missing = 0;
    for (int i = 0; i < FAULTS; i++) {
        bool wanted = fault_is_wanted((enum fault)i, arguments->mode != SIM_SHADOW);
        printf("%-20s %lld\n", fault_name((enum fault)i), (long long)faults->counts[i]);
        if (!wanted || faults->counts[i] > 0 || arguments->few)
            continue;
        fprintf(stderr, "%s never happened\n", fault_name((enum fault)i));
        missing++;
    }
    return missing;
}

int main(int argc, char **argv)
{
    struct arguments arguments = read_arguments(argc, argv);
    struct faults faults = {0};
    struct timespec from, to;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    for (int i = 0; i < arguments.seeds; i++) {
        struct sim_options options = {
            .seed = arguments.seed + (uint64_t)i,
            .days = arguments.days,
            .mode = mode_for(&arguments, arguments.seed + (uint64_t)i),
            .breakage = (enum breakage)arguments.breakage,
            .told = arguments.told,
        };
        sim_run(&options, &faults);
        fflush(stdout);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    double seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
    double days = (double)arguments.seeds * (arguments.days + 4);
    int missing = tell_faults(&arguments, &faults);
    printf("%.0f days in %.1f s of one core: %.0f simulated days a minute\n", days, seconds,
           days / seconds * 60);
    return missing > 0;
}
