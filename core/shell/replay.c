/* Replay: facts in the order they were learnt, and the passing of time between them.
 *
 * The invariant: when a fact is stepped, every tick due at or before its arrival has been stepped;
 * and no tick is stepped that is due after the end.  A tick is a fact like any other; only its
 * author is us. */
#include "shell/replay.h"
#include "base/err.h"
#include <assert.h>

static int tell(const struct replay_observer *observer, const struct fact *cause,
                const struct step *step)
{
    int answer = 0;
    for (size_t i = 0; observer && observer->decided && i < step->count && answer == 0; i++)
        answer = observer->decided(observer->arg, cause, &step->decisions[i]);
    return answer;
}

static int step_one(struct engine *engine, const struct fact *fact,
                    const struct replay_observer *observer)
{
    struct step step = {0};
    int err = engine_step(engine, fact, &step);
    return err < 0 ? err : tell(observer, fact, &step);
}

int replay_ticks(struct engine *engine, instant_ms instant, const struct replay_observer *observer)
{
    instant_ms due;
    int answer = 0;
    while (answer == 0 && (due = engine_due_by(engine, instant)) != INSTANT_NONE) {
        struct fact tick = {
            .kind = FACT_TICK, .time = due, .arrival = due, .source = "replay", .id = ""};
        answer = step_one(engine, &tick, observer);
        instant_ms next = engine_due_by(engine, due);
        assert(answer != 0 || next == INSTANT_NONE);
    }
    return answer;
}

static int replay_fact(struct engine *engine, const struct fact *fact, size_t number,
                       const struct replay_observer *observer)
{
    int answer = replay_ticks(engine, fact->arrival, observer);
    if (answer == 0)
        answer = step_one(engine, fact, observer);
    if (answer == 0 && observer && observer->stepped)
        answer = observer->stepped(observer->arg, fact, number);
    return answer;
}

int replay_run(struct engine *engine, const struct feed *feed, instant_ms until,
               const struct replay_observer *observer)
{
    int answer = 0;
    size_t count = feed_count(feed);
    for (size_t i = 0; i < count && answer == 0; i++) {
        const struct fact *fact = feed_fact(feed, i);
        if (until != INSTANT_NONE && fact->arrival > until)
            break;
        answer = replay_fact(engine, fact, i, observer);
    }
    if (answer == 0 && until != INSTANT_NONE)
        answer = replay_ticks(engine, until, observer);
    return answer;
}
