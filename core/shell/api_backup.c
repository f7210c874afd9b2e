/* A backup now: it begins, and how it ended stands in the log and in the metrics. */
#include "base/err.h"
#include "base/lang.h"
#include "shell/api_inner.h"

void api_backup(struct call *call)
{
    const char *note;
    if (!call_body(call, "note", NULL) || !call_text(call, "note", &note))
        return;
    int err = call->api->host.backup(call->api->host.host);
    if (err == ERR_NOT_FOUND)
        call_refuse(call, 409, "%s", tr("no folder for backups is configured", "未配置备份目录"));
    else if (err == ERR_CONFLICT)
        call_refuse(call, 409, "%s", tr("a backup is under way", "备份正在进行"));
    else if (err < 0)
        call_refuse(call, 500, "%s", err_str(err));
    else {
        call_audit(call, "backup", note);
        call->status = 202;
        buf_puts(&call->out, "{\"result\":\"begun\"}");
        call_answer(call);
    }
}
