/* bare.c: the least that a process model can cost, for t/bench/run to measure mpechod beside.
 *     bare prefork PORT PROCESSES    so many processes, each in accept, recv and send
 *     bare fork PORT                 a process for every connection
 * On 127.0.0.1; all end with the first process. No supervision, no timeouts, nobody is replaced: not for use. */
#include <arpa/inet.h>
#include <err.h>
#include <grp.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* The first two as mpechod has them. */
enum { BACKLOG = 4096, BUFFER = 65536, NOBODY = 65534 };

static bool send_all(int connection, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = send(connection, bytes, length, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        bytes += n;
        length -= (size_t)n;
    }
    return true;
}

static void echo(int connection)
{
    char buffer[BUFFER];
    int on = 1;
    ssize_t n;
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    do
        n = recv(connection, buffer, sizeof buffer, 0);
    while (n > 0 && send_all(connection, buffer, (size_t)n));
}

static void serve(int listener)
{
    for (;;) {
        int connection = accept(listener, NULL, NULL);
        if (connection == -1)
            continue;
        echo(connection);
        close(connection);
    }
}

static pid_t fork_child(void)
{
    pid_t pid = fork();
    if (pid == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    return pid;
}

static void run_prefork(int listener, long processes)
{
    for (long i = 0; i < processes; i++)
        if (fork_child() == 0)
            serve(listener);
    for (;;)
        pause();
}

static void run_fork(int listener)
{
    signal(SIGCHLD, SIG_IGN); /* nobody waits for them */
    for (;;) {
        int connection = accept(listener, NULL, NULL);
        if (connection == -1)
            continue;
        if (fork_child() == 0) {
            close(listener);
            echo(connection);
            _exit(0);
        }
        close(connection);
    }
}

static int listen_at(const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};
    int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) == -1 || listen(listener, BACKLOG) == -1)
        err(1, "port %s", port);
    return listener;
}

/* By number, and only now: nobody may not be able to reach this program, and names would load libraries. */
static void give_up_root(void)
{
    if (geteuid() == 0 && (setgroups(0, NULL) == -1 || setgid(NOBODY) == -1 || setuid(NOBODY) == -1))
        err(1, "cannot give up root");
}

int main(int argc, char **argv)
{
    give_up_root();
    if (argc == 4 && strcmp(argv[1], "prefork") == 0)
        run_prefork(listen_at(argv[2]), strtol(argv[3], NULL, 10));
    else if (argc == 3 && strcmp(argv[1], "fork") == 0)
        run_fork(listen_at(argv[2]));
    warnx("usage: bare prefork PORT PROCESSES, or bare fork PORT");
    return 64;
}
