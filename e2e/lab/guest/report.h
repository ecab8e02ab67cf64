// Why: what the guest tells about itself, in the messages of the oVirt agent's protocol, true of this machine.
#ifndef LAB_REPORT_H
#define LAB_REPORT_H
#include "json.h"

#define API_HIGHEST 3

// Each fills `out` with one whole line, newline included.
void report_event(struct json_out *out, const char *name);
void report_active_user(struct json_out *out, const char *user);
void report_heartbeat(struct json_out *out, int api_version);
void report_named(struct json_out *out, const char *message, const char *key, const char *value);
void report_interfaces(struct json_out *out);
void report_applications(struct json_out *out);
void report_disks(struct json_out *out);
void report_os_info(struct json_out *out);
void report_timezone(struct json_out *out);
void report_cpus(struct json_out *out);
void report_containers(struct json_out *out);
#endif
