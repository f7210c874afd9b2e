/* What the files of outgoing share.  Not for others. */
#ifndef SHELL_OUTGOING_INNER_H
#define SHELL_OUTGOING_INNER_H

#include "shell/outgoing.h"

struct outgoing {
    const struct routing *routing;
    struct pace *pace;
    bool *failing;    /* per gateway: said so; said again only after something went out */
    instant_ms again; /* of hosts that did not admit, in the turn's steady time */
};

#endif
