/* The routes: every address the daemon answers, and who may use it.
 *
 * ROUTE(method, path, right, other, handler): a segment `*` stands for any one; the right, or the
 * other one, must be the caller's.  Where only OWN is, the answer is limited to the caller's own
 * letters.  A right that demands a one-time code (right_needs_code) demands it here; OWN does not.
 * The order is that of the API's description, openapi.json, which a test holds against this. */
#ifndef SHELL_API_ROUTES_H
#define SHELL_API_ROUTES_H

#define API_ROUTES(ROUTE)                                                            \
    ROUTE(GET, "/healthz", NONE, NONE, api_healthy)                                  \
    ROUTE(GET, "/-/healthy", NONE, NONE, api_healthy)                                \
    ROUTE(GET, "/readyz", NONE, NONE, api_ready)                                     \
    ROUTE(GET, "/-/ready", NONE, NONE, api_ready)                                    \
    ROUTE(GET, "/metrics", METRICS, METRICS, api_metrics)                            \
    ROUTE(GET, "/r/style.css", NONE, NONE, api_style)                                \
    ROUTE(GET, "/r/*", NONE, NONE, api_receipt_page)                                 \
    ROUTE(POST, "/r/*", NONE, NONE, api_receipt_tap)                                 \
    ROUTE(GET, "/api/v1/openapi.json", NONE, NONE, api_description)                  \
    ROUTE(POST, "/api/v1/login", NONE, NONE, api_login)                              \
    ROUTE(GET, "/api/v1/session", ANY, ANY, api_session)                             \
    ROUTE(POST, "/api/v1/logout", ANY, ANY, api_logout)                              \
    ROUTE(GET, "/api/v1/status", STATUS, STATUS, api_status)                         \
    ROUTE(GET, "/api/v1/decisions", STATUS, STATUS, api_decisions)                   \
    ROUTE(GET, "/api/v1/journal", AUDIT, AUDIT, api_journal)                         \
    ROUTE(GET, "/api/v1/events", STATUS, STATUS, api_events)                         \
    ROUTE(GET, "/api/v1/hand-over", ORDERS, ORDERS, api_hand_over)                   \
    ROUTE(GET, "/api/v1/proposals", STATUS, STATUS, api_proposals)                   \
    ROUTE(GET, "/api/v1/proposals/*", STATUS, STATUS, api_proposal)                  \
    ROUTE(POST, "/api/v1/proposals/*/approve", APPROVE, APPROVE, api_approve)        \
    ROUTE(POST, "/api/v1/proposals/*/hold", HOLD, HOLD, api_hold)                    \
    ROUTE(POST, "/api/v1/proposals/*/file", HOLD, HOLD, api_file)                    \
    ROUTE(POST, "/api/v1/warnings/*/*/issue", DISPATCH, DISPATCH, api_issue)         \
    ROUTE(POST, "/api/v1/episodes/*/*/*/lift", DISPATCH, DISPATCH, api_lift)         \
    ROUTE(POST, "/api/v1/break_glass", DISPATCH, APPROVE, api_break_glass)           \
    ROUTE(POST, "/api/v1/episodes/*/*/*/correct", DISPATCH, DISPATCH, api_correct)   \
    ROUTE(POST, "/api/v1/episodes/*/*/*/withdraw", DISPATCH, DISPATCH, api_withdraw) \
    ROUTE(POST, "/api/v1/plans/*/correct", DISPATCH, DISPATCH, api_correct)          \
    ROUTE(POST, "/api/v1/plans/*/withdraw", DISPATCH, DISPATCH, api_withdraw)        \
    ROUTE(POST, "/api/v1/letters/*/correct", DISPATCH, DISPATCH, api_correct)        \
    ROUTE(POST, "/api/v1/letters/*/withdraw", DISPATCH, DISPATCH, api_withdraw)      \
    ROUTE(POST, "/api/v1/dispatch/pause", DISPATCH, DISPATCH, api_pause)             \
    ROUTE(POST, "/api/v1/dispatch/resume", DISPATCH, DISPATCH, api_resume)           \
    ROUTE(GET, "/api/v1/letters", ORDERS, OWN, api_letters)                          \
    ROUTE(GET, "/api/v1/letters/*", ORDERS, OWN, api_letter)                         \
    ROUTE(POST, "/api/v1/receipts", DISPATCH, OWN, api_receipts)                     \
    ROUTE(POST, "/api/v1/sms-reply", INGEST, INGEST, api_sms_reply)                  \
    ROUTE(POST, "/api/v1/facts", INGEST, INGEST, api_facts)                          \
    ROUTE(POST, "/api/v1/loggers/*/ask", DISPATCH, ADMIN, api_ask_logger)            \
    ROUTE(POST, "/api/v1/policy/check", POLICY, RELOAD, api_policy_check)            \
    ROUTE(POST, "/api/v1/policy/reload", RELOAD, RELOAD, api_policy_reload)          \
    ROUTE(POST, "/api/v1/policy/rollback", RELOAD, RELOAD, api_policy_rollback)      \
    ROUTE(POST, "/api/v1/policy/shadow", RELOAD, RELOAD, api_policy_shadow)          \
    ROUTE(GET, "/api/v1/policy/shadow", STATUS, STATUS, api_shadow_decisions)        \
    ROUTE(GET, "/api/v1/policy/generations", STATUS, STATUS, api_generations)        \
    ROUTE(POST, "/api/v1/self-check", DISPATCH, ADMIN, api_self_check)               \
    ROUTE(POST, "/api/v1/backup", ADMIN, ADMIN, api_backup)

#endif
