/* A flight software in a process of its own: the library behind a socket, for one flight after another.
 *
 *     ./process PORT [FLIGHTS]      listens on this machine's own address; ends after FLIGHTS if told
 *
 * The simulation is then told where: homeward return ... --flight-software tcp://localhost:PORT
 */
#define _POSIX_C_SOURCE 200112L

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "homeward_link.h"

static homeward_link flight;
static uint8_t packet[HOMEWARD_LINK_LONGEST], answer[HOMEWARD_LINK_LONGEST];

static int receive_all(int from, uint8_t *to, size_t octets)
{
    while (octets > 0) {
        const ssize_t told = recv(from, to, octets, 0);
        if (told <= 0) { return 0; }
        to += told;
        octets -= (size_t)told;
    }
    return 1;
}

static int send_all(int to, const uint8_t *from, size_t octets)
{
    while (octets > 0) {
        const ssize_t told = send(to, from, octets, MSG_NOSIGNAL);
        if (told <= 0) { return 0; }
        from += told;
        octets -= (size_t)told;
    }
    return 1;
}

/* One flight; gives the number of calls answered. */
static long fly(int to)
{
    long calls = 0;
    if (!send_all(to, answer, homeward_link_greet(&flight, HOMEWARD_SCENARIO, answer))) { return 0; }
    while (!flight.over && receive_all(to, packet, HOMEWARD_LINK_HEADER)) {
        const size_t octets = homeward_link_length(packet);
        if (octets == 0) {
            fputs("process: what arrives is no packet of a simulation\n", stderr);
            return calls;
        }
        if (!receive_all(to, packet + HOMEWARD_LINK_HEADER, octets - HOMEWARD_LINK_HEADER)) { return calls; }
        const size_t told = homeward_link_answer(&flight, packet, octets, answer);
        if (told > 0 && !send_all(to, answer, told)) { return calls; }
        calls += told > 0;
    }
    return calls;
}

int main(int n, char **words)
{
    const long port = n > 1 ? strtol(words[1], NULL, 10) : 0;
    long flights = n > 2 ? strtol(words[2], NULL, 10) : -1;
    if (port < 1 || port > 65535 || flights == 0) {
        fputs("usage: process PORT [FLIGHTS], with a port from 1 to 65535\n", stderr);
        return 2;
    }
    const int listening = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in here;
    memset(&here, 0, sizeof here);
    here.sin_family = AF_INET;
    here.sin_port = htons((uint16_t)port);
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (listening < 0 || setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0
        || bind(listening, (const struct sockaddr *)&here, sizeof here) != 0 || listen(listening, 1) != 0) {
        perror("process");
        return 1;
    }
    for (; flights != 0; flights -= flights > 0) {
        const int to = accept(listening, NULL, NULL);
        if (to < 0) { continue; }
        (void)setsockopt(to, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        const long calls = fly(to);
        close(to);
        printf("%ld answers\n", calls);
        fflush(stdout);
    }
    close(listening);
    return 0;
}
