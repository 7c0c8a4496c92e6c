/* policy.c: how many workers there should be; see policy.h for the rules. Called by the pool at each look. Pure. */
#include "decide/policy.h"

#define PROBE_FIRST 2.0      /* seconds until the first probe; doubles up to POLICY_SLOWEST */
#define YOUNG_FORGOTTEN 10.0 /* seconds without a young death after which the earlier ones no longer count */
#define FORK_RETRY_FIRST 0.1 /* seconds until fork is tried again; doubles up to FORK_RETRY_SLOWEST */
#define FORK_RETRY_SLOWEST 5.0

static unsigned min_u(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned minus_u(unsigned a, unsigned b)
{
    return a > b ? a - b : 0;
}

static double min_d(double a, double b)
{
    return a < b ? a : b;
}

/* A probe that lives ends the episode; so does a long time in which none was even wanted. Deaths long ago say nothing
 * about today. */
static void heal(struct policy *policy, double now)
{
    bool lived = policy->probe_born > 0 && now >= policy->probe_born + POLICY_YOUNG;
    bool unwanted = policy->probe_born <= 0 && now >= policy->probe_next + YOUNG_FORGOTTEN;
    if (policy->dying && (lived || unwanted)) {
        policy->dying = false;
        policy->young_deaths = 0;
        policy->notices |= POLICY_LIVING_AGAIN;
    }
    if (!policy->dying && now - policy->last_young >= YOUNG_FORGOTTEN)
        policy->young_deaths = 0;
}

static unsigned fork_wanted(const struct policy_limits *limits, const struct policy_view *view, unsigned idle)
{
    return min_u(minus_u(limits->min_spare + view->waiting, idle), minus_u(limits->max_workers, view->total));
}

/* Cut what is wanted to what may be done now, and say when the rest may. */
static void order_forks(struct policy *policy, struct policy_order *order, unsigned wanted, double now)
{
    if (wanted == 0)
        return;
    if (policy->fork_failing && now < policy->fork_next) {
        order->retry = policy->fork_next - now;
        return;
    }
    if (policy->dying && (policy->probe_born > 0 || now < policy->probe_next)) {
        double until = policy->probe_born > 0 ? policy->probe_born + POLICY_YOUNG : policy->probe_next;
        order->retry = until - now;
        return;
    }
    order->fork = min_u(wanted, policy->dying || policy->fork_failing ? 1 : POLICY_BATCH);
    order->more = order->fork < wanted;
    if (policy->dying)
        policy->probe_born = now;
}

/* Of the workers beyond max_spare that were idle all through a window and the one before it, half leave at its end. */
static unsigned retire_wanted(struct policy *policy, const struct policy_limits *limits, unsigned idle, double now)
{
    policy->lowest_now = min_u(policy->lowest_now, idle);
    if (now < policy->window_end)
        return 0;
    unsigned excess = minus_u(min_u(policy->lowest_now, policy->lowest_before), limits->max_spare);
    policy->lowest_before = policy->lowest_now;
    policy->lowest_now = idle;
    policy->window_end = now + POLICY_WINDOW;
    return (excess + 1) / 2;
}

static void note_full(struct policy *policy, const struct policy_limits *limits, const struct policy_view *view,
                      unsigned idle)
{
    bool full = view->total >= limits->max_workers && idle == 0;
    if (full && view->waiting > 0 && !policy->full) {
        policy->full = true;
        policy->notices |= POLICY_FULL;
    } else if (!full && view->waiting == 0) {
        policy->full = false;
    }
}

struct policy_order policy_decide(struct policy *policy, const struct policy_limits *limits,
                                  const struct policy_view *view, double now)
{
    struct policy_order order = {0};
    unsigned idle = minus_u(view->idle, view->retiring);

    heal(policy, now);
    note_full(policy, limits, view, idle);
    order_forks(policy, &order, fork_wanted(limits, view, idle), now);
    unsigned retire = retire_wanted(policy, limits, idle, now);
    if (order.fork == 0 && view->waiting == 0)
        order.retire = retire;
    order.notices = policy->notices;
    policy->notices = 0;
    return order;
}

void policy_begin_generation(struct policy *policy)
{
    policy->full = false;
    policy->lowest_now = policy->lowest_before = 0;
    policy->window_end = 0;
}

void policy_note_death(struct policy *policy, double age, double now)
{
    if (age >= POLICY_YOUNG)
        return;
    policy->last_young = now;
    policy->young_deaths++;
    if (!policy->dying && policy->young_deaths >= POLICY_YOUNG_DEATHS) {
        policy->dying = true;
        policy->probe_delay = PROBE_FIRST;
        policy->notices |= POLICY_DYING_YOUNG;
    } else if (policy->dying && policy->probe_born > 0) {
        policy->probe_delay = min_d(2 * policy->probe_delay, POLICY_SLOWEST);
    } else {
        return; /* the first few are replaced at once; the last of a dying batch do not double the delay */
    }
    policy->probe_born = 0;
    policy->probe_next = now + policy->probe_delay;
}

void policy_note_fork(struct policy *policy, bool worked, double now)
{
    if (worked) {
        if (policy->fork_failing)
            policy->notices |= POLICY_FORKING_AGAIN;
        policy->fork_failing = false;
        return;
    }
    if (!policy->fork_failing)
        policy->notices |= POLICY_FORK_FAILING;
    policy->fork_delay = policy->fork_failing ? min_d(2 * policy->fork_delay, FORK_RETRY_SLOWEST) : FORK_RETRY_FIRST;
    policy->fork_failing = true;
    policy->probe_born = 0; /* if it was to be a probe, there is none */
    policy->fork_next = now + policy->fork_delay;
}
