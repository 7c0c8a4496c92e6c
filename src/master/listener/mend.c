/* mend.c: broken listeners are opened anew, each by itself; see listen.h. Called by the master at a tick, and at once
 * when a worker has found one that does not listen. Each step is said once. */
#include "contract/log.h"
#include "master/listener/listen.h"

static void say_broken(struct log *log, const struct listener *listener, const struct reason *why)
{
    char name[ADDR_TEXT_MAX], fault[96];
    addr_format_listen(&listener->bound, name);
    listener_fault_text(listener, fault, sizeof fault);
    if (why == NULL)
        log_warn(log, "listener %s was broken (%s): opened anew", name, fault);
    else
        log_error(log, "listener %s is broken (%s) and cannot be opened anew: %s; trying again", name, fault,
                  why->text);
}

static void say_works(struct log *log, const struct listener *listener)
{
    char name[ADDR_TEXT_MAX];
    addr_format_listen(&listener->bound, name);
    log_info(log, "listener %s works again", name);
}

/* Returns whether workers that are forked from now on get another socket than those before. */
static bool reopen(struct listen_set *set, size_t index, const struct conf *conf, double now, struct log *log)
{
    struct listener before = set->at[index], *listener = &set->at[index];
    struct reason why;
    if (listen_reopen(set, index, conf, now, &why)) {
        if (before.failing)
            say_works(log, listener);
        else
            say_broken(log, &before, NULL);
        return true;
    }
    if (!before.failing)
        say_broken(log, listener, &why);
    listener->failing = true;
    return listener->down && !before.down;
}

bool listen_mend(struct listen_set *set, const struct conf *conf, double now, struct log *log)
{
    bool changed = false;
    listen_inspect(set, conf);
    for (size_t i = 0; i < conf->listens; i++) {
        if (listen_is_due(set, i, now)) {
            changed |= reopen(set, i, conf, now, log);
        } else if (set->at[i].failing && set->at[i].fault == LISTENER_SOUND) {
            say_works(log, &set->at[i]);
            set->at[i].failing = false;
        }
    }
    return changed;
}
