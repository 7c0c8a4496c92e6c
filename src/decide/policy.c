/* policy.c: how many workers there should be; see policy.h for the rules. Called by the pool at each look. Pure. */
#include "decide/policy.h"

#define PROBE_FIRST 2.0       /* seconds until the first probe; doubles up to POLICY_SLOWEST */
#define STILLBORN_MEMORY 10.0 /* seconds without a stillborn worker after which the earlier ones no longer count */
#define FORK_RETRY_FIRST 0.1  /* seconds until fork is tried again; doubles up to FORK_RETRY_SLOWEST */
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

static void end_slowness(struct policy *policy, double now)
{
    policy->slow = false;
    policy->slow_ended = now;
    policy->stillborn = 0;
    policy->notices |= POLICY_STARTING;
}

/* Deaths long ago say nothing about today. An episode of stillborn workers ends with a probe that is ready, or with a
 * long time in which none was even wanted. */
static void forget(struct policy *policy, double now)
{
    if (policy->slow && policy->probe_born <= 0 && now >= policy->probe_next + STILLBORN_MEMORY)
        end_slowness(policy, now);
    if (!policy->slow && now - policy->last_stillborn >= STILLBORN_MEMORY)
        policy->stillborn = 0;
    if (now - policy->last_crash < POLICY_CRASH_MEMORY)
        return;
    if (policy->crashing || policy->spoilt)
        policy->notices |= POLICY_CALM;
    policy->crashing = policy->spoilt = false;
    policy->unreplaced = 0;
}

static unsigned fork_wanted(const struct policy_limits *limits, const struct policy_view *view, unsigned idle)
{
    return min_u(minus_u(limits->min_spare + view->waiting, idle), minus_u(limits->max_workers, view->total));
}

/* Seconds until one worker may be forked, for an episode of stillborn workers or of forks that fail; 0: at once. A
 * probe that hangs is not waited for for ever. */
static double held_back(const struct policy *policy, double now)
{
    double until = 0;
    if (policy->fork_failing)
        until = policy->fork_next;
    else if (policy->slow)
        until = policy->probe_born > 0 ? policy->probe_born + POLICY_SLOWEST : policy->probe_next;
    return until > now ? until - now : 0;
}

/* Of the workers to be forked, those that stand in for crashed ones are paid for with a token each. */
static unsigned pay(struct policy *policy, const struct policy_limits *limits, struct policy_decision *decision,
                    unsigned wanted, double now)
{
    const struct bucket_size size = {
        limits->min_spare > POLICY_REPLACE_BURST ? limits->min_spare : POLICY_REPLACE_BURST, POLICY_REPLACE_RATE};
    unsigned due = min_u(wanted, policy->unreplaced);
    unsigned paid = bucket_take(&policy->replacements, &size, due, now);
    policy->unreplaced -= paid;
    if (paid < due) {
        decision->retry = bucket_wait(&policy->replacements, &size, now);
        if (!policy->crashing)
            policy->notices |= POLICY_CRASHING;
        policy->crashing = true;
    }
    return wanted - due + paid;
}

/* Cut what is wanted to what may be done now, and say when the rest may. */
static void decide_forks(struct policy *policy, const struct policy_limits *limits, struct policy_decision *decision,
                         unsigned wanted, double now)
{
    if (wanted == 0)
        return;
    decision->retry = held_back(policy, now);
    if (decision->retry > 0)
        return;
    bool one = policy->slow || policy->fork_failing;
    unsigned most = one ? 1 : POLICY_BATCH;
    decision->fork = pay(policy, limits, decision, min_u(wanted, most), now);
    decision->more = wanted > most && decision->retry <= 0;
    if (policy->slow && decision->fork > 0)
        policy->probe_born = now;
}

/* Of the workers beyond max_spare that were idle all through a window and the one before it, half leave at its end. */
static unsigned thin_wanted(struct policy *policy, const struct policy_limits *limits, unsigned idle, double now)
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

struct policy_decision policy_decide(struct policy *policy, const struct policy_limits *limits,
                                     const struct policy_view *view, double now)
{
    struct policy_decision decision = {0};
    unsigned idle = minus_u(view->idle, view->thinning);

    forget(policy, now);
    note_full(policy, limits, view, idle);
    decide_forks(policy, limits, &decision, fork_wanted(limits, view, idle), now);
    unsigned thin = thin_wanted(policy, limits, idle, now);
    if (decision.fork == 0 && view->waiting == 0)
        decision.thin = thin;
    decision.notices = policy->notices;
    policy->notices = 0;
    return decision;
}

void policy_begin_generation(struct policy *policy)
{
    policy->full = false;
    policy->lowest_now = policy->lowest_before = 0;
}

/* If a probe was ready, but the workers after it were stillborn again, the pauses go on growing. */
static void note_stillborn(struct policy *policy, double now)
{
    double longer = min_d(2 * policy->probe_delay, POLICY_SLOWEST);
    bool again = policy->probe_delay > 0 && now - policy->slow_ended < STILLBORN_MEMORY;
    policy->last_stillborn = now;
    policy->stillborn++;
    if (!policy->slow && policy->stillborn >= POLICY_STILLBORN_MAX) {
        policy->slow = true;
        policy->probe_delay = again ? longer : PROBE_FIRST;
        policy->notices |= POLICY_STILLBORN;
    } else if (policy->slow && policy->probe_born > 0) {
        policy->probe_delay = longer;
    } else {
        return; /* the first few are replaced at once; the last of a batch do not double the delay */
    }
    policy->probe_born = 0;
    policy->probe_next = now + policy->probe_delay;
}

/* The array holds the last ones; when the oldest of them is not long ago, there were so many in that time. */
static void note_fault(struct policy *policy, double now)
{
    policy->faults[policy->fault_next] = now;
    policy->fault_next = (policy->fault_next + 1) % POLICY_FAULTS_MAX;
    double oldest = policy->faults[policy->fault_next];
    if (policy->spoilt || oldest <= 0 || now - oldest > POLICY_CRASH_MEMORY)
        return;
    policy->spoilt = true;
    policy->notices |= POLICY_SPOILT;
}

void policy_note_death(struct policy *policy, enum policy_death death, bool fault, double now)
{
    if (death == POLICY_DEATH_STILLBORN)
        note_stillborn(policy, now);
    else
        policy->unreplaced++;
    if (fault)
        note_fault(policy, now);
    if (fault || death == POLICY_DEATH_CRASH)
        policy->last_crash = now;
}

void policy_note_ready(struct policy *policy, double now)
{
    if (policy->slow && policy->probe_born > 0)
        end_slowness(policy, now);
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
