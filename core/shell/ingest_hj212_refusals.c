/* What is not taken: counted by its code, and said in the log in a sentence for who has to mend it,
 * at the logger or in monitors.yaml.  Passwords and keys are never repeated. */
#include "base/buf.h"
#include "base/lang.h"
#include "shell/ingest_hj212_inner.h"
#include "shell/metrics.h"
#include <stdio.h>

static bool is_foreign(const struct connection *connection, const struct monitor *monitor)
{
    return monitor->from.count > 0 && !address_is_listed(&connection->peer, &monitor->from);
}

/* An MN is known only from where it may speak. */
const struct hj212_source *hj212_find_source(void *arg, struct hj212_text mn)
{
    const struct connection *connection = arg;
    const struct monitor *monitor = monitors_find(connection->server->monitors, mn);
    return monitor && !is_foreign(connection, monitor) ? &monitor->source : NULL;
}

static const char *foreign_words(void)
{
    return tr(
        "this MN may not speak from this address; if the logger has moved, add the network to "
        "its `from` in monitors.yaml",
        "该 MN 不得从此地址上报；如数采仪已迁移，请在 monitors.yaml 该 MN 的 from 中加入新网段");
}

/* What is wrong, and what to do about it. */
static const char *refusal_words(enum hj212_why why)
{
    switch (why) {
    case HJ212_BROKEN:
        return tr("what came is no packet of HJ 212; look at the logger's settings and its line",
                  "收到的不是 HJ 212 报文；请检查数采仪设置和通信线路");
    case HJ212_NOT_STRICT:
        return tr(
            "the packet departs from HJ 212; have the logger mended, or write `lenient: true` "
            "at its MN in monitors.yaml",
            "报文不符合 HJ 212；请整改数采仪，或在 monitors.yaml 该 MN 处写 lenient: true");
    case HJ212_UNKNOWN_MN:
        return tr("this MN is known to neither the policy nor monitors.yaml; add it there, or "
                  "correct it in the logger",
                  "预案和 monitors.yaml 中均无此 MN；请予登记，或更正数采仪中的 MN");
    case HJ212_WRONG_PASSWORD:
        return tr("the password is wrong; set the same one in the logger and in monitors.yaml",
                  "密码错误；请将数采仪与 monitors.yaml 中的密码设为一致");
    case HJ212_NO_KEY:
        return tr("the packet is sealed, and no key is agreed; name the `key_file` of its MN in "
                  "monitors.yaml, or let the logger send in the clear",
                  "报文已加密，但未约定密钥；请在 monitors.yaml 该 MN 处写 "
                  "key_file，或将数采仪改为明文上报");
    case HJ212_SEAL_BROKEN:
        return tr("the key does not open the packet; set the same one in the logger and in the "
                  "`key_file` of its MN",
                  "密钥无法解开报文；请将数采仪与该 MN 的 key_file 中的密钥设为一致");
    case HJ212_NOT_SEALED:
        return tr(
            "the packet came in the clear, and its MN must seal; let the logger seal, or leave "
            "out `sealed_only` in monitors.yaml",
            "报文为明文，而该 MN 须加密上报；请开启数采仪加密，或删去 monitors.yaml 中的 "
            "sealed_only");
    case HJ212_UNKNOWN_COMMAND:
        return tr("the command (CN) is none that a logger sends; look which edition of HJ 212 the "
                  "logger is set to",
                  "命令编码（CN）不是数采仪应发送的；请核对数采仪所用的 HJ 212 版本");
    case HJ212_STRAY_ANSWER:
        return tr(
            "it answers a question that is not open; if that goes on, the logger answers later "
            "than `answer_within`",
            "所应答的请求已结束或不存在；如反复出现，说明数采仪应答晚于 answer_within");
    case HJ212_TOO_MANY_PARTS:
        return tr(
            "too many split uploads are begun and not ended; let the logger send all parts of "
            "one before the next",
            "未收齐的分包上报过多；请让数采仪发完一次上报的全部分包再发下一次");
    case HJ212_SLOW:
        return tr("a packet was begun and not ended in time; hung up; look at the line, or raise "
                  "`frame_within`",
                  "报文未在时限内发完，已断开；请检查通信线路，或调大 frame_within");
    case HJ212_SILENT:
        return tr("nothing sound came for too long; hung up; look at the logger and its line",
                  "长时间未收到有效报文，已断开；请检查数采仪及通信线路");
    case HJ212_NOISY:
        return tr("too many bytes belong to no packet; hung up; look whether this is a logger of "
                  "HJ 212 at all",
                  "无法识别的字节过多，已断开；请核实对方是否为 HJ 212 数采仪");
    case HJ212_WELL:
    case HJ212_WHYS:
        break;
    }
    return "";
}

void hj212_refuse(const struct connection *connection, const struct hj212_event *event)
{
    const struct ingest_hj212 *server = connection->server;
    struct hj212_text mn = event->packet ? event->packet->mn : (struct hj212_text){"", 0};
    bool foreign = event->why == HJ212_UNKNOWN_MN && monitors_find(server->monitors, mn);
    struct buf words = {0};
    char labels[96];
    snprintf(labels, sizeof labels, "source=\"hj212\",reason=\"%s\"",
             foreign ? "foreign_address" : hj212_why_word(event->why));
    metrics_add(server->metrics, "yujing_ingest_refused_total", labels, 1);
    buf_puts(&words, foreign ? foreign_words() : refusal_words(event->why));
    if (event->problem) {
        buf_puts(&words, tr("; found: ", "；问题："));
        hj212_problem_print(&words, event->problem);
    }
    log_event(server->around.log, LOG_WARNING, "hj212.refused", "%s %.*s: %s",
              connection->peer_name, (int)(mn.size < 64 ? mn.size : 64), mn.at ? mn.at : "",
              buf_str(&words));
    buf_release(&words);
}
