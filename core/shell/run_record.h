/* What a run keeps: decisions, answers, bulletins and the values of the chart. */
#ifndef SHELL_RUN_RECORD_H
#define SHELL_RUN_RECORD_H

#include "shell/scenario_run.h"

/* Copies a decision into the run; its number.  May move the records. */
size_t run_record(struct run *run, const struct fact *cause, const struct decision *decision);
/* Notes what came back for an order: the newest record with that id. */
void run_answer(struct run *run, const char *order, const struct receipt *receipt, instant_ms at);
/* Keeps a bulletin of the city's aqi_day for the chart; other facts are ignored. */
void run_keep_bulletin(struct run *run, const struct fact *fact);
/* Takes over the closed values that start at or after `from`; later values of the same steps
 * replace earlier. */
void run_chart(struct run *run, const struct engine *engine, instant_ms from);

#endif
