/* See api_box.h. */
#include "api_box.h"
#include "base/err.h"
#include "base/resource.h"
#include "base/xalloc.h"
#include "room.h"
#include "shell/accounts_write.h"
#include "shell/api_inner.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- turns ---------------------------------------------------------------------- */

static void on_event_of(struct api_box *box, const struct turn *turn)
{
    for (size_t i = 0; i < turn->events.count; i++) {
        const struct event *event = &turn->events.items[i];
        log_decision(&box->log, event->level, event->name, event->text, event->line);
        api_on_event(box->api, event);
    }
}

static void answer_all(struct delivery *deliveries, struct question *questions)
{
    while (questions) {
        struct question *next = questions->next;
        questions->answered(questions->arg, true);
        questions = next;
    }
    while (deliveries) {
        struct delivery *next = deliveries->next;
        deliveries->answered(deliveries->arg, &deliveries->tally);
        deliveries = next;
    }
}

/* One turn, as loop.c has it; letters are delivered at once. */
static void run_turn(uv_idle_t *idle)
{
    struct api_box *box = idle->data;
    struct turn turn = {.deliveries = inbox_take(&box->inbox, 512), .questions = box->asked};
    struct delivery *deliveries = turn.deliveries;
    struct question *questions = turn.questions;
    box->asked = NULL;
    box->asked_last = &box->asked;
    if (!deliveries && !questions) {
        uv_idle_stop(idle);
        return;
    }
    cr_assert_eq(pipeline_turn(box->shell.pipeline, &turn), 0);
    on_event_of(box, &turn);
    struct turn back = {.returned = turn.parcels};
    turn.parcels = NULL;
    if (back.returned)
        cr_assert_eq(pipeline_turn(box->shell.pipeline, &back), 0);
    parcels_free(back.returned);
    turn_release(&back);
    turn_release(&turn);
    answer_all(deliveries, questions);
}

static void wake(struct api_box *box)
{
    uv_idle_start(&box->idle, run_turn);
}

static void filled(void *arg)
{
    wake(arg);
}

static void ask(void *arg, struct question *question)
{
    struct api_box *box = arg;
    question->next = NULL;
    *box->asked_last = question;
    box->asked_last = &question->next;
    wake(box);
}

static struct health health(void *arg)
{
    (void)arg;
    return (struct health){
        .alive = true, .store_writable = true, .room = true, .policy = true, .clock = true};
}

static bool short_of_room(void *arg)
{
    (void)arg;
    return false;
}

static void refresh(void *arg)
{
    (void)arg;
}

static int backup(void *arg)
{
    struct api_box *box = arg;
    return box->backups++ == 0 ? 0 : ERR_CONFLICT;
}

/* ---- accounts --------------------------------------------------------------------- */

static const char *const account_names[] = {
    "author", "approver", "approver2",  "dispatcher",  "auditor", "sysadmin", "planner",
    "source", "monitor",  "enterprise", "enterprise2", "gone",    "late",     NULL};

static void keep_secret(struct api_box *box, const char *secret)
{
    cr_assert_lt(box->secret_count, 64);
    snprintf(box->secrets[box->secret_count++], TOKEN_SIZE, "%s", secret);
}

/* Derived from the name and the side, so that a test knows them. */
static void token_of(const char *name, bool drill, char ret[TOKEN_SIZE])
{
    unsigned char hash[HASH_BYTES];
    char hex[HASH_HEX], text[64];
    snprintf(text, sizeof text, "%s%s", name, drill ? "/drill" : "");
    hash_of(text, strlen(text), hash);
    hash_hex(hash, hex);
    snprintf(ret, TOKEN_SIZE, "yj_%.43s", hex);
}

static void seed_of(const char *name, char ret[SEED_SIZE])
{
    unsigned char hash[HASH_BYTES];
    hash_of(name, strlen(name), hash);
    for (int i = 0; i < SEED_SIZE - 1; i++)
        ret[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[hash[i] & 31];
    ret[SEED_SIZE - 1] = 0;
}

const char *api_password(const char *account)
{
    static char text[64];
    snprintf(text, sizeof text, "canary-password-%s", account);
    return text;
}

static enum role role_named(const char *name)
{
    char word[32];
    snprintf(word, sizeof word, "%s", name);
    word[strcspn(word, "2")] = 0;
    int role = role_of(word);
    return role >= 0 ? (enum role)role : ROLE_DISPATCHER;
}

static void add_account(struct api_box *box, struct accounts *accounts, const char *name)
{
    bool new;
    char token[TOKEN_SIZE], hex[HASH_HEX], seed[SEED_SIZE], hash[PASSWORD_HASH_SIZE];
    unsigned char bytes[HASH_BYTES];
    struct account *account = accounts_edit(accounts, name, &new);
    account->role = role_named(name);
    token_of(name, box->drill, token);
    keep_secret(box, token);
    hash_of(token, strlen(token), bytes);
    hash_hex(bytes, hex);
    struct token kept = {.sha256 = arena_strdup(&accounts->arena, hex),
                         .expires = INT64_C(4102444800000)};
    if (strcmp(name, "late") == 0)
        kept.expires = INT64_C(1400000000000);
    account_add_token(accounts, account, &kept);
    account->disabled = strcmp(name, "gone") == 0;
    if (account->role == ROLE_ENTERPRISE)
        account->recipient = strcmp(name, "enterprise") == 0 ? "210102-0001" : "210102-0002";
    if (account->role == ROLE_APPROVER || account->role == ROLE_DISPATCHER) {
        seed_of(name, seed);
        secret_password_hash(api_password(name), hash);
        keep_secret(box, seed);
        keep_secret(box, api_password(name));
        account->password = arena_strdup(&accounts->arena, hash);
        account->seed = arena_strdup(&accounts->arena, seed);
    }
}

static void write_accounts(struct api_box *box)
{
    struct accounts accounts = {.drill = box->drill};
    struct findings findings = {0};
    char *path = xasprintf("%s/accounts.yaml", box->folder);
    for (int i = 0; account_names[i]; i++)
        add_account(box, &accounts, account_names[i]);
    cr_assert_eq(accounts_write(&accounts, path, &findings), 0);
    accounts_release(&accounts);
    findings_release(&findings);
    free(path);
}

const char *api_token(struct api_box *box, const char *account)
{
    static char tokens[4][TOKEN_SIZE];
    static int turn;
    char *token = tokens[turn++ & 3];
    token_of(account, box->drill, token);
    return token;
}

void api_code(struct api_box *box, const char *account, char ret[7])
{
    char seed[SEED_SIZE];
    seed_of(account, seed);
    box->shell.now += 30 * SECOND_MS; /* a code counts once */
    cr_assert_eq(secret_code(seed, box->shell.now / SECOND_MS / 30, ret), 0);
}

/* ---- making ------------------------------------------------------------------------- */

static void write_text(const char *folder, const char *name, const char *text, size_t size)
{
    char *path = xasprintf("%s/%s", folder, name), *slash = strrchr(path, '/');
    *slash = 0;
    char *command = xasprintf("mkdir -p %s", path);
    cr_assert_eq(system(command), 0);
    *slash = '/';
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file, "%s", path);
    fwrite(text, 1, size, file);
    fclose(file);
    free(command);
    free(path);
}

static void write_policy(struct api_box *box)
{
    const struct bundle *bundle = box->shell.bundle;
    char *folder = xasprintf("%s/policy", box->folder);
    for (size_t i = 0; i < bundle->text_count; i++)
        write_text(folder, bundle->texts[i].name, bundle->texts[i].data, bundle->texts[i].size);
    free(folder);
}

static void read_conf(struct api_box *box, const char *more)
{
    struct findings findings = {0};
    char *text =
        xasprintf("policies: policy\nstore: store.db\nclock: facts\naccounts: "
                  "accounts.yaml\n%shttp: {listen: \"127.0.0.1:0\", public_url: "
                  "\"https://warn.example.cn/\"%s}\n",
                  box->drill ? "drill: true\nspool: {folder: spool}\n" : "", more ? more : "");
    char *path = xasprintf("%s/yujing.yaml", box->folder);
    write_text(box->folder, "yujing.yaml", text, strlen(text));
    cr_assert_eq(conf_read(&box->conf, path, false, &findings), 0, "%s",
                 findings.count ? findings.items[0].message : "?");
    findings_release(&findings);
    free(path);
    free(text);
}

static void open_api(struct api_box *box)
{
    struct findings findings = {0};
    struct api_host host = {
        .loop = &box->loop,
        .conf = &box->conf,
        .log = &box->log,
        .clock = box->shell.options.clock,
        .inbox = &box->inbox,
        .metrics = box->metrics,
        .effects = box->drill ? EFFECTS_PAPER : EFFECTS_LIVE,
        .policy = &box->shell.bundle->policy,
        .delivery_facts_max = 512,
        .told = &box->told,
        .ask = ask,
        .health = health,
        .short_of_room = short_of_room,
        .refresh = refresh,
        .backup = backup,
        .store = box->shell.box.store,
        .host = box,
    };
    cr_assert_eq(api_open(&box->api, &host, &findings), 0, "%s",
                 findings.count ? findings.items[0].message : "?");
    findings_release(&findings);
    box->shell.options.ack = api_links(box->api);
    pipeline_free(box->shell.pipeline);
    shell_open(&box->shell);
}

static void make(struct api_box *box, const char *rule, const char *more, bool drill)
{
    memset(box, 0, sizeof *box);
    box->drill = drill;
    shell_make(&box->shell, rule);
    box->shell.now = INT64_C(1446350400000);
    box->shell.options.approvals = APPROVALS_BY_FACT;
    box->shell.options.drill = drill;
    box->shell.options.effects = drill ? EFFECTS_PAPER : EFFECTS_LIVE;
    shell_route(&box->shell, "routes: [{letters: [order, release, task, correction, withdrawal, "
                             "test], by: [memory]}]\n");
    client_loop_open(&box->loop);
    uv_idle_init(&box->loop, &box->idle);
    box->idle.data = box;
    inbox_init(&box->inbox, 8192, filled, box);
    box->asked_last = &box->asked;
    box->log = (struct log){.stream = open_memstream(&box->said, &box->said_size),
                            .clock = box->shell.options.clock,
                            .zone = 8 * HOUR_MS};
    box->metrics = metrics_new();
    strcpy(box->folder, "/tmp/yujing-api-XXXXXX");
    cr_assert_not_null(mkdtemp(box->folder));
    write_accounts(box);
    write_policy(box);
    read_conf(box, more);
    open_api(box);
}

void api_make(struct api_box *box, const char *rule, const char *more)
{
    make(box, rule, more, false);
}

void api_make_drill(struct api_box *box)
{
    make(box, NULL, NULL, true);
}

static bool is_answered(void *arg)
{
    struct api_box *box = arg;
    return box->api->calls == 0 && !box->api->reading;
}

/* As the daemon closes what is left; the client's own timer has no reference. */
static void close_handle(uv_handle_t *handle, void *arg)
{
    if (handle != arg && uv_has_ref(handle) && !uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void close_api(struct api_box *box)
{
    client_run_until(is_answered, box);
    api_close(box->api);
    uv_walk(&box->loop, close_handle, &box->idle);
    client_run_some();
    api_free(box->api);
    box->api = NULL;
}

void api_restart(struct api_box *box)
{
    close_api(box);
    open_api(box);
}

void api_remove(struct api_box *box)
{
    close_api(box);
    uv_close((uv_handle_t *)&box->idle, NULL);
    client_loop_close(&box->loop);
    fclose(box->log.stream);
    free(box->said);
    metrics_free(box->metrics);
    conf_release(&box->conf);
    intern_release(&box->told);
    buf_release(&box->seen);
    room_remove(box->folder);
    shell_remove(&box->shell);
}

/* ---- facts ------------------------------------------------------------------------------ */

struct feeding {
    struct delivery delivery;
    bool answered;
};

static void fed(void *arg, const struct tally *tally)
{
    struct feeding *feeding = arg;
    cr_assert_not_null(tally);
    feeding->answered = true;
}

static bool is_fed(void *arg)
{
    const struct feeding *feeding = arg;
    return feeding->answered;
}

void api_feed(struct api_box *box, size_t first, size_t count)
{
    struct feeding feeding = {0};
    feeding.delivery = (struct delivery){
        .facts = &box->shell.facts[first], .count = count, .answered = fed, .arg = &feeding};
    inbox_put(&box->inbox, &feeding.delivery);
    client_run_until(is_fed, &feeding);
}

const char *api_waiting(struct api_box *box)
{
    static char hash[HASH_HEX];
    struct buf text = {0};
    const struct generation *generation = pipeline_generation(box->shell.pipeline);
    hash[0] = 0;
    engine_proposals(generation->engine, &text);
    json_t *list = json_loads(buf_str(&text), 0, NULL);
    const char *found = json_string_value(json_object_get(json_array_get(list, 0), "hash"));
    if (found)
        snprintf(hash, sizeof hash, "%s", found);
    json_decref(list);
    buf_release(&text);
    return hash;
}

const char *api_propose(struct api_box *box)
{
    for (size_t i = 0; i < SHELL_FACTS; i++) {
        api_feed(box, i, 1);
        if (*api_waiting(box))
            return api_waiting(box);
    }
    cr_assert_fail("three days of haze led to no proposal");
    return "";
}

/* ---- asking ----------------------------------------------------------------------------- */

/* A path of the description, "/a/{b}", means this one. */
static bool path_means(const char *described, const char *path)
{
    size_t size = strcspn(path, "?");
    const char *end = path + size;
    while (*described && path < end) {
        if (*described == '{') {
            described += strcspn(described, "}") + 1;
            path += strcspn(path, "/?");
        } else if (*described++ != *path++) {
            return false;
        }
    }
    return !*described && path == end;
}

static json_t *description(void)
{
    static json_t *json;
    const struct resource *resource = resource_find("core/shell/openapi.json");
    cr_assert_not_null(resource);
    if (!json)
        json = json_loadb((const char *)resource->data, resource->size, 0, NULL);
    cr_assert_not_null(json);
    return json;
}

static void check_described(const char *method, const char *path, int status)
{
    const char *described;
    char lower[8] = "", number[8];
    json_t *operations;
    for (size_t i = 0; method[i] && i < 7; i++)
        lower[i] = (char)(method[i] | 0x20);
    snprintf(number, sizeof number, "%d", status);
    json_object_foreach(json_object_get(description(), "paths"), described, operations)
    {
        const json_t *operation = json_object_get(operations, lower);
        if (!operation || !path_means(described, path))
            continue;
        cr_expect(json_object_get(json_object_get(operation, "responses"), number),
                  "%s %s answered %d, which %s does not describe", method, path, status, described);
        return;
    }
    cr_expect(status == 400 || status == 404 || status == 405,
              "%s %s answered %d and is not described", method, path, status);
}

void api_say(struct api_box *box, struct http_client *client, const char *method, const char *path,
             const char *bearer, const char *body)
{
    struct buf text = {0};
    client_connect(client, api_port(box->api));
    buf_printf(&text, "%s %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n", method, path);
    if (bearer)
        buf_printf(&text, "Authorization: Bearer %s\r\n", bearer);
    if (body)
        buf_printf(&text, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
                   strlen(body));
    buf_printf(&text, "\r\n%s", body ? body : "");
    client_say(client, buf_str(&text));
    buf_release(&text);
}

struct asked api_hear(struct api_box *box, struct http_client *client, const char *method,
                      const char *path)
{
    static char *kept[4];
    static int turn;
    const char *answer = client_answer(client);
    free(kept[turn & 3]);
    char *text = kept[turn++ & 3] = xstrdup(answer);
    struct asked asked = {.head = text};
    cr_assert(strncmp(text, "HTTP/1.1 ", 9) == 0, "%s %s: no answer", method, path);
    asked.status = atoi(text + 9);
    char *body = strstr(text, "\r\n\r\n");
    asked.body = body ? body + 4 : text + strlen(text);
    if (strcmp(path, "/api/v1/login") != 0)
        buf_puts(&box->seen, text);
    client_leave(client);
    box->requests++;
    check_described(method, path, asked.status);
    return asked;
}

struct asked api_ask_from(struct api_box *box, const char *address, const char *method,
                          const char *path, const char *bearer, const char *headers,
                          const char *body)
{
    struct http_client client;
    struct buf text = {0};
    client_connect_from(&client, address, api_port(box->api));
    buf_printf(&text, "%s %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n%s", method, path,
               headers ? headers : "");
    if (bearer)
        buf_printf(&text, "Authorization: Bearer %s\r\n", bearer);
    if (body)
        buf_printf(&text, "Content-Length: %zu\r\n", strlen(body));
    buf_printf(&text, "\r\n%s", body ? body : "");
    client_say(&client, buf_str(&text));
    buf_release(&text);
    return api_hear(box, &client, method, path);
}

struct asked api_ask(struct api_box *box, const char *method, const char *path, const char *bearer,
                     const char *body)
{
    return api_ask_from(box, "127.0.0.1", method, path, bearer, NULL, body);
}

const char *api_session_of(struct api_box *box, const char *account)
{
    static char sessions[4][TOKEN_SIZE];
    static int turn;
    char code[7], *session = sessions[turn++ & 3];
    api_code(box, account, code);
    char *body = xasprintf("{\"name\":\"%s\",\"password\":\"%s\",\"code\":\"%s\"}", account,
                           api_password(account), code);
    struct asked asked = api_ask(box, "POST", "/api/v1/login", NULL, body);
    json_t *json = api_json(&asked);
    cr_assert_eq(asked.status, 200, "%s", asked.body);
    snprintf(session, TOKEN_SIZE, "%s", json_string_value(json_object_get(json, "token")));
    keep_secret(box, session);
    json_decref(json);
    free(body);
    return session;
}

json_t *api_json(const struct asked *asked)
{
    json_t *json = json_loads(asked->body, 0, NULL);
    cr_assert_not_null(json, "%s", asked->body);
    return json;
}

const char *api_detail(const struct asked *asked)
{
    static char detail[1024];
    json_t *json = json_loads(asked->body, 0, NULL);
    const char *text = json_string_value(json_object_get(json, "detail"));
    snprintf(detail, sizeof detail, "%s", text ? text : "");
    json_decref(json);
    return detail;
}

int64_t api_rows(struct api_box *box)
{
    return shell_count(&box->shell, "SELECT count(*) FROM journal");
}

bool api_said(struct api_box *box, const char *text)
{
    fflush(box->log.stream);
    return strstr(box->said, text) != NULL;
}
