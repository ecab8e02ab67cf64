// Why: the lab guest's one program: speaks the oVirt agent's protocol on the virtio port, checks passwords against
// the guest's own accounts, and shows on the screen who is signed in. It behaves as the Windows agent does
// (session-logon, -lock, -unlock, -logoff), because that is the kind that confirms; a wrong password is answered by
// nothing, as in every original. Nothing here prints or keeps a password.
// Kernel command line: latchkey.name=GUEST, latchkey.user=NAME (signed in from the start), latchkey.agent=silent
// (opens the port and never answers).
#define _GNU_SOURCE
#include "account.h"
#include "json.h"
#include "port.h"
#include "report.h"
#include "screen.h"
#include <ctype.h>
#include <linux/reboot.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <time.h>
#include <unistd.h>

#define HEARTBEAT_MS 5000
#define IDLE_POLL_MS 20      // a port without a host says "hung up" at once, so it can't be waited on
#define MAX_CREDENTIALS 251  // the original's PAM module reads 256 bytes: a length, a name, a password, a NUL

static int port = -1, connected, silent, locked, through_channel, api_version = API_HIGHEST, first_heartbeat = 1;
static char guest_name[65] = "guest", port_name[128], typed[65];
static struct account user; // name is empty while nobody is signed in
static struct json_out out;

static long long now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static const char *active_user(void) { return user.name[0] ? user.name : "None"; }

static void send_out(void) {
  if (port >= 0 && connected && !silent && !out.overflow) port_write(port, out.data, out.length);
}

static void send_event(const char *name) {
  report_event(&out, name);
  send_out();
}

static void send_user(void) {
  report_active_user(&out, active_user());
  send_out();
}

static void status_line(char *text, size_t size) {
  long long up = now_ms() / 1000;
  const char *channel = port < 0 ? "no agent channel" : connected ? "agent channel in use" : "agent ready";
  snprintf(text, size, "%s   %s   up %lld:%02lld", channel, port_name, up / 60, up % 60);
}

static void paint(void) {
  char status[256], line[256], first[65];
  snprintf(first, sizeof first, "%.*s", (int)strcspn(user.full_name, " "), user.full_name);
  if (!user.name[0]) snprintf(line, sizeof line, "latchkey guest %s: nobody signed in", guest_name);
  else snprintf(line, sizeof line, "%s %s (%s)", locked ? "Locked by" : "Signed in as", user.full_name, user.name);
  status_line(status, sizeof status);
  struct screen_view view = {
    .guest = guest_name,
    .headline = !user.name[0] ? "Welcome" : locked ? "Locked" : first,
    .line = line,
    .note = !user.name[0] ? "Please sign in." : locked ? "Sign in again to unlock." : through_channel ? "The sign-in came through the guest agent's channel." : "Signed in at this machine.",
    .keys = user.name[0] && !locked ? typed : "",
    .status = status,
    .colour = !user.name[0] ? 6 : locked ? 3 : 2,
  };
  screen_paint(&view);
}

static void refresh(void) {
  send_event("session-startup");
  send_user();
  report_applications(&out);
  send_out();
  report_named(&out, "host-name", "name", guest_name);
  send_out();
  report_named(&out, "os-version", "version", "Debian GNU/Linux 12");
  send_out();
  report_interfaces(&out);
  send_out();
  report_disks(&out);
  send_out();
  report_named(&out, "fqdn", "fqdn", guest_name);
  send_out();
  if (api_version >= 1) report_cpus(&out), send_out();
  if (api_version >= 2) report_timezone(&out), send_out();
  if (api_version >= 2) report_os_info(&out), send_out();
  if (api_version >= 3) report_containers(&out), send_out();
}

static int version_of(const struct json_object *message, int missing) {
  const struct json_field *field = json_get(message, "apiVersion");
  if (!field) return missing;
  int version = atoi(field->text);
  return version < 0 ? 0 : version > API_HIGHEST ? API_HIGHEST : version;
}

static void login(const struct json_object *message) {
  const struct json_field *name = json_get(message, "username"), *password = json_get(message, "password");
  struct account wanted;
  if (user.name[0] && !locked) return;
  if (!name || !password || !name->is_string || !password->is_string) return;
  if (name->length == 0 || password->length == 0 || name->length + password->length > MAX_CREDENTIALS) return;
  if (strlen(name->text) != name->length || strlen(password->text) != password->length) return;
  if (!account_find(name->text, &wanted)) return;
  if (locked && strcmp(wanted.name, user.name) != 0) return;
  if (!account_check(&wanted, password->text)) return;
  int unlocking = locked;
  user = wanted;
  locked = 0;
  through_channel = 1;
  typed[0] = 0;
  if (!unlocking) send_user();
  send_event(unlocking ? "session-unlock" : "session-logon");
  paint();
}

static void log_off(void) {
  if (!user.name[0]) return;
  memset(&user, 0, sizeof user);
  locked = 0;
  send_event("session-logoff");
  send_user();
  paint();
}

static void lock_screen(void) {
  if (!user.name[0] || locked) return;
  locked = 1;
  send_event("session-lock");
  paint();
}

static void shut_down(const struct json_object *message) {
  const struct json_field *again = json_get(message, "reboot");
  int restart = again && strcasecmp(again->text, "true") == 0;
  send_event("session-shutdown");
  sync();
  reboot(restart ? LINUX_REBOOT_CMD_RESTART : LINUX_REBOOT_CMD_POWER_OFF);
}

static void command(char *text, size_t length) {
  struct json_object message;
  connected = 1; // the first words may come with the connection itself, before port_read has told of it
  if (silent || !json_parse(text, length, &message)) return;
  const struct json_field *field = json_get(&message, "__name__");
  const char *name = field && field->is_string ? field->text : "";
  if (strcmp(name, "login") == 0) login(&message);
  else if (strcmp(name, "lock-screen") == 0) lock_screen();
  else if (strcmp(name, "log-off") == 0) log_off();
  else if (strcmp(name, "shutdown") == 0) shut_down(&message);
  else if (strcmp(name, "refresh") == 0) {
    api_version = version_of(&message, 0);
    refresh();
  } else if (strcmp(name, "api-version") == 0) {
    int version = version_of(&message, 0);
    if (version != api_version) {
      api_version = version;
      refresh();
    }
  } else if (strcmp(name, "echo") == 0) {
    port_write(port, text, length);
    port_write(port, "\n", 1);
  }
  json_free(&message);
}

static void heartbeat(void) {
  report_heartbeat(&out, first_heartbeat ? 0 : API_HIGHEST);
  if (connected) first_heartbeat = 0;
  send_out();
}

// Keys are shown only in an open session: on a sign-in screen a person might type a password.
static void keyboard(int terminal) {
  char bytes[64];
  ssize_t n = read(terminal, bytes, sizeof bytes);
  if (n <= 0 || !user.name[0] || locked) return;
  for (ssize_t i = 0; i < n; i++) {
    size_t length = strlen(typed);
    if (bytes[i] == 0x7F) typed[length ? length - 1 : 0] = 0;
    else if (isprint((unsigned char)bytes[i])) {
      if (length == sizeof typed - 1) memmove(typed, typed + 1, length--);
      typed[length] = bytes[i];
      typed[length + 1] = 0;
    }
  }
  paint();
}

static void read_command_line(void) {
  char text[2048] = "", *rest = text;
  FILE *file = fopen("/proc/cmdline", "re");
  if (!file) return;
  if (!fgets(text, sizeof text, file)) text[0] = 0;
  fclose(file);
  for (char *word; (word = strsep(&rest, " \n"));) {
    if (strncmp(word, "latchkey.name=", 14) == 0) snprintf(guest_name, sizeof guest_name, "%s", word + 14);
    if (strncmp(word, "latchkey.user=", 14) == 0 && !account_find(word + 14, &user)) memset(&user, 0, sizeof user);
    if (strcmp(word, "latchkey.agent=silent") == 0) silent = 1;
  }
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "--hash") == 0) return account_print_hash();
  read_command_line();
  int terminal = screen_open();
  port = port_open(port_name, sizeof port_name);
  long long next_beat = now_ms(), next_second = 0;
  paint();
  for (;;) {
    struct pollfd wait[2] = {{.fd = terminal, .events = POLLIN}, {.fd = connected ? port : -1, .events = POLLIN}};
    long long now = now_ms(), due = next_beat < next_second ? next_beat : next_second;
    int timeout = due > now ? (int)(due - now) : 0;
    if (port >= 0 && !connected && timeout > IDLE_POLL_MS) timeout = IDLE_POLL_MS;
    poll(wait, 2, timeout);
    if (wait[0].revents & POLLIN) keyboard(terminal);
    if (port >= 0) connected = port_read(port, command);
    now = now_ms();
    if (now >= next_beat) {
      heartbeat();
      next_beat = now + HEARTBEAT_MS;
    }
    if (now >= next_second) {
      char status[256];
      status_line(status, sizeof status);
      screen_status(status);
      next_second = now - now % 1000 + 1000;
    }
  }
}
