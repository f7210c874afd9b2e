/* New texts for the files of the registry.
 *
 * A file is cut into pieces at its entries; a changed entry's piece is replaced by a printed one, a
 * removed one's is left out, everything else is copied byte for byte, comments between entries
 * included. */
#include "base/buf.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/list_import.h"
#include "model/yaml_edit.h"
#include <stdlib.h>
#include <string.h>

/* Where one entry stands in its file's text. */
struct piece {
    int recipient;
    int line;          /* of its node */
    size_t begin, end; /* bytes */
    int indent;        /* of its dash */
};
struct rewriter {
    struct list_importer *importer;
    const struct bundle_text *text;
    size_t *lines; /* offset of each line's start; one more for the end */
    int line_count;
    struct piece *pieces;
    size_t count, capacity;
};

static void find_lines(struct rewriter *rewriter)
{
    const struct bundle_text *text = rewriter->text;
    size_t capacity = 0, count = 0;
    void *lines = NULL;
    for (size_t at = 0; at <= text->size;) {
        xgrow(&lines, count, &capacity, sizeof(size_t));
        ((size_t *)lines)[count++] = at;
        const char *end = memchr(text->data + at, '\n', text->size - at);
        at = end ? (size_t)(end - text->data) + 1 : text->size + 1;
    }
    rewriter->lines = lines;
    rewriter->line_count = (int)count;
}

/* Of line `number`, counted from 1. */
static size_t line_start(const struct rewriter *rewriter, int number)
{
    return number <= rewriter->line_count ? rewriter->lines[number - 1] : rewriter->text->size;
}

/* Blank, or a comment that stands no deeper than the dashes. */
static bool is_between(const struct rewriter *rewriter, int number, int indent)
{
    const char *data = rewriter->text->data;
    size_t at = line_start(rewriter, number), end = line_start(rewriter, number + 1);
    size_t first = at;
    while (first < end && (data[first] == ' ' || data[first] == '\t'))
        first++;
    if (first == end || data[first] == '\n' || data[first] == '\r')
        return true;
    return data[first] == '#' && (int)(first - at) <= indent;
}

/* The dash stands before the node, on its line or one above. */
static bool find_begin(struct rewriter *rewriter, struct piece *piece)
{
    const char *data = rewriter->text->data;
    for (int line = piece->line; line >= 1 && line >= piece->line - 3; line--) {
        size_t at = line_start(rewriter, line), first = at;
        while (data[first] == ' ')
            first++;
        if (data[first] != '-' || !strchr(" \r\n", data[first + 1]))
            continue;
        piece->begin = at;
        piece->indent = (int)(first - at);
        piece->line = line;
        return true;
    }
    return false;
}

static void find_ends(struct rewriter *rewriter)
{
    for (size_t i = 0; i < rewriter->count; i++) {
        struct piece *piece = &rewriter->pieces[i];
        int next =
            i + 1 < rewriter->count ? rewriter->pieces[i + 1].line : rewriter->line_count + 1;
        while (next - 1 > piece->line && is_between(rewriter, next - 1, piece->indent))
            next--;
        piece->end = line_start(rewriter, next);
    }
}

static int by_line(const void *a, const void *b)
{
    return ((const struct piece *)a)->line - ((const struct piece *)b)->line;
}

static void add_piece(struct rewriter *rewriter, int recipient, int line)
{
    void *pieces = rewriter->pieces;
    xgrow(&pieces, rewriter->count, &rewriter->capacity, sizeof *rewriter->pieces);
    rewriter->pieces = pieces;
    rewriter->pieces[rewriter->count++] = (struct piece){.recipient = recipient, .line = line};
}

static void find_pieces(struct rewriter *rewriter)
{
    const struct registry *registry = &rewriter->importer->policy->registry;
    for (size_t i = 0; i < registry->count; i++) {
        const struct place *at = &registry->recipients[i].at;
        if (strcmp(at->file, rewriter->text->shown) == 0)
            add_piece(rewriter, (int)i, at->line);
    }
    if (rewriter->count > 0)
        qsort(rewriter->pieces, rewriter->count, sizeof *rewriter->pieces, by_line);
}

static bool cut(struct rewriter *rewriter)
{
    for (size_t i = 0; i < rewriter->count; i++) {
        if (find_begin(rewriter, &rewriter->pieces[i]))
            continue;
        findings_add(
            rewriter->importer->findings, SEV_ERROR, "I015",
            (struct place){rewriter->text->shown, rewriter->pieces[i].line, 1},
            tr("write each entry as a list item: “- id: …”", "请把每个条目写成“- id: …”的列表项"),
            tr("this entry is not written on lines of its own and cannot be changed here",
               "该条目没有独占各行，无法由导入修改"));
        return false;
    }
    find_ends(rewriter);
    return true;
}

static void print_entry(struct buf *buf, const struct yaml *entry, int indent)
{
    struct buf plain = {0};
    yaml_print_entry(&plain, entry);
    const char *line = buf_str(&plain);
    while (*line) {
        size_t size = strcspn(line, "\n") + 1;
        buf_printf(buf, "%*s%.*s", indent, "", (int)size, line);
        line += size;
    }
    buf_release(&plain);
}

/* A printed entry has no comments; whoever wrote one must know. */
static void warn_comment(struct rewriter *rewriter, const struct piece *piece, const char *id)
{
    const char *data = rewriter->text->data;
    char *old = xstrndup(data + piece->begin, piece->end - piece->begin);
    if (strstr(old, " #"))
        findings_add(rewriter->importer->findings, SEV_WARNING, "I017",
                     (struct place){rewriter->text->shown, piece->line, piece->indent + 1},
                     tr("copy it into “note”, or make this change in the file by hand",
                        "请改写到 note，或直接在文件中修改"),
                     tr("a comment inside the entry “%s” will be lost", "条目“%s”内的注释将丢失"),
                     id);
    free(old);
}

static void end_line(struct buf *buf)
{
    if (buf->size > 0 && buf->data[buf->size - 1] != '\n')
        buf_putc(buf, '\n');
}

static void splice(struct rewriter *rewriter, const struct yaml *const *nodes, struct buf *buf)
{
    const struct registry *registry = &rewriter->importer->policy->registry;
    size_t at = 0;
    for (size_t i = 0; i < rewriter->count; i++) {
        const struct piece *piece = &rewriter->pieces[i];
        const struct recipient *recipient = &registry->recipients[piece->recipient];
        const struct yaml *node = nodes[piece->recipient];
        if (node == recipient->node)
            continue;
        buf_add(buf, rewriter->text->data + at, piece->begin - at);
        at = piece->end;
        if (!node)
            continue;
        warn_comment(rewriter, piece, recipient->id);
        print_entry(buf, node, piece->indent);
    }
    buf_add(buf, rewriter->text->data + at, rewriter->text->size - at);
}

static void add_file(struct list_importer *importer, const char *name, const char *shown,
                     struct buf *buf)
{
    struct list_diff *diff = importer->diff;
    diff->files = xrealloc(diff->files, (diff->file_count + 1) * sizeof *diff->files);
    struct list_file *file = &diff->files[diff->file_count++];
    file->name = name;
    file->shown = shown;
    file->size = buf->size;
    file->data = buf_detach(buf);
}

static bool is_changed(const struct rewriter *rewriter, const struct yaml *const *nodes)
{
    for (size_t i = 0; i < rewriter->count; i++) {
        int number = rewriter->pieces[i].recipient;
        if (nodes[number] != rewriter->importer->policy->registry.recipients[number].node)
            return true;
    }
    return false;
}

static void rewrite_file(struct list_importer *importer, const struct bundle_text *text,
                         const struct yaml *const *nodes, const struct yaml *const *added,
                         const char *const *homes, size_t added_count)
{
    struct rewriter rewriter = {.importer = importer, .text = text};
    struct buf buf = {0};
    find_pieces(&rewriter);
    bool any = is_changed(&rewriter, nodes), good = true;
    if (any) {
        find_lines(&rewriter);
        good = cut(&rewriter);
    }
    if (good && any)
        splice(&rewriter, nodes, &buf);
    for (size_t i = 0; i < added_count && good; i++) {
        if (strcmp(homes[i], text->name) != 0)
            continue;
        if (!any)
            buf_add(&buf, text->data, text->size);
        any = true;
        end_line(&buf);
        print_entry(&buf, added[i], 0);
    }
    if (good && any)
        add_file(importer, text->name, text->shown, &buf);
    buf_release(&buf);
    free(rewriter.lines);
    free(rewriter.pieces);
}

static bool has_text(const struct bundle *bundle, const char *name)
{
    for (size_t i = 0; i < bundle->text_count; i++) {
        if (strcmp(bundle->texts[i].name, name) == 0)
            return true;
    }
    return false;
}

/* Entries of districts that have no file yet: each new name once, with all its entries. */
static void new_files(struct list_importer *importer, const struct yaml *const *added,
                      const char *const *homes, size_t count)
{
    struct intern taken = {0};
    for (size_t i = 0; i < count; i++) {
        uint32_t before = taken.count;
        intern_add(&taken, homes[i]);
        if (taken.count == before || has_text(importer->bundle, homes[i]))
            continue;
        struct buf buf = {0};
        for (size_t k = i; k < count; k++) {
            if (strcmp(homes[k], homes[i]) == 0)
                print_entry(&buf, added[k], 0);
        }
        add_file(importer, homes[i], homes[i], &buf);
    }
    intern_release(&taken);
}

/* The registry file with most enterprises of a district, or NULL.  A walk over all; asked once a
 * district. */
static const char *find_home(const struct list_importer *importer, const char *district)
{
    const struct bundle *bundle = importer->bundle;
    const struct registry *registry = &importer->policy->registry;
    const char *best = NULL;
    size_t most = 0;
    for (size_t t = 0; t < bundle->text_count; t++) {
        size_t found = 0;
        if (!str_starts(bundle->texts[t].name, "registry/"))
            continue;
        for (size_t i = 0; i < registry->count; i++) {
            const struct recipient *recipient = &registry->recipients[i];
            found += recipient->kind == RECIPIENT_ENTERPRISE &&
                     str_equal(recipient->district, district) &&
                     strcmp(recipient->at.file, bundle->texts[t].shown) == 0;
        }
        if (found > most) {
            most = found;
            best = bundle->texts[t].name;
        }
    }
    return best;
}

const char *list_home(struct list_importer *importer, const char *district)
{
    int number = intern_find(&importer->districts, district);
    if (number != INTERN_NONE)
        return importer->homes[number];
    const char *home = find_home(importer, district);
    if (!home)
        home = arena_printf(&importer->diff->arena, "registry/%s.yaml", district);
    if (importer->districts.count < LIST_HOMES_MAX) {
        number = intern_add(&importer->districts, district);
        importer->homes[number] = home;
    }
    return home;
}

void list_rewrite(struct list_importer *importer, const struct yaml *const *nodes,
                  const struct yaml *const *added, size_t added_count)
{
    const struct bundle *bundle = importer->bundle;
    const char **homes = arena_alloc(&importer->diff->arena, (added_count + 1) * sizeof *homes);
    for (size_t i = 0; i < added_count; i++) {
        const char *district = yaml_text(added[i], "district");
        homes[i] = list_home(importer, district ? district : "new");
    }
    for (size_t i = 0; i < bundle->text_count; i++) {
        if (str_starts(bundle->texts[i].name, "registry/"))
            rewrite_file(importer, &bundle->texts[i], nodes, added, homes, added_count);
    }
    new_files(importer, added, homes, added_count);
}
