/* A command of the site's own: the letter on its standard input, its exit code the answer.
 *
 *     exit 0  delivered      exit 75 (EX_TEMPFAIL)  try again      anything else  refused
 *
 * The command is a list of words, never a line for a shell; nothing of a letter becomes part of it.
 * It knows the letter by its environment, which holds nothing else but what the configuration lets
 * through.  It and its children form a group of their own: when its time is up the group is asked
 * to end, then made to, and nothing of it outlives the attempt. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "model/schema.h"
#include "shell/channel.h"
#include "shell/conf.h"
#include "shell/status.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

enum {
    WORDS_MAX = 32,
    PASSED_MAX = 32,
    OWN_VARIABLES = 8,
    COMPLAINT_BYTES_MAX = 1024, /* of its standard error kept */
    GRACE_MS = 2000,            /* from the request to end to the end */
    LAST_WORDS_MS = 200,        /* for what it wrote before it ended */
    EXIT_RETRY = 75,
};

struct command_conf {
    const char **words; /* NULL-terminated */
    const char *folder; /* it runs there; or NULL: / */
    const char *const *passed;
    int passed_count;
};
struct command {
    uv_loop_t *loop;
    const struct gateway *gateway;
    const struct command_conf *conf;
    enum effects effects;
};

/* ---- configuration --------------------------------------------------------- */

struct written {
    const struct yaml *run, *env;
    const char *folder;
};
static const struct field fields[] = {
    FIELD("run", FIELD_TEXTS, offsetof(struct written, run), .required = true, .low = 1,
          .high = WORDS_MAX),
    FIELD("env", FIELD_TEXTS, offsetof(struct written, env), .low = 0, .high = PASSED_MAX),
    FIELD("folder", FIELD_TEXT, offsetof(struct written, folder)),
};
static const struct schema schema = {"a command", "命令网关", fields,
                                     sizeof fields / sizeof *fields, true};

static int command_read(void **ret_conf, struct arena *arena, const struct yaml *node,
                        const char *conf_path, struct findings *findings)
{
    struct command_conf *conf = arena_alloc(arena, sizeof *conf);
    struct written written = {0};
    const char *const *words;
    int count;
    *ret_conf = conf;
    if (!schema_read(&schema, node, &written, findings))
        return ERR_INVALID;
    schema_texts(arena, written.run, &words, &count);
    schema_texts(arena, written.env, &conf->passed, &conf->passed_count);
    conf->words = arena_alloc(arena, (size_t)(count + 1) * sizeof *conf->words);
    memcpy(conf->words, words, (size_t)count * sizeof *words);
    conf->words[0] = conf_beside(arena, conf_path, words[0]);
    conf->folder = conf_beside(arena, conf_path, written.folder);
    return 0;
}

static bool can_be_run(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

static int command_check(const void *conf_, const struct yaml *node, struct findings *findings)
{
    const struct command_conf *conf = conf_;
    if (can_be_run(conf->words[0]))
        return 0;
    findings_add(findings, SEV_ERROR, "D061", yaml_place(yaml_get(node, "run")),
                 tr("its path, beside the configuration or absolute; it must be executable",
                    "填写其路径（相对配置文件或绝对路径），且须可执行"),
                 tr("the command %s cannot be run", "无法运行命令 %s"), conf->words[0]);
    return ERR_INVALID;
}

static int command_open(void **ret_self, uv_loop_t *loop, const void *conf,
                        const struct channel_options *options, struct findings *findings)
{
    int err = command_check(conf, options->gateway->node, findings);
    if (err < 0)
        return err;
    struct command *command = xcalloc(1, sizeof *command);
    *command = (struct command){loop, options->gateway, conf, options->effects};
    *ret_self = command;
    return 0;
}

/* ---- one run ------------------------------------------------------------------ */

/* Handles of their own, all closed before the attempt is told. */
struct run {
    struct command *command;
    uv_process_t process;
    uv_pipe_t in, complaints;
    uv_timer_t timer;
    uv_write_t write;
    int handles;
    int pid;
    bool exited, out_of_time, silent; /* silent: its standard error is closed */
    int64_t code;
    int signal;
    struct buf complaint;
    char chunk[1024];
    channel_done *done;
    void *arg;
};

static void tell(struct run *run)
{
    struct buf trouble = {0};
    enum outcome outcome = OUTCOME_REFUSED;
    if (run->out_of_time || run->code == EXIT_RETRY)
        outcome = OUTCOME_RETRY;
    if (run->out_of_time)
        buf_printf(&trouble, tr("the command did not end in time", "命令超时未结束"));
    else if (run->signal != 0)
        buf_printf(&trouble, tr("the command was ended by signal %d", "命令被信号 %d 终止"),
                   run->signal);
    else if (run->code == 0)
        outcome = OUTCOME_DELIVERED;
    else
        buf_printf(&trouble, tr("the command ended with %d", "命令退出码为 %d"), (int)run->code);
    for (size_t i = 0; i < run->complaint.size; i++)
        if ((unsigned char)run->complaint.data[i] < ' ')
            run->complaint.data[i] = ' ';
    if (run->complaint.size > 0)
        buf_printf(&trouble, ": %s", buf_str(&run->complaint));
    run->done(run->arg, outcome, outcome == OUTCOME_DELIVERED ? NULL : buf_str(&trouble), -1);
    buf_release(&trouble);
    buf_release(&run->complaint);
    free(run);
}

static void handle_closed(uv_handle_t *handle)
{
    struct run *run = handle->data;
    if (--run->handles == 0)
        tell(run);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, handle_closed);
}

static void close_all(struct run *run)
{
    close_handle((uv_handle_t *)&run->in);
    close_handle((uv_handle_t *)&run->complaints);
    close_handle((uv_handle_t *)&run->timer);
    close_handle((uv_handle_t *)&run->process);
}

/* First asks, then makes; after the exit, gives up waiting for last words. */
static void on_timer(uv_timer_t *timer)
{
    struct run *run = timer->data;
    if (run->exited) {
        close_all(run);
        return;
    }
    kill(-run->pid, run->out_of_time ? SIGKILL : SIGTERM);
    run->out_of_time = true;
    uv_timer_start(timer, on_timer, GRACE_MS, 0);
}

/* What it left running is not to outlive it. */
static void on_end(uv_process_t *process, int64_t code, int signal_)
{
    struct run *run = process->data;
    run->exited = true;
    run->code = code;
    run->signal = signal_;
    kill(-run->pid, SIGKILL);
    if (run->silent)
        close_all(run);
    else
        uv_timer_start(&run->timer, on_timer, LAST_WORDS_MS, 0);
}

static void make_room(uv_handle_t *handle, size_t size, uv_buf_t *ret)
{
    (void)size;
    struct run *run = handle->data;
    *ret = uv_buf_init(run->chunk, sizeof run->chunk);
}

static void on_complaint(uv_stream_t *stream, ssize_t size, const uv_buf_t *bytes)
{
    struct run *run = stream->data;
    if (size > 0) {
        size_t room = COMPLAINT_BYTES_MAX - run->complaint.size;
        buf_add(&run->complaint, bytes->base, (size_t)size < room ? (size_t)size : room);
    }
    if (size >= 0)
        return;
    run->silent = true;
    uv_read_stop(stream);
    if (run->exited)
        close_all(run);
}

/* A command that does not read its letter to the end may still have done its work. */
static void written_in(uv_write_t *write, int status)
{
    struct run *run = write->data;
    (void)status;
    close_handle((uv_handle_t *)&run->in);
}

/* ---- its environment ------------------------------------------------------------- */

static int add_variable(char **env, int count, const char *name, const char *value)
{
    if (value)
        env[count++] = xasprintf("%s=%s", name, value);
    return count;
}

static char **make_environment(const struct command *command, const struct parcel *parcel)
{
    const struct command_conf *conf = command->conf;
    char **env = xcalloc((size_t)(OWN_VARIABLES + conf->passed_count + 1), sizeof *env);
    int count = 0;
    char attempts[16];
    snprintf(attempts, sizeof attempts, "%d", parcel->attempts);
    count = add_variable(env, count, "PATH", "/usr/local/bin:/usr/bin:/bin");
    count = add_variable(env, count, "LANG", "C.UTF-8");
    count = add_variable(env, count, "YUJING_ID", parcel->id);
    count = add_variable(env, count, "YUJING_KIND", parcel->kind);
    count = add_variable(env, count, "YUJING_RECIPIENT", parcel->recipient);
    count = add_variable(env, count, "YUJING_ADDRESS", parcel->address);
    count = add_variable(env, count, "YUJING_ATTEMPT", attempts);
    count = add_variable(env, count, "YUJING_EFFECTS",
                         command->effects == EFFECTS_LIVE ? "live" : "drill");
    for (int i = 0; i < conf->passed_count; i++)
        count = add_variable(env, count, conf->passed[i], getenv(conf->passed[i]));
    return env;
}

static void free_environment(char **env)
{
    for (char **at = env; *at; at++)
        free(*at);
    free(env);
}

/* ---- the channel -------------------------------------------------------------------- */

static void init_handles(struct run *run)
{
    uv_loop_t *loop = run->command->loop;
    uv_pipe_init(loop, &run->in, 0);
    uv_pipe_init(loop, &run->complaints, 0);
    uv_timer_init(loop, &run->timer);
    run->in.data = run->complaints.data = run->timer.data = run->process.data = run;
    run->write.data = run;
    run->handles = 4; /* the process too, even where it was not begun */
}

static int spawn(struct run *run, const struct parcel *parcel)
{
    const struct command_conf *conf = run->command->conf;
    char **env = make_environment(run->command, parcel);
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&run->in},
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
         .data.stream = (uv_stream_t *)&run->complaints},
    };
    uv_process_options_t options = {
        .file = conf->words[0],
        .args = (char **)(uintptr_t)conf->words,
        .env = env,
        .cwd = conf->folder ? conf->folder : "/",
        .flags = UV_PROCESS_DETACHED, /* the head of a group of its own */
        .stdio = stdio,
        .stdio_count = 3,
        .exit_cb = on_end,
    };
    int answer = uv_spawn(run->command->loop, &run->process, &options);
    run->pid = run->process.pid;
    free_environment(env);
    return answer;
}

/* It could not be begun: for want of processes or memory, which may come back. */
static void fail(struct run *run, int answer)
{
    run->code = EXIT_RETRY;
    run->exited = true;
    buf_puts(&run->complaint, uv_strerror(answer));
    close_all(run);
}

static void command_send(void *self, const struct parcel *parcel, channel_done *done, void *arg)
{
    struct command *command = self;
    const char *refused = parcel_refused(parcel, command->effects);
    if (refused) {
        channel_refuse(command->loop, refused, done, arg);
        return;
    }
    struct run *run = xcalloc(1, sizeof *run);
    run->command = command;
    run->done = done;
    run->arg = arg;
    init_handles(run);
    int answer = spawn(run, parcel);
    if (answer < 0) {
        fail(run, answer);
        return;
    }
    uv_buf_t bytes = uv_buf_init(parcel->bytes, (unsigned)parcel->size);
    uv_timer_start(&run->timer, on_timer, (uint64_t)command->gateway->timeout, 0);
    uv_read_start((uv_stream_t *)&run->complaints, make_room, on_complaint);
    uv_write(&run->write, (uv_stream_t *)&run->in, &bytes, 1, written_in);
}

static void command_close(void *self, void (*closed)(void *arg), void *arg)
{
    free(self);
    closed(arg);
}

const struct channel channel_command = {
    .kind = "command",
    .address = ADDRESS_RECIPIENT,
    .read = command_read,
    .check = command_check,
    .open = command_open,
    .send = command_send,
    .close = command_close,
};
