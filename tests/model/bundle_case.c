/* Reading the case files of tests/bundles. */
#include "model/bundle_case.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Base ----------------------------------------------------------------------------------------- */

static void put_text(struct bundle_case *bundle_case, const char *name, const char *data,
                     size_t size)
{
    for (size_t i = 0; i < bundle_case->count; i++) {
        if (strcmp(bundle_case->texts[i].name, name) == 0) {
            bundle_case->texts[i].data = data;
            bundle_case->texts[i].size = size;
            return;
        }
    }
    cr_assert(bundle_case->count < CASE_TEXTS_MAX);
    name = arena_strdup(&bundle_case->arena, name);
    bundle_case->texts[bundle_case->count++] = (struct bundle_text){name, name, data, size};
}

static void add_folder(struct bundle_case *bundle_case, const char *folder, const char *inside)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, inside);
    DIR *opened = opendir(path);
    cr_assert(opened, "%s", path);
    const struct dirent *entry;
    while ((entry = readdir(opened)) != NULL) {
        struct findings findings = {0};
        char *data;
        size_t size;
        if (entry->d_name[0] == '.' || !strchr(entry->d_name, '.'))
            continue;
        snprintf(path, sizeof path, "%s/%s%s", folder, inside, entry->d_name);
        cr_assert(file_read(path, FILE_BYTES_MAX, &data, &size, &findings) == 0, "%s", path);
        char *copy = arena_alloc(&bundle_case->arena, size + 1);
        memcpy(copy, data, size);
        free(data);
        put_text(bundle_case, path + strlen(folder) + 1, copy, size);
    }
    closedir(opened);
}

void bundle_case_base(struct bundle_case *ret_case, const char *folder)
{
    *ret_case = (struct bundle_case){0};
    add_folder(ret_case, folder, "");
    add_folder(ret_case, folder, "registry/");
    add_folder(ret_case, folder, "notices/");
    add_folder(ret_case, folder, "rules/");
}

void bundle_case_release(struct bundle_case *bundle_case)
{
    arena_release(&bundle_case->arena);
}

/* Sections ------------------------------------------------------------------------------------- */

static void trouble(struct bundle_case *bundle_case, const char *what, const char *word)
{
    if (!bundle_case->trouble)
        bundle_case->trouble = arena_printf(&bundle_case->arena, "%s: %s", what, word);
}

static const char *find_text(const struct bundle_case *bundle_case, const char *name)
{
    for (size_t i = 0; i < bundle_case->count; i++) {
        if (strcmp(bundle_case->texts[i].name, name) == 0)
            return bundle_case->texts[i].data;
    }
    return NULL;
}

static void delete_text(struct bundle_case *bundle_case, const char *name)
{
    for (size_t i = 0; i < bundle_case->count; i++) {
        if (strcmp(bundle_case->texts[i].name, name) == 0) {
            bundle_case->texts[i] = bundle_case->texts[--bundle_case->count];
            return;
        }
    }
    trouble(bundle_case, "nothing to delete", name);
}

/* Lines of `body` from *at that begin with `sign`, without it. */
static void take_signed(struct buf *buf, const char **at, char sign)
{
    while (**at == sign) {
        size_t size = strcspn(*at, "\n");
        buf_add(buf, *at + 1, size - 1);
        buf_putc(buf, '\n');
        *at += size + ((*at)[size] == '\n');
    }
}

/* One hunk: old lines, which must stand once at the start of a line, become new ones. */
static char *edit_once(struct bundle_case *bundle_case, char *text, const char *old,
                       const char *new)
{
    if (!*old)
        return arena_printf(&bundle_case->arena, "%s%s", text, new);
    const char *at = text;
    while ((at = strstr(at, old)) != NULL && at > text && at[-1] != '\n')
        at++;
    if (!at) {
        trouble(bundle_case, "no such lines", old);
        return text;
    }
    return arena_printf(&bundle_case->arena, "%.*s%s%s", (int)(at - text), text, new,
                        at + strlen(old));
}

static void edit_text(struct bundle_case *bundle_case, const char *name, const char *body)
{
    const char *found = find_text(bundle_case, name);
    if (!found) {
        trouble(bundle_case, "nothing to edit", name);
        return;
    }
    char *text = arena_strdup(&bundle_case->arena, found);
    while (*body == '-' || *body == '+') {
        struct buf old = {0}, new = {0};
        take_signed(&old, &body, '-');
        take_signed(&new, &body, '+');
        text = edit_once(bundle_case, text, buf_str(&old), buf_str(&new));
        buf_release(&old);
        buf_release(&new);
        while (*body == '\n')
            body++;
    }
    if (*body)
        trouble(bundle_case, "an edit's line begins with - or +", body);
    put_text(bundle_case, name, text, strlen(text));
}

static void escaped_text(struct bundle_case *bundle_case, const char *name, const char *body)
{
    struct buf buf = {0};
    for (; *body; body++) {
        unsigned byte;
        if (sscanf(body, "\\x%2x", &byte) == 1) {
            buf_putc(&buf, (char)byte);
            body += 3;
        } else if (body[0] == '\\' && body[1] == 'n') {
            buf_putc(&buf, '\n');
            body++;
        } else if (*body != '\n') {
            buf_putc(&buf, *body);
        }
    }
    char *copy = arena_alloc(&bundle_case->arena, buf.size + 1);
    memcpy(copy, buf_str(&buf), buf.size);
    put_text(bundle_case, name, copy, buf.size);
    buf_release(&buf);
}

static void apply_section(struct bundle_case *bundle_case, const char *head, const char *body)
{
    if (strcmp(head, "expect") == 0)
        bundle_case->expect = body;
    else if (strcmp(head, "with") == 0)
        bundle_case->with = body;
    else if (str_starts(head, "edit "))
        edit_text(bundle_case, head + 5, body);
    else if (str_starts(head, "delete "))
        delete_text(bundle_case, head + 7);
    else if (str_starts(head, "escaped "))
        escaped_text(bundle_case, head + 8, body);
    else
        put_text(bundle_case, head, body, strlen(body));
}

void bundle_case_apply(struct bundle_case *bundle_case, const char *text)
{
    const char *at = str_starts(text, "--- ") ? text : strstr(text, "\n--- ");
    while (at) {
        at += *at == '\n';
        size_t head_size = strcspn(at + 4, "\n");
        char *head = arena_strndup(&bundle_case->arena, at + 4, head_size);
        const char *body = at + 4 + head_size + 1;
        const char *next = strstr(body - 1, "\n--- ");
        size_t size = next ? (next > body ? (size_t)(next - body) + 1 : 0) : strlen(body);
        apply_section(bundle_case, head, arena_strndup(&bundle_case->arena, body, size));
        at = next;
    }
    if (!bundle_case->expect)
        trouble(bundle_case, "no section", "expect");
}
