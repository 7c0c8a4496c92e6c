/* exits.h: how a worker ends: its exit statuses, from sysexits.h. All but WORKER_DONE are abnormal to the master. */
#ifndef MPECHOD_EXITS_H
#define MPECHOD_EXITS_H

enum worker_exit {
    WORKER_DONE = 0,      /* its generation is over, it was told to leave, or it has served max_connections */
    WORKER_LISTENER = 69, /* a listening socket is broken, and the master did not mend it */
    WORKER_TURN = 70,     /* the lock of the accept turn is broken beyond use */
    WORKER_SETUP = 71,    /* could not become a worker: descriptors, memory */
    WORKER_LIFELINE = 74, /* the lifeline cannot be read */
    WORKER_PRIVILEGE = 77 /* could not give up its privileges */
};

#endif
