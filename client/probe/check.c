/* check.c: a few probes one after the other, and what to make of them; see check.h. */
#include "client/probe/check.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/param.h>
#include <sys/time.h>
#include <unistd.h>

#include "client/base/clock.h"
#include "client/probe/prober.h"

/* Enough for an average, as check_ping's. */
enum { PROBES = 5 };

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

static void write_threshold(int64_t ns)
{
    if (ns > 0)
        printf("%.10g", clock_ms(ns));
    putchar(';');
}

/* 'label'=value[UOM];[warn];[crit];[min];[max], U for a value that is not known. Times are averages. */
static void write_time(const char *label, const struct hist *hist, int64_t warning, int64_t critical)
{
    if (hist->count > 0)
        printf(" %s=%.3fms;", label, hist_mean(hist) / CLOCK_MS);
    else
        printf(" %s=U;", label);
    write_threshold(warning);
    write_threshold(critical);
    putchar('0');
}

/* Any loss is critical. */
static void write_line(const struct check *check)
{
    const struct tally *tally = &check->tally;
    begin_line(check->state, check->text);
    fputs(" |", stdout);
    write_time("rtt", &tally->response, check->options->warning, check->options->critical);
    if (tally->replied + tally->lost > 0)
        printf(" loss=%.4g%%;;0;0;100", tally_loss(tally));
    else
        printf(" loss=U;;0;0;100");
    write_time("connect", &tally->connect, 0, 0);
    putchar('\n');
}

enum check_state check_usage(void)
{
    return say(CHECK_UNKNOWN, "wrong usage: mpecho check [-w MS] [-c MS] [-t SECONDS] [-4] [-6] HOST [PORT]");
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

static void on_ended(void *owner, const struct probe *probe, int64_t now)
{
    struct check *check = owner;
    if (probe->bytes == 0 && (!check->over || check->tally.wrong > 0))
        fail(check, CHECK_CRITICAL, probe->note);
    if (probe->sequence < PROBES && !check->over)
        prober_send(check->prober, now);
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
        .size = check->options->sizes.size[0],
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
    prober_send(check->prober, now);
    ev_run(check->loop, 0);
    prober_destroy(check->prober);
}

/* The verdict. ----------------------------------------------------------------------------------------------------- */

static void judge(struct check *check)
{
    const struct options *options = check->options;
    double rtt = hist_mean(&check->tally.response);
    bool critical = options->critical > 0 && rtt > (double)options->critical;
    bool warning = options->warning > 0 && rtt > (double)options->warning;
    int64_t limit = critical ? options->critical : options->warning;
    char text[128];
    int n = snprintf(text, sizeof text, "rtt %.3f ms", rtt / CLOCK_MS);
    if (critical || warning)
        n += snprintf(text + n, sizeof text - (size_t)n, ", above %.10g ms", clock_ms(limit));
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

static enum check_state check_targets(const struct options *options, const struct target *targets, size_t count,
                                      int64_t deadline)
{
    struct target_found found;
    struct check *check = calloc(1, sizeof *check);
    if (check == NULL)
        return say(CHECK_UNKNOWN, "out of memory");
    check->options = options;
    enum status status = target_connect(targets, count, options->duration / (int64_t)count, deadline, &found);
    if (status == STATUS_GOOD)
        probe_target(check, &found, deadline);
    else
        fail(check, status == STATUS_LOCAL ? CHECK_UNKNOWN : CHECK_CRITICAL, found.why);
    write_line(check);
    enum check_state state = check->state;
    free(check);
    return state;
}

/* Looking up. ------------------------------------------------------------------------------------------------------ */

/* getaddrinfo cannot be told how long to wait. */
static void on_alarm(int number)
{
    static const char line[] = "ECHO CRITICAL - the name was not looked up in time\n";
    (void)number;
    _exit(write(STDOUT_FILENO, line, sizeof line - 1) == -1 ? CHECK_UNKNOWN : CHECK_CRITICAL);
}

static void set_alarm(int64_t after)
{
    struct itimerval when = {
        .it_value = {.tv_sec = after / CLOCK_SECOND, .tv_usec = after % CLOCK_SECOND / CLOCK_US},
    };
    setitimer(ITIMER_REAL, &when, NULL);
}

static size_t look_up(const struct options *options, struct target **targets, char why[TARGET_WHY])
{
    signal(SIGALRM, on_alarm);
    set_alarm(options->duration);
    size_t count = target_look_up(options, targets, why);
    set_alarm(0);
    return count;
}

enum check_state check_run(const struct options *options)
{
    struct target *targets;
    char why[TARGET_WHY];
    int64_t deadline = clock_now() + options->duration;
    size_t count = look_up(options, &targets, why);
    if (count == 0)
        return say(CHECK_CRITICAL, why);
    enum check_state state = check_targets(options, targets, count, deadline);
    free(targets);
    return state;
}
