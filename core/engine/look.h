/* Looking in: values for charts.  Never for decisions; changes nothing. */
#ifndef ENGINE_LOOK_H
#define ENGINE_LOOK_H

#include "engine/engine.h"

struct looked {
    instant_ms start, end; /* of the step; end: of what the value covers */
    struct ratio value;    /* den 0: unknown */
};
/* The closed steps of a subject's series that start at or after `from`, oldest first, as far as
 * they are kept. Nothing for a subject or series that nobody has heard of. */
void engine_look(const struct engine *engine, const char *subject, const char *series,
                 instant_ms from, void (*each)(void *arg, const struct looked *looked), void *arg);

#endif
