/* One question to the AQI: a standard, a mode and six concentrations; as JSON or from the command
 * line. */
#ifndef CLI_AQI_QUESTION_H
#define CLI_AQI_QUESTION_H

#include "base/buf.h"
#include "model/aqi.h"

struct findings;

struct aqi_question {
    const struct aqi_standard *standard;
    enum aqi_mode mode;
    struct ratio values[POLLUTANTS]; /* den == 0: missing */
};

/* A concentration exactly as written (any number of places), from a JSON number.  ERR_SYNTAX when
 * it is no number, ERR_INVALID when it is negative, ERR_LIMIT when no air holds as much. */
int concentration_parse(const char *text, size_t size, struct ratio *ret);
/* Reads one line of the filter.  On failure *ret_problem says what is wrong (caller frees). */
int aqi_question_read(struct aqi_question *ret, const struct aqi_standards *standards,
                      const char *text, size_t size, char **ret_problem);
struct aqi aqi_answer(const struct aqi_question *question);
/* {"aqi":156,"level":"中度污染","primary":["PM2.5"]} */
void aqi_answer_print(struct buf *buf, const struct aqi_question *question, const struct aqi *aqi);

#endif
