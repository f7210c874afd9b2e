/* The registry's words, and finding a recipient by its id. */
#include "model/registry.h"
#include <assert.h>
#include <string.h>

static const char *const emission_keys[EMISSIONS] = {"so2", "nox", "pm", "vocs"};
static const char *const emission_labels[EMISSIONS] = {"SO2", "NOx", "PM", "VOCs"};
static const char *const grade_names[] = {"A+", "A",       "B",           "B-", "C",
                                          "D",  "leading", "non_leading", ""};

const char *emission_key(enum emission emission)
{
    assert(emission < EMISSIONS);
    return emission_keys[emission];
}

const char *emission_label(enum emission emission)
{
    assert(emission < EMISSIONS);
    return emission_labels[emission];
}

const char *grade_name(enum grade grade)
{
    assert(grade <= GRADE_NONE);
    return grade_names[grade];
}

int registry_find(const struct registry *registry, const char *id)
{
    size_t low = 0, high = registry->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(registry->recipients[middle].id, id);
        if (order == 0)
            return (int)middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

const struct measure *registry_measure(const struct registry *registry, const char *id)
{
    for (size_t i = 0; i < registry->measure_count; i++) {
        if (strcmp(registry->measures[i].id, id) == 0)
            return &registry->measures[i];
    }
    return NULL;
}
