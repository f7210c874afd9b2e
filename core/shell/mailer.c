/* One queue in, one queue out, both under the lock. */
#include "shell/mailer.h"
#include "base/xalloc.h"
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { CONNECT_MS_MAX = 10000, GOODBYE_SECONDS = 5 };

struct job {
    char *to;
    const char *left; /* still to be read by curl */
    size_t left_size, given;
    void (*done)(void *arg, const struct mail_answer *answer);
    void *arg;
    /* The answer. */
    CURLcode code;
    long status;
    char trouble[CURL_ERROR_SIZE];
    struct job *next;
};
struct queue {
    struct job *first, **last;
};
struct session {
    struct mailer *mailer;
    uv_thread_t thread;
    CURL *easy;
};
struct mailer {
    struct mailer_options options;
    uv_async_t wake;
    uv_mutex_t lock;
    uv_cond_t changed;
    struct session sessions[MAIL_SESSIONS_MAX];
    /* Under the lock. */
    struct queue waiting, back;
    bool stopping;
    int running; /* sessions */
    /* The loop's. */
    void (*closed)(void *arg);
    void *closed_arg;
};

static void queue_add(struct queue *queue, struct job *job)
{
    job->next = NULL;
    *queue->last = job;
    queue->last = &job->next;
}

static struct job *queue_take(struct queue *queue)
{
    struct job *job = queue->first;
    if (job)
        queue->first = job->next;
    if (!queue->first)
        queue->last = &queue->first;
    return job;
}

/* ---- on a session's thread ---------------------------------------------- */

static size_t give(char *bytes, size_t one, size_t room, void *arg)
{
    (void)one;
    struct job *job = arg;
    size_t given = job->left_size < room ? job->left_size : room;
    memcpy(bytes, job->left, given);
    job->left += given;
    job->left_size -= given;
    job->given += given;
    return given;
}

static size_t forget(char *bytes, size_t one, size_t size, void *arg)
{
    (void)bytes;
    (void)one;
    (void)arg;
    return size;
}

static void set_server(CURL *easy, const struct mailer_options *options)
{
    long timeout = (long)options->timeout_ms;
    curl_easy_setopt(easy, CURLOPT_URL, options->server);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     timeout < CONNECT_MS_MAX ? timeout : (long)CONNECT_MS_MAX);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, forget);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, options->from);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_USE_SSL,
                     options->must_encrypt ? (long)CURLUSESSL_ALL : (long)CURLUSESSL_TRY);
    if (options->ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, options->ca_file);
    if (options->user)
        curl_easy_setopt(easy, CURLOPT_USERNAME, options->user);
    if (options->password)
        curl_easy_setopt(easy, CURLOPT_PASSWORD, options->password);
}

static void hand_over(CURL *easy, struct job *job)
{
    struct curl_slist *recipients = curl_slist_append(NULL, job->to);
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, recipients);
    curl_easy_setopt(easy, CURLOPT_READDATA, job);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, job->trouble);
    job->code = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &job->status);
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, NULL);
    curl_slist_free_all(recipients);
}

/* Saying good-bye must not take longer than anyone would wait for it. */
static void say_goodbye(CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL);
    curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)GOODBYE_SECONDS);
    curl_easy_cleanup(easy);
}

static void run(void *arg)
{
    struct session *session = arg;
    struct mailer *mailer = session->mailer;
    uv_mutex_lock(&mailer->lock);
    for (;;) {
        struct job *job = queue_take(&mailer->waiting);
        if (!job && mailer->stopping)
            break;
        if (!job) {
            uv_cond_wait(&mailer->changed, &mailer->lock);
            continue;
        }
        uv_mutex_unlock(&mailer->lock);
        hand_over(session->easy, job);
        uv_mutex_lock(&mailer->lock);
        queue_add(&mailer->back, job);
        uv_async_send(&mailer->wake);
    }
    uv_mutex_unlock(&mailer->lock);
    say_goodbye(session->easy);
    uv_mutex_lock(&mailer->lock);
    mailer->running--;
    uv_async_send(&mailer->wake);
    uv_mutex_unlock(&mailer->lock);
}

/* ---- the loop ------------------------------------------------------------ */

/* The greeting, the encryption or our password failed. */
static bool was_denied(const struct job *job)
{
    return job->code == CURLE_LOGIN_DENIED || job->code == CURLE_USE_SSL_FAILED ||
           job->code == CURLE_REMOTE_ACCESS_DENIED ||
           (job->code == CURLE_WEIRD_SERVER_REPLY && job->given == 0);
}

static void tell(struct job *job)
{
    struct mail_answer answer = {.status = job->status,
                                 .denied = was_denied(job),
                                 .certificate = job->code == CURLE_PEER_FAILED_VERIFICATION};
    if (job->code != CURLE_OK)
        answer.trouble = job->trouble[0] ? job->trouble : curl_easy_strerror(job->code);
    job->done(job->arg, &answer);
    free(job->to);
    free(job);
}

static void free_mailer(uv_handle_t *handle)
{
    struct mailer *mailer = handle->data;
    for (int i = 0; i < mailer->options.sessions; i++)
        uv_thread_join(&mailer->sessions[i].thread);
    uv_mutex_destroy(&mailer->lock);
    uv_cond_destroy(&mailer->changed);
    mailer->closed(mailer->closed_arg);
    free(mailer);
}

static void on_wake(uv_async_t *wake)
{
    struct mailer *mailer = wake->data;
    uv_mutex_lock(&mailer->lock);
    struct job *back = mailer->back.first;
    mailer->back = (struct queue){NULL, &mailer->back.first};
    bool ended = mailer->stopping && mailer->running == 0;
    uv_mutex_unlock(&mailer->lock);
    while (back) {
        struct job *job = back;
        back = job->next;
        tell(job);
    }
    if (ended && !uv_is_closing((uv_handle_t *)wake))
        uv_close((uv_handle_t *)wake, free_mailer);
}

struct mailer *mailer_new(uv_loop_t *loop, const struct mailer_options *options)
{
    struct mailer *mailer = xcalloc(1, sizeof *mailer);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    mailer->options = *options;
    mailer->waiting.last = &mailer->waiting.first;
    mailer->back.last = &mailer->back.first;
    uv_mutex_init(&mailer->lock);
    uv_cond_init(&mailer->changed);
    uv_async_init(loop, &mailer->wake, on_wake);
    mailer->wake.data = mailer;
    for (int i = 0; i < options->sessions; i++) {
        struct session *session = &mailer->sessions[i];
        *session = (struct session){.mailer = mailer, .easy = curl_easy_init()};
        if (!session->easy)
            abort(); /* only for want of memory */
        set_server(session->easy, &mailer->options);
        mailer->running++;
    }
    for (int i = 0; i < options->sessions; i++)
        if (uv_thread_create(&mailer->sessions[i].thread, run, &mailer->sessions[i]) != 0)
            abort(); /* only for want of memory, or of threads for the whole machine */
    return mailer;
}

void mailer_send(struct mailer *mailer, const char *to, const void *bytes, size_t size,
                 void (*done)(void *arg, const struct mail_answer *answer), void *arg)
{
    struct job *job = xcalloc(1, sizeof *job);
    *job =
        (struct job){.to = xstrdup(to), .left = bytes, .left_size = size, .done = done, .arg = arg};
    uv_mutex_lock(&mailer->lock);
    queue_add(&mailer->waiting, job);
    uv_cond_signal(&mailer->changed);
    uv_mutex_unlock(&mailer->lock);
}

void mailer_close(struct mailer *mailer, void (*closed)(void *arg), void *arg)
{
    mailer->closed = closed;
    mailer->closed_arg = arg;
    uv_mutex_lock(&mailer->lock);
    mailer->stopping = true;
    uv_cond_broadcast(&mailer->changed);
    uv_mutex_unlock(&mailer->lock);
}
