/* Letters through one gateway, as the dispatch sends them, to real servers; without store or
 * policy.
 *
 *     e2e_letters CONF GATEWAY COUNT ADDRESS [KIND]
 *
 * CONF has a `gateways:` as in yujing.yaml.  In the address {n} is the number of the letter and
 * {ip} a loopback address of its own.  At most `concurrency` letters are handed over at a time.
 * Prints one line: delivered=… retry=… refused=… gone=… seconds=… peak_kib=… ; troubles go to
 * stderr, each once. Ends with 0 when all were delivered.  DRILL=1: on paper; LEVEL, DECISION,
 * REFERENCES for kind public. */
#include "base/buf.h"
#include "base/file.h"
#include "base/str.h"
#include "base/url.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "shell/conf.h"
#include "shell/dispatch.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <uv.h>

enum { LIMIT_S = 120 };

struct letters {
    uv_loop_t loop;
    struct gateways gateways;
    struct gateway *gateway;
    struct dispatch *dispatch;
    const char *address, *kind;
    int count, made, back, outcomes[4];
    char *last_trouble;
    uv_async_t wake;
    uv_timer_t limit;
};

static void put_address(struct buf *buf, const char *pattern, int n)
{
    for (; *pattern; pattern++) {
        if (strncmp(pattern, "{n}", 3) == 0)
            buf_printf(buf, "%d", n);
        else if (strncmp(pattern, "{ip}", 4) == 0)
            buf_printf(buf, "127.%d.%d.%d", 1 + n / 62500, n / 250 % 250, 1 + n % 250);
        else {
            buf_putc(buf, *pattern);
            continue;
        }
        pattern = strchr(pattern, '}');
    }
}

static struct message make_message(const struct letters *letters, const char *id,
                                   const char *address, const char *body)
{
    bool drill = getenv("DRILL") != NULL;
    bool public = strcmp(letters->kind, "public") == 0;
    return (struct message){
        .id = id,
        .kind = letters->kind,
        .title = "重污染天气预警",
        .episode = "2015-11-08",
        .level = getenv("LEVEL") ? getenv("LEVEL") : "orange",
        .level_title = "橙色预警",
        .recipient = public ? NULL : address,
        .name = "示例化工厂",
        .address = public ? "" : address,
        .subject = "启动重污染天气Ⅱ级应急响应",
        .text = drill ? "【演练】启动Ⅱ级应急响应，请减产 30%。" : "启动Ⅱ级应急响应，请减产 30%。",
        .body = body,
        .body_size = strlen(body),
        .references = getenv("REFERENCES"),
        .decision_kind = public ? getenv("DECISION") : NULL,
        .at = 1446966000000,
        .begin = INSTANT_NONE,
        .zone = 8 * HOUR_MS,
        .drill = drill,
        .authority = "示例市生态环境局",
        .city = "示例市",
    };
}

static struct parcel *make_parcel(struct letters *letters, int n)
{
    const struct channel *channel = letters->gateway->channel;
    struct buf address = {0}, bytes = {0};
    struct parcel *parcel = xcalloc(1, sizeof *parcel);
    struct url url;
    const char *problem;
    put_address(&address, letters->address, n);
    parcel->id = xasprintf("%032x", (unsigned)n);
    char *body = xasprintf("{\"order\":\"%s\",\"target\":\"%d\",\"text\":\"%s启动Ⅱ级应急响应\"}\n",
                           parcel->id, n, getenv("DRILL") ? "【演练】" : "");
    struct message message = make_message(letters, parcel->id, buf_str(&address), body);
    if (channel->render && channel->render(letters->gateway->conf, &message, &bytes) < 0)
        fprintf(stderr, "letter %d cannot be made\n", n);
    if (bytes.size == 0)
        buf_puts(&bytes, body);
    parcel->kind = xstrdup(letters->kind);
    parcel->recipient = message.recipient ? xstrdup(message.recipient) : NULL;
    parcel->gateway = xstrdup(letters->gateway->name);
    parcel->host = xstrdup(url_read(&url, message.address, &problem) == 0 ? url.host : "");
    parcel->address = xstrdup(message.address);
    parcel->size = bytes.size;
    parcel->bytes = buf_detach(&bytes);
    parcel->attempts = 1;
    buf_release(&address);
    free(body);
    return parcel;
}

static void end(struct letters *letters)
{
    if (uv_is_closing((uv_handle_t *)&letters->wake))
        return;
    dispatch_close(letters->dispatch);
    uv_close((uv_handle_t *)&letters->wake, NULL);
    uv_close((uv_handle_t *)&letters->limit, NULL);
}

static void count(struct letters *letters, struct parcel *parcel)
{
    letters->outcomes[parcel->outcome]++;
    letters->back++;
    if (parcel->trouble && !str_equal(parcel->trouble, letters->last_trouble)) {
        fprintf(stderr, "%s: %s\n", parcel->id, parcel->trouble);
        free(letters->last_trouble);
        letters->last_trouble = xstrdup(parcel->trouble);
    }
}

static void feed(uv_async_t *wake)
{
    struct letters *letters = wake->data;
    struct parcel *back = dispatch_take_returned(letters->dispatch), *out = NULL, **last = &out;
    for (struct parcel *parcel = back; parcel; parcel = parcel->next)
        count(letters, parcel);
    parcels_free(back);
    int room = letters->gateway->concurrency - dispatch_under_way(letters->dispatch);
    for (; room > 0 && letters->made < letters->count; room--) {
        *last = make_parcel(letters, letters->made++);
        last = &(*last)->next;
    }
    if (out)
        dispatch_send(letters->dispatch, out);
    if (letters->back == letters->count)
        end(letters);
}

static void on_changed(void *arg)
{
    struct letters *letters = arg;
    uv_async_send(&letters->wake);
}

static void on_limit(uv_timer_t *timer)
{
    (void)timer;
    fprintf(stderr, "not done after %d s\n", LIMIT_S);
    exit(3);
}

static void tell_findings(const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        fprintf(stderr, "%s:%d: %s\n", findings->items[i].file, findings->items[i].line,
                findings->items[i].message);
}

static void open_all(struct letters *letters, const char *path, const char *name)
{
    static struct arena arena;
    static struct log quiet;
    struct findings findings = {0};
    struct conf conf = {.path = path, .limits.in_flight = 64};
    struct channel_options options = {.effects = getenv("DRILL") ? EFFECTS_PAPER : EFFECTS_LIVE,
                                      .clock = clock_wall(),
                                      .log = &quiet};
    char *text;
    size_t size;
    if (file_read(path, 1 << 20, &text, &size, &findings) == 0)
        conf.root = yaml_read(&arena, path, text, size, &findings);
    if (conf.root)
        gateways_read(&letters->gateways, &conf, &findings);
    int number = gateways_find(&letters->gateways, name);
    letters->dispatch = dispatch_new(&letters->gateways, on_changed, letters);
    if (findings.errors > 0 || number < 0 ||
        dispatch_open(letters->dispatch, &letters->loop, &options, &findings) < 0) {
        tell_findings(&findings);
        exit(2);
    }
    letters->gateway = &letters->gateways.items[number];
}

int main(int argc, char **argv)
{
    static struct letters letters;
    struct rusage usage;
    if (argc < 5) {
        fputs("usage: e2e_letters CONF GATEWAY COUNT ADDRESS [KIND]\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&letters.loop);
    uv_async_init(&letters.loop, &letters.wake, feed);
    uv_timer_init(&letters.loop, &letters.limit);
    letters.wake.data = &letters;
    letters.count = atoi(argv[3]);
    letters.address = argv[4];
    letters.kind = argc > 5 ? argv[5] : "order";
    open_all(&letters, argv[1], argv[2]);
    uv_timer_start(&letters.limit, on_limit, LIMIT_S * 1000, 0);
    uint64_t begun = uv_hrtime();
    uv_async_send(&letters.wake);
    uv_run(&letters.loop, UV_RUN_DEFAULT);
    getrusage(RUSAGE_SELF, &usage);
    printf("delivered=%d retry=%d refused=%d gone=%d seconds=%.3f peak_kib=%ld\n",
           letters.outcomes[OUTCOME_DELIVERED], letters.outcomes[OUTCOME_RETRY],
           letters.outcomes[OUTCOME_REFUSED], letters.outcomes[OUTCOME_GONE],
           (double)(uv_hrtime() - begun) / 1e9, usage.ru_maxrss);
    return letters.outcomes[OUTCOME_DELIVERED] == letters.count ? 0 : 1;
}
