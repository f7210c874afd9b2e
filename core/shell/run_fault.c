/* Faults: what keeps facts of a run back, or spoils them. */
#include "shell/run_fault.h"
#include "base/xalloc.h"
#include <stdlib.h>
#include <string.h>

static bool fault_concerns(const struct fault *fault, const struct fact *fact)
{
    instant_ms about = fact->kind == FACT_FORECAST ? fact->forecast.issued : fact->time;
    bool kind = fact->kind == FACT_READING || fact->kind == FACT_FORECAST;
    if (!kind || !fact->subject || about < fault->from || about >= fault->until)
        return false;
    for (int i = 0; i < fault->inject->fault.of.count; i++) {
        const char *name = fault->inject->fault.of.items[i];
        size_t size = strlen(name);
        if (strncmp(fact->subject, name, size) == 0 &&
            (!fact->subject[size] || fact->subject[size] == '/'))
            return true;
    }
    return false;
}

static void invalidate(struct fact *fact)
{
    if (fact->kind == FACT_READING) {
        struct reading_value *values =
            (struct reading_value *)(uintptr_t)fact->reading.values; /* our own copy */
        for (int i = 0; i < fact->reading.count; i++)
            values[i].value = MICRO_NONE;
    } else {
        micro *low = (micro *)(uintptr_t)fact->forecast.low;
        micro *high = (micro *)(uintptr_t)fact->forecast.high;
        for (int i = 0; i < fact->forecast.count; i++)
            low[i] = high[i] = MICRO_NONE;
    }
}

const struct fact *through_faults(const struct faults *faults, struct run *run,
                                  const struct fact *fact)
{
    for (size_t i = 0; i < faults->count; i++) {
        const struct fault *fault = &faults->items[i];
        if (!fault_concerns(fault, fact))
            continue;
        run->silenced++;
        if (fault->inject->fault.kind == FAULT_SILENT)
            return NULL;
        struct fact *copy = arena_alloc(&run->arena, sizeof *copy);
        fact_copy(copy, &run->arena, fact);
        invalidate(copy);
        return copy;
    }
    return fact;
}

void faults_add(struct faults *faults, const struct inject *inject, instant_ms at)
{
    xgrow((void **)&faults->items, faults->count, &faults->capacity, sizeof *faults->items);
    faults->items[faults->count++] = (struct fault){inject, at, at + inject->fault.lasting};
}

void faults_release(struct faults *faults)
{
    free(faults->items);
    *faults = (struct faults){0};
}
