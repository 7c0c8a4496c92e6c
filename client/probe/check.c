/* check.c: a few probes one after the other, and what to make of them; see check.h. */
#include "client/probe/check.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/param.h>
#include <time.h>

#include "client/base/clock.h"
#include "client/probe/prober.h"

/* As many are timed as check_ping(1) does. One more completes the bytes that hold every value: a server may change some
 * values only, which the others need not contain. */
enum { TIMED = 5, SIZE = 64, PROBES = TIMED + 1, LAST_SIZE = PROBER_COMPLETE - TIMED * SIZE };

struct check {
    const struct options *options;
    const struct target *target;
    struct ev_loop *loop;
    struct prober *prober;
    ev_timer deadline;
    bool over;
    enum check_state state;
    char text[TARGET_WHY]; /* the first that was wrong */
    struct tally tally;
    int64_t rtt;    /* ns, of all that were timed together */
    unsigned timed; /* and answered */
};

/* The line. -------------------------------------------------------------------------------------------------------- */

/* A bar would begin performance data, a newline what is not shown at first; host names can have anything in them. */
static void write_text(const char *text)
{
    for (; *text != '\0'; text++)
        putchar((unsigned char)*text < ' ' || *text == '|' || *text == 0x7f ? '?' : *text);
}

static void begin_line(enum check_state state, const char *text)
{
    static const char *const names[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
    printf("ECHO %s - ", names[state]);
    write_text(text);
}

static enum check_state say(enum check_state state, const char *text)
{
    begin_line(state, text);
    putchar('\n');
    return state;
}

/* 'label'=value[UOM];[warn];[crit];[min];[max], U for a value that is not known. Times are averages, in ns. */
static void write_time(const char *label, bool known, double ns, const char *warning, const char *critical)
{
    if (known)
        printf(" %s=%.3fms;", label, ns / CLOCK_MS);
    else
        printf(" %s=U;", label);
    printf("%s;%s;0", warning != NULL ? warning : "", critical != NULL ? critical : "");
}

static double rtt_of(const struct check *check)
{
    return check->timed > 0 ? (double)check->rtt / check->timed : 0;
}

/* Any loss is critical. */
static void write_line(const struct check *check)
{
    const struct tally *tally = &check->tally;
    begin_line(check->state, check->text);
    fputs(" |", stdout);
    write_time("rtt", check->timed > 0, rtt_of(check), check->options->warning.text, check->options->critical.text);
    if (tally->replied + tally->lost > 0)
        printf(" loss=%.4g%%;;0;0;100", tally_loss(tally));
    else
        printf(" loss=U;;0;0;100");
    write_time("connect", tally->connect.count > 0, hist_mean(&tally->connect), NULL, NULL);
    putchar('\n');
}

enum check_state check_usage(void)
{
    return say(CHECK_UNKNOWN, "wrong usage: mpecho check [-w RANGE] [-c RANGE] [-t SECONDS] [-4] [-6] HOST [PORT]");
}

/* Probing. --------------------------------------------------------------------------------------------------------- */

/* The first that goes wrong is what the line tells. */
static void fail(struct check *check, enum check_state state, const char *why)
{
    if (check->state != CHECK_OK)
        return;
    check->state = state;
    snprintf(check->text, sizeof check->text, "%s", why);
}

static void send_next(struct check *check, uint64_t sequence, int64_t now)
{
    prober_send(check->prober, sequence < PROBES ? SIZE : LAST_SIZE, now);
}

static void on_ended(void *owner, const struct probe *probe, int64_t now)
{
    struct check *check = owner;
    if (probe->bytes == 0 && (!check->over || check->tally.wrong > 0))
        fail(check, CHECK_CRITICAL, probe->note);
    if (probe->bytes > 0 && probe->sequence <= TIMED) {
        check->rtt += probe->rtt;
        check->timed++;
    }
    if (probe->sequence < PROBES && !check->over)
        send_next(check, probe->sequence + 1, now);
    else
        ev_break(check->loop, EVBREAK_ALL);
}

static void on_broke(void *owner, const char *why)
{
    fail(owner, CHECK_CRITICAL, why);
}

/* A server that is slow, but answers, has not been asked five times by then; it is judged by what it has answered. */
static void on_deadline(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct check *check = timer->data;
    char why[sizeof check->text];
    (void)events;
    check->over = true;
    prober_stop(check->prober, clock_now());
    snprintf(why, sizeof why, "no answer from %s within %g s", check->target->text,
             clock_seconds(check->options->duration));
    if (check->tally.replied == 0 || check->tally.lost > 0)
        fail(check, CHECK_CRITICAL, why);
    ev_break(loop, EVBREAK_ALL);
}

static const struct prober_events events = {.ended = on_ended, .broke = on_broke};

static bool make(struct check *check, const struct target_found *found)
{
    check->loop = ev_loop_new(EVFLAG_NOENV);
    if (check->loop == NULL || fcntl(found->fd, F_SETFL, O_NONBLOCK) == -1)
        return false;
    check->prober = prober_create(&(struct prober_plan){
        .loop = check->loop,
        .found = found,
        .lines = check->options->lines,
        .limit = check->options->duration,
        .tally = &check->tally,
        .events = &events,
        .owner = check,
    });
    return check->prober != NULL;
}

static void probe_until(struct check *check, int64_t deadline)
{
    int64_t now = clock_now();
    ev_timer_init(&check->deadline, on_deadline, clock_seconds(MAX(deadline - now, 0)), 0);
    check->deadline.data = check;
    ev_timer_start(check->loop, &check->deadline);
    send_next(check, 1, now);
    ev_run(check->loop, 0);
    prober_destroy(check->prober);
}

/* The verdict. ----------------------------------------------------------------------------------------------------- */

static void judge(struct check *check)
{
    const struct options *options = check->options;
    double rtt = rtt_of(check) / CLOCK_MS;
    bool critical = !threshold_is_well(&options->critical, rtt), warning = !threshold_is_well(&options->warning, rtt);
    char text[160], outcome[THRESHOLD_TEXT];
    int n = snprintf(text, sizeof text, "rtt %.3f ms", rtt);
    if (critical || warning)
        n += snprintf(text + n, sizeof text - (size_t)n, ", %s",
                      threshold_outcome(critical ? &options->critical : &options->warning, rtt, "ms", outcome));
    if (check->over)
        snprintf(text + n, sizeof text - (size_t)n, ", %" PRIu64 " of %d probes in time", check->tally.replied, PROBES);
    if (check->state != CHECK_OK)
        return;
    check->state = critical ? CHECK_CRITICAL : warning ? CHECK_WARNING : CHECK_OK;
    snprintf(check->text, sizeof check->text, "%s", text);
}

static void probe_target(struct check *check, const struct target_found *found, int64_t deadline)
{
    check->target = found->target;
    if (make(check, found)) {
        probe_until(check, deadline);
        judge(check);
    } else {
        fail(check, CHECK_UNKNOWN, "out of memory, descriptors or random numbers");
    }
    if (check->loop != NULL)
        ev_loop_destroy(check->loop);
}

static void check_targets(struct check *check, const struct target *targets, size_t count, int64_t deadline)
{
    struct target_found found;
    int64_t share = check->options->duration / (int64_t)count;
    enum status status = target_connect(targets, count, share, deadline, &found);
    if (status == STATUS_GOOD)
        probe_target(check, &found, deadline);
    else
        fail(check, status == STATUS_LOCAL ? CHECK_UNKNOWN : CHECK_CRITICAL, found.why);
}

/* Looking up. ------------------------------------------------------------------------------------------------------ */

/* getaddrinfo cannot be told how long to wait, so a thread calls it. */
struct lookup {
    const struct options *options;
    sem_t done;
    struct target *targets;
    size_t count;
    char why[TARGET_WHY];
};

static void *look_up(void *argument)
{
    struct lookup *lookup = argument;
    lookup->count = target_look_up(lookup->options, &lookup->targets, lookup->why);
    sem_post(&lookup->done);
    return NULL;
}

static bool wait_until(sem_t *done, int64_t deadline)
{
    struct timespec until = {.tv_sec = deadline / CLOCK_SECOND, .tv_nsec = deadline % CLOCK_SECOND};
    int rc;
    do {
        rc = sem_clockwait(done, CLOCK_MONOTONIC, &until);
    } while (rc == -1 && errno == EINTR);
    return rc == 0;
}

/* Returns NULL when time is up: the thread may go on, so what it has is not freed. */
static struct lookup *look_up_until(const struct options *options, int64_t deadline)
{
    pthread_t thread;
    struct lookup *lookup = calloc(1, sizeof *lookup);
    if (lookup == NULL)
        return NULL;
    lookup->options = options;
    sem_init(&lookup->done, 0, 0);
    if (pthread_create(&thread, NULL, look_up, lookup) != 0)
        look_up(lookup);
    else if (!wait_until(&lookup->done, deadline))
        return NULL;
    else
        pthread_join(thread, NULL);
    return lookup;
}

/* A path that is too long, or none, is a mistake on the command line; a name may resolve at another time. */
static void check_name(struct check *check, int64_t deadline)
{
    struct lookup *lookup = look_up_until(check->options, deadline);
    if (lookup == NULL)
        fail(check, CHECK_CRITICAL, "the name was not looked up in time");
    else if (lookup->count == 0)
        fail(check, check->options->port == NULL ? CHECK_UNKNOWN : CHECK_CRITICAL, lookup->why);
    else
        check_targets(check, lookup->targets, lookup->count, deadline);
    if (lookup != NULL && lookup->count > 0)
        free(lookup->targets);
    free(lookup);
}

enum check_state check_run(const struct options *options)
{
    int64_t deadline = clock_now() + options->duration;
    struct check *check = calloc(1, sizeof *check);
    if (check == NULL)
        return say(CHECK_UNKNOWN, "out of memory");
    check->options = options;
    check_name(check, deadline);
    write_line(check);
    enum check_state state = check->state;
    free(check);
    return state;
}
