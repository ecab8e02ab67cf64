// Why: see port.h.
#define _GNU_SOURCE
#include "port.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_LINE 65536
#define WRITE_WAIT_MS 2000

static const char *const names[] = {"com.kvm-vdi.0", "com.redhat.rhevm.vdsm", "ovirt-guest-agent.0"};

static int open_entry(const char *entry, char *name, size_t size) {
  char path[300], found[128] = "";
  snprintf(path, sizeof path, "/sys/class/virtio-ports/%s/name", entry);
  FILE *file = fopen(path, "re");
  if (!file) return -1;
  if (!fgets(found, sizeof found, file)) found[0] = 0;
  fclose(file);
  found[strcspn(found, "\n")] = 0;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strcmp(found, names[i]) != 0) continue;
    snprintf(path, sizeof path, "/dev/%s", entry);
    int port = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (port >= 0) snprintf(name, size, "%s", found);
    return port;
  }
  return -1;
}

int port_open(char *name, size_t size) {
  DIR *folder = opendir("/sys/class/virtio-ports");
  if (!folder) return -1;
  int port = -1;
  for (struct dirent *e; port < 0 && (e = readdir(folder));)
    if (e->d_name[0] != '.') port = open_entry(e->d_name, name, size);
  closedir(folder);
  return port;
}

int port_read(int port, void (*line)(char *text, size_t length)) {
  static char buffer[MAX_LINE];
  static size_t used;
  static int skipping; // the current line was too long: drop it up to its newline
  for (;;) {
    ssize_t n = read(port, buffer + used, sizeof buffer - used);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    if (n == 0) {
      explicit_bzero(buffer, used);
      used = 0;
      skipping = 0;
      return 0;
    }
    size_t end = used + (size_t)n, start = 0;
    for (size_t i = used; i < end; i++) {
      if (buffer[i] != '\n') continue;
      if (!skipping) line(buffer + start, i - start);
      skipping = 0;
      start = i + 1;
    }
    used = end - start;
    memmove(buffer, buffer + start, used);
    explicit_bzero(buffer + used, end - used);
    if (used == sizeof buffer) {
      skipping = 1;
      used = 0;
    }
  }
}

void port_write(int port, const char *data, size_t length) {
  while (length > 0) {
    ssize_t n = write(port, data, length);
    if (n > 0) {
      data += n;
      length -= (size_t)n;
      continue;
    }
    if (n < 0 && errno == EINTR) continue;
    struct pollfd room = {.fd = port, .events = POLLOUT};
    if (n == 0 || errno != EAGAIN || poll(&room, 1, WRITE_WAIT_MS) <= 0 || !(room.revents & POLLOUT)) return;
  }
}
