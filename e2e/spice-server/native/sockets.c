/* Why: the clients' sockets are accepted here and not by the server, so that the port is the kernel's choice and each
 * socket can be asked how much it has sent and how much of that is not in the client's kernel yet. */
#include "device.h"
#include "device-internal.h"
#include <arpa/inet.h>
#include <glib.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_CLIENT_SOCKETS 32

static struct { int fd; int port; } sockets[MAX_CLIENT_SOCKETS];

static int peer_port(int fd)
{
    struct sockaddr_in peer;
    socklen_t size = sizeof peer;
    return getpeername(fd, (struct sockaddr *)&peer, &size) ? -1 : ntohs(peer.sin_port);
}

/* The server owns and closes these descriptors: one whose peer changed is another socket, and forgotten. */
static bool alive(int i)
{
    if (sockets[i].fd > 0 && peer_port(sockets[i].fd) != sockets[i].port) sockets[i].fd = 0;
    return sockets[i].fd > 0;
}

bool drained(void)
{
    for (int i = 0; i < MAX_CLIENT_SOCKETS; i++) {
        int unsent = 0;
        if (alive(i) && ioctl(sockets[i].fd, SIOCOUTQ, &unsent) == 0 && unsent > 0) return false;
    }
    return true;
}

void print_sent(void)
{
    const char *comma = "";
    printf("\"sent\":{");
    for (int i = 0; i < MAX_CLIENT_SOCKETS; i++) {
        struct tcp_info info;
        socklen_t size = sizeof info;
        memset(&info, 0, sizeof info);
        if (!alive(i) || getsockopt(sockets[i].fd, IPPROTO_TCP, TCP_INFO, &info, &size)) continue;
        printf("%s\"%d\":%llu", comma, sockets[i].port,
               (unsigned long long)(info.tcpi_bytes_sent - info.tcpi_bytes_retrans));
        comma = ",";
    }
    printf("}");
}

static SpiceServer *accepting;
static bool tls;

/* The library reads its certificate only if it may listen on a TLS port of its own. That one lies on a loopback address
 * that no other process takes, and nobody uses it: our own socket gives it its TLS clients. */
bool use_tls(SpiceServer *server, const char *cert, const char *key, const char *ca)
{
    char unused[16];
    unsigned pid = (unsigned)getpid();
    snprintf(unused, sizeof unused, "127.%u.%u.%u", 1 + (pid >> 16) % 250, (pid >> 8) & 255, 1 + (pid & 127));
    spice_server_set_addr(server, unused, 0);
    return tls = !spice_server_set_tls(server, 5901 + (int)(pid >> 7 & 1), ca, cert, key, NULL, NULL, NULL);
}

bool has_tls(void)
{
    return tls;
}

/* `data`: not null for the TLS port. */
static gboolean accept_client(GIOChannel *channel, GIOCondition condition, gpointer data)
{
    (void)condition;
    int fd = accept(g_io_channel_unix_get_fd(channel), NULL, NULL);
    if (fd < 0) return G_SOURCE_CONTINUE;
    for (int i = 0; i < MAX_CLIENT_SOCKETS; i++) {
        if (alive(i)) continue;
        sockets[i].port = peer_port(fd);
        sockets[i].fd = fd;
        break;
    }
    if (data ? spice_server_add_ssl_client(accepting, fd, 0) : spice_server_add_client(accepting, fd, 0)) close(fd);
    return G_SOURCE_CONTINUE;
}

/* Our own listening socket, so that the port is the kernel's choice and the clients' sockets can be asked what is unsent. */
int listen_on_loopback(SpiceServer *server, bool secure)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    accepting = server;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) || listen(fd, 16)
        || getsockname(fd, (struct sockaddr *)&address, &size)) {
        perror("listen");
        exit(1);
    }
    g_io_add_watch(g_io_channel_unix_new(fd), G_IO_IN, accept_client, secure ? server : NULL);
    return ntohs(address.sin_port);
}
