/* First of all that follows a commit letters leave: somebody is waiting for them. */
#include "shell/upshot.h"
#include "shell/daemon.h"

static void send_off(struct daemon *daemon, struct turn *turn)
{
    struct parcel *parcels = turn->parcels;
    turn->parcels = NULL;
    dispatch_recall_ended(daemon->dispatch, &turn->ended);
    dispatch_send(daemon->dispatch, parcels);
}

static void tell(struct daemon *daemon, const struct turn *turn, int err)
{
    for (size_t i = 0; i < turn->events.count; i++) {
        const struct event *event = &turn->events.items[i];
        log_decision(&daemon->log, event->level, event->name, event->text, event->line);
        if (err == 0)
            for (int j = 0; j < daemon->subscriber_count; j++)
                daemon->subscribers[j].on_event(daemon->subscribers[j].arg, event);
    }
    daemon_tell(daemon, "policy", &turn->findings);
}

static void answer_questions(struct turn *turn, int err)
{
    struct question *question = turn->questions;
    turn->questions = NULL;
    while (question) {
        struct question *next = question->next;
        question->answered(question->arg, err == 0);
        question = next;
    }
}

void upshot_tell(struct daemon *daemon, struct turn *turn, int err)
{
    if (err == 0 && !turn->look)
        send_off(daemon, turn);
    upkeep_turn_over(daemon->upkeep, turn, err, daemon->store, daemon->short_of_room);
    tell(daemon, turn, err);
    answer_questions(turn, err);
}

size_t upshot_answer(struct turn *turn)
{
    struct delivery *delivery = turn->deliveries;
    size_t facts = 0;
    events_release(&turn->alarms);
    parcels_free(turn->returned);
    turn->returned = NULL;
    turn->deliveries = NULL;
    while (delivery) {
        struct delivery *next = delivery->next;
        facts += delivery->count;
        delivery->answered(delivery->arg, &delivery->tally);
        delivery = next;
    }
    return facts;
}
