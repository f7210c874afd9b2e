/* Differences of lists, however they were found. */
#include "base/xalloc.h"
#include "base/yaml.h"
#include "model/list_csv.h"
#include <stdlib.h>

void list_diff_add(struct list_diff *diff, const struct list_change *change)
{
    void *changes = diff->changes;
    xgrow(&changes, diff->count, &diff->capacity, sizeof *diff->changes);
    diff->changes = changes;
    diff->changes[diff->count++] = *change;
    diff->added += change->kind == LIST_ADDED;
    diff->removed += change->kind == LIST_REMOVED;
    diff->changed += change->kind == LIST_CHANGED;
}

struct list_change list_change_of(const struct recipient *recipient, enum list_change_kind kind)
{
    return (struct list_change){.kind = kind,
                                .id = recipient->id,
                                .name = recipient->name,
                                .file = recipient->at.file,
                                .line = recipient->at.line};
}

void list_diff_release(struct list_diff *diff)
{
    for (size_t i = 0; i < diff->count; i++)
        free(diff->changes[i].cells);
    for (size_t i = 0; i < diff->file_count; i++)
        free(diff->files[i].data);
    free(diff->changes);
    free(diff->files);
    arena_release(&diff->arena);
    *diff = (struct list_diff){0};
}
