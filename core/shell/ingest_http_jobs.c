/* Reading bodies: small ones where they came in, all others on the pool, so that no batch holds up
 * the loop while it is read. */
#include "base/arena.h"
#include "base/xalloc.h"
#include "shell/accounts.h"
#include "shell/ingest_http_inner.h"
#include <stdlib.h>

enum {
    HEADERS_MAX = 64,
    READ_AT_ONCE_BYTES = 16 << 10, /* some 5 ms of reading */
};

struct header_list {
    struct arena *arena;
    struct http_header items[HEADERS_MAX];
    size_t count;
};

static void add_header(void *arg, const char *name, const char *value)
{
    struct header_list *list = arg;
    if (list->count < HEADERS_MAX)
        list->items[list->count++] =
            (struct http_header){arena_strdup(list->arena, name), arena_strdup(list->arena, value)};
}

static const struct token *copy_token(struct arena *arena, const struct token *token)
{
    if (!token)
        return NULL;
    struct token *copy = arena_alloc(arena, sizeof *copy);
    const char **sources = arena_alloc(arena, (size_t)(token->source_count + 1) * sizeof *sources);
    for (int i = 0; i < token->source_count; i++)
        sources[i] = arena_strdup(arena, token->sources[i]);
    *copy = (struct token){.sources = sources, .source_count = token->source_count};
    return copy;
}

static void ask_for(struct body_reading *reading, struct ingest_http *ingest,
                    struct http_request *request, bool events, const struct token *token,
                    struct arena *arena)
{
    struct header_list *list = arena_alloc(arena, sizeof *list);
    list->arena = arena;
    http_headers(request, add_header, list);
    *reading = (struct body_reading){
        .policy = ingest->around.policy,
        .body = request->body ? request->body : "",
        .size = request->body_size,
        .events = events,
        .headers = list->items,
        .header_count = list->count,
        .token = copy_token(arena, token),
        .told = ingest->around.told,
        .load = load_new(),
    };
}

static void read_at_once(struct ingest_http *ingest, struct http_request *request, bool events,
                         const struct token *token)
{
    struct arena arena = {0};
    struct body_reading reading;
    uint32_t told_before = ingest->around.told->count;
    ask_for(&reading, ingest, request, events, token, &arena);
    body_read(&reading);
    intake_tell(&ingest->around, told_before, &reading.slips);
    ingest_http_was_read(ingest, request, &reading);
    body_release(&reading);
    arena_release(&arena);
}

/* ---- reading on the pool ----------------------------------------------- */

static void count_reader(struct ingest_http *ingest, int change)
{
    if (ingest->options.readers)
        *ingest->options.readers += change;
}

static void job_free(struct job *job)
{
    body_release(&job->reading);
    intern_release(&job->told);
    arena_release(&job->arena);
    free(job);
}

/* On the pool. */
static void read_body(uv_work_t *work)
{
    struct job *job = work->data;
    body_read(&job->reading);
}

/* What was new to the job and was not told by others meanwhile. */
static void tell_slips(struct job *job)
{
    const struct surroundings *around = &job->ingest->around;
    uint32_t before = around->told->count;
    for (uint32_t i = job->told_before; i < job->told.count; i++)
        intern_add(around->told, intern_name(&job->told, (int)i));
    if (around->told->count > before)
        intake_tell(around, before, &job->reading.slips);
}

static void body_was_read(uv_work_t *work, int status)
{
    struct job *job = work->data;
    struct ingest_http *ingest = job->ingest;
    (void)status;
    ingest->reading = false;
    count_reader(ingest, -1);
    if (ingest->stopped) {
        load_free(job->reading.load);
        ingest_http_refuse_stopped(job->request);
    } else {
        tell_slips(job);
        ingest_http_was_read(ingest, job->request, &job->reading);
    }
    job_free(job);
    ingest_http_go_on(ingest);
}

/* The policy is asked for late: whoever waited must not read by one that has gone. */
static void begin(struct ingest_http *ingest, struct job *job)
{
    const struct intern *told = ingest->around.told;
    for (uint32_t i = 0; i < told->count; i++)
        intern_add(&job->told, intern_name(told, (int)i));
    job->told_before = told->count;
    job->reading.told = &job->told;
    job->reading.policy = ingest->around.policy;
    job->work.data = job;
    ingest->reading = true;
    count_reader(ingest, +1);
    uv_queue_work(ingest->around.loop, &job->work, read_body, body_was_read);
}

void ingest_http_go_on(struct ingest_http *ingest)
{
    while (ingest->jobs && !ingest->reading) {
        struct job *job = ingest->jobs;
        ingest->jobs = job->next;
        if (!ingest->jobs)
            ingest->last_job = &ingest->jobs;
        if (!ingest->stopped && inbox_has_room(ingest->around.inbox)) {
            begin(ingest, job);
            return;
        }
        if (ingest->stopped)
            ingest_http_refuse_stopped(job->request);
        else
            ingest_http_refuse_busy(ingest, job->request);
        load_free(job->reading.load);
        job_free(job);
    }
}

static void read_on_pool(struct ingest_http *ingest, struct http_request *request, bool events,
                         const struct token *token)
{
    struct job *job = xcalloc(1, sizeof *job);
    job->ingest = ingest;
    job->request = request;
    ask_for(&job->reading, ingest, request, events, token, &job->arena);
    *ingest->last_job = job;
    ingest->last_job = &job->next;
    ingest_http_go_on(ingest);
}

void ingest_http_read(struct ingest_http *ingest, struct http_request *request, bool events,
                      const struct token *token)
{
    if (request->body_size <= READ_AT_ONCE_BYTES && !ingest->jobs && !ingest->reading)
        read_at_once(ingest, request, events, token);
    else
        read_on_pool(ingest, request, events, token);
}
