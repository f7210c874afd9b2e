/* An HJ 212 server in the test's own loop, over a fake wall clock, whose inbox the test empties. */
#ifndef TESTS_SHELL_LOGGER_RIG_H
#define TESTS_SHELL_LOGGER_RIG_H

#include "shell/http_client.h"
#include "shell/ingest_hj212.h"
#include "shell/logger_box.h"

enum { RIG_INBOX_FACTS = 8 };
struct logger_rig {
    uv_loop_t loop;
    struct inbox inbox;
    struct bundle *bundle;
    struct log log;
    FILE *heard; /* what the log says */
    char *said;
    size_t said_size;
    struct intern *told;
    struct metrics *metrics;
    struct hj212_conf conf;
    struct ingest_hj212 *server;
    instant_ms wall; /* 2026-11-24 02:00:00 in Shenyang */
};
extern struct logger_rig rig;

void rig_make(void);                  /* all but the server; conf has short deadlines */
void rig_open(const char *monitors);  /* likewise, before its first call of resume */
void rig_start(const char *monitors); /* the server, over a file of that text */
void rig_away(void);
void rig_connect(struct http_client *client); /* to the server; admitted */
/* The next delivery, waiting for it. */
struct delivery *rig_take(void);
/* Answers it as taken: afterwards it is gone. */
void rig_commit(struct delivery *delivery);
/* Waits for so many facts and commits each delivery. */
void rig_commit_facts(size_t facts);
/* Fails unless `text` was logged. */
void rig_expect_said(const char *text);
/* How many times `text` is in what came to the client; lets the loop do all it can first. */
size_t rig_count(struct http_client *client, const char *text);
void rig_wait_connections(int count);
double rig_counted(const char *name, const char *labels);

#endif
