// Why: see report.h. Field names and the types of their values are the original agent's.
#define _GNU_SOURCE
#include "report.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

static void begin(struct json_out *out, const char *name) {
  out->length = 0;
  out->overflow = 0;
  json_raw(out, "{\"__name__\": ");
  json_string(out, name);
}

static void key(struct json_out *out, const char *name) {
  json_raw(out, ", ");
  json_string(out, name);
  json_raw(out, ": ");
}

static void text(struct json_out *out, const char *name, const char *value) {
  key(out, name);
  json_string(out, value);
}

static void end(struct json_out *out) { json_raw(out, "}\n"); }

void report_event(struct json_out *out, const char *name) {
  begin(out, name);
  end(out);
}

void report_active_user(struct json_out *out, const char *user) { report_named(out, "active-user", "name", user); }

void report_named(struct json_out *out, const char *message, const char *name, const char *value) {
  begin(out, message);
  text(out, name, value);
  end(out);
}

// The original sends free-ram as a string in MiB, and the statistics in KiB, also as strings.
void report_heartbeat(struct json_out *out, int api_version) {
  struct sysinfo info;
  char number[32];
  if (sysinfo(&info) != 0) memset(&info, 0, sizeof info);
  unsigned long long unit = info.mem_unit ? info.mem_unit : 1;
  begin(out, "heartbeat");
  snprintf(number, sizeof number, "%llu", info.freeram * unit >> 20);
  text(out, "free-ram", number);
  key(out, "memory-stat");
  snprintf(number, sizeof number, "%llu", info.totalram * unit >> 10);
  json_raw(out, "{\"mem_total\": ");
  json_string(out, number);
  snprintf(number, sizeof number, "%llu", info.freeram * unit >> 10);
  json_raw(out, ", \"mem_unused\": ");
  json_string(out, number);
  json_raw(out, "}");
  key(out, "apiVersion");
  snprintf(number, sizeof number, "%d", api_version);
  json_raw(out, number);
  end(out);
}

static void addresses(struct json_out *out, struct ifaddrs *list, const char *name, int family) {
  int first = 1;
  json_raw(out, "[");
  for (struct ifaddrs *i = list; i; i = i->ifa_next) {
    if (!i->ifa_addr || i->ifa_addr->sa_family != family || strcmp(i->ifa_name, name) != 0) continue;
    char address[INET6_ADDRSTRLEN] = "";
    const void *raw = family == AF_INET ? (const void *)&((struct sockaddr_in *)i->ifa_addr)->sin_addr
                                        : (const void *)&((struct sockaddr_in6 *)i->ifa_addr)->sin6_addr;
    inet_ntop(family, raw, address, sizeof address);
    if (!first) json_raw(out, ", ");
    json_string(out, address);
    first = 0;
  }
  json_raw(out, "]");
}

static void hardware(const char *name, char *address, size_t size) {
  char path[300];
  snprintf(path, sizeof path, "/sys/class/net/%s/address", name);
  FILE *file = fopen(path, "re");
  address[0] = 0;
  if (!file) return;
  if (!fgets(address, (int)size, file)) address[0] = 0;
  fclose(file);
  address[strcspn(address, "\n")] = 0;
}

void report_interfaces(struct json_out *out) {
  struct ifaddrs *list = NULL;
  struct if_nameindex *names = if_nameindex();
  if (getifaddrs(&list) != 0) list = NULL;
  begin(out, "network-interfaces");
  key(out, "interfaces");
  json_raw(out, "[");
  for (struct if_nameindex *i = names; i && i->if_index; i++) {
    char address[64];
    hardware(i->if_name, address, sizeof address);
    json_raw(out, i == names ? "{\"name\": " : ", {\"name\": ");
    json_string(out, i->if_name);
    text(out, "hw", address);
    key(out, "inet");
    addresses(out, list, i->if_name, AF_INET);
    key(out, "inet6");
    addresses(out, list, i->if_name, AF_INET6);
    json_raw(out, "}");
  }
  json_raw(out, "]");
  end(out);
  if (list) freeifaddrs(list);
  if (names) if_freenameindex(names);
}

void report_applications(struct json_out *out) {
  struct utsname name;
  char kernel[128];
  uname(&name);
  snprintf(kernel, sizeof kernel, "linux-image-%.100s", name.release);
  begin(out, "applications");
  key(out, "applications");
  json_raw(out, "[\"busybox-static\", \"latchkey-lab-agent\", ");
  json_string(out, kernel);
  json_raw(out, "]");
  end(out);
}

void report_disks(struct json_out *out) {
  struct statvfs root;
  char number[32];
  if (statvfs("/", &root) != 0) memset(&root, 0, sizeof root);
  begin(out, "disks-usage");
  key(out, "disks");
  json_raw(out, "[{\"path\": \"/\", \"fs\": \"rootfs\", \"total\": ");
  snprintf(number, sizeof number, "\"%llu\"", (unsigned long long)root.f_blocks * root.f_frsize);
  json_raw(out, number);
  json_raw(out, ", \"used\": ");
  snprintf(number, sizeof number, "\"%llu\"", (unsigned long long)(root.f_blocks - root.f_bfree) * root.f_frsize);
  json_raw(out, number);
  json_raw(out, "}]");
  key(out, "mapping");
  json_raw(out, "{}");
  end(out);
}

void report_os_info(struct json_out *out) {
  struct utsname name;
  uname(&name);
  begin(out, "os-info");
  text(out, "version", "12");
  text(out, "distribution", "Debian GNU/Linux");
  text(out, "codename", "bookworm");
  text(out, "arch", name.machine);
  text(out, "type", "linux");
  text(out, "kernel", name.release);
  end(out);
}

void report_timezone(struct json_out *out) {
  begin(out, "timezone");
  text(out, "zone", "UTC");
  key(out, "offset");
  json_raw(out, "0");
  end(out);
}

void report_cpus(struct json_out *out) {
  char number[16];
  begin(out, "number-of-cpus");
  key(out, "count");
  snprintf(number, sizeof number, "%ld", sysconf(_SC_NPROCESSORS_ONLN));
  json_raw(out, number);
  end(out);
}

void report_containers(struct json_out *out) {
  begin(out, "containers");
  key(out, "list");
  json_raw(out, "[]");
  end(out);
}
