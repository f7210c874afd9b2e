/* The two places texts come from. */
#include "model/bundle_source.h"
#include "base/err.h"
#include "base/file.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/xalloc.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct bundle_text *find(const struct bundle_source *source, const char *name)
{
    for (size_t i = 0; i < source->count; i++) {
        if (strcmp(source->texts[i].name, name) == 0)
            return &source->texts[i];
    }
    return NULL;
}

static const char *path_of(const struct bundle_source *source, struct arena *arena,
                           const char *name)
{
    return arena_printf(arena, "%s/%s", source->folder, name);
}

/* "/.." after a real name takes both away; "." goes. */
static void drop_dots(char *path)
{
    char *out = path;
    for (char *part = path; *part;) {
        size_t size = strcspn(part, "/");
        char *next = part[size] ? part + size + 1 : part + size;
        char *last = out; /* where the last kept part begins */
        if (out > path) {
            last--;
            while (last > path && last[-1] != '/')
                last--;
        }
        bool up = size == 2 && memcmp(part, "..", 2) == 0;
        bool can_go_up = out > path && last[0] != '/' && strncmp(last, "../", 3) != 0;
        if (up && can_go_up) {
            out = last;
        } else if (size != 1 || part[0] != '.') {
            memmove(out, part, (size_t)(next - part));
            out += next - part;
        }
        part = next;
    }
    *out = 0;
}

const char *source_shown(const struct bundle_source *source, struct arena *arena, const char *name)
{
    if (!source->folder)
        return arena_strdup(arena, name);
    char *path = arena_printf(arena, "%s/%s", source->folder, name);
    drop_dots(path);
    return path;
}

/* *ret_error: why that cannot be told; 0 when it can. */
static bool is_file(const char *path, int *ret_error)
{
    struct stat status;
    bool there = stat(path, &status) == 0;
    *ret_error = there || errno == ENOENT || errno == ENOTDIR ? 0 : errno;
    return there && S_ISREG(status.st_mode);
}

bool source_has(const struct bundle_source *source, const char *name)
{
    int error;
    if (!source->folder)
        return find(source, name) != NULL;
    char *path = xasprintf("%s/%s", source->folder, name);
    bool has = is_file(path, &error);
    free(path);
    return has;
}

static const char *copy_bytes(const char *data, size_t size)
{
    char *copy = xmalloc(size + 1);
    if (size > 0)
        memcpy(copy, data, size);
    copy[size] = 0;
    return copy;
}

static const char *data_of(const struct bundle_source *source, const struct bundle_text *given)
{
    if (!source->taken)
        return copy_bytes(given->data, given->size);
    const char *data = given->data;
    source->taken[given - source->texts].data = NULL;
    return data;
}

int source_read(const struct bundle_source *source, struct arena *arena, const char *name,
                struct bundle_text *ret_text, struct findings *findings)
{
    struct bundle_text text = {.name = arena_strdup(arena, name)};
    if (!source->folder) {
        const struct bundle_text *given = find(source, name);
        if (!given || (!given->data && given->size > 0))
            return ERR_NOT_FOUND;
        text.shown = arena_strdup(arena, given->shown ? given->shown : name);
        text.data = data_of(source, given);
        text.size = given->size;
        *ret_text = text;
        return 0;
    }
    char *data;
    int err = file_read(path_of(source, arena, name), FILE_BYTES_MAX, &data, &text.size, findings);
    if (err < 0)
        return err;
    text.data = data;
    text.shown = source_shown(source, arena, name);
    *ret_text = text;
    return 0;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct listing {
    const char **names;
    size_t count, capacity;
};

static void list_add(struct listing *listing, const char *name)
{
    void *names = listing->names;
    xgrow(&names, listing->count, &listing->capacity, sizeof *listing->names);
    listing->names = names;
    listing->names[listing->count++] = name;
}

static void list_memory(const struct bundle_source *source, const char *directory,
                        struct listing *listing)
{
    size_t size = strlen(directory);
    for (size_t i = 0; i < source->count; i++) {
        const char *name = source->texts[i].name;
        if (str_starts(name, directory) && !strchr(name + size, '/'))
            list_add(listing, name);
    }
}

/* What cannot be looked into must not pass for empty: a list of enterprises would be. */
static void refuse(const char *path, int error, struct findings *findings)
{
    findings_add(findings, SEV_ERROR, "F002", (struct place){.file = path}, NULL,
                 tr("cannot read %s: %s", "无法读取 %s：%s"), path, file_trouble(error));
}

static void list_folder(const struct bundle_source *source, struct arena *arena,
                        const char *directory, struct listing *listing, struct findings *findings)
{
    const char *folder = path_of(source, arena, directory);
    DIR *opened = opendir(folder);
    int error = opened || errno == ENOENT || errno == ENOTDIR ? 0 : errno;
    const struct dirent *entry;
    while (opened && error == 0 && (errno = 0, entry = readdir(opened)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        const char *name = arena_printf(arena, "%s%s", directory, entry->d_name);
        if (is_file(path_of(source, arena, name), &error))
            list_add(listing, name);
    }
    if (opened && error == 0)
        error = errno;
    if (opened)
        closedir(opened);
    if (error != 0)
        refuse(folder, error, findings);
}

const char **source_list(const struct bundle_source *source, struct arena *arena,
                         const char *directory, size_t *ret_count, struct findings *findings)
{
    struct listing listing = {0};
    if (source->folder)
        list_folder(source, arena, directory, &listing, findings);
    else
        list_memory(source, directory, &listing);
    const char **names = arena_alloc(arena, (listing.count + 1) * sizeof *names);
    if (listing.count > 0) {
        memcpy(names, listing.names, listing.count * sizeof *names);
        qsort(names, listing.count, sizeof *names, by_text);
    }
    free(listing.names);
    *ret_count = listing.count;
    return names;
}
