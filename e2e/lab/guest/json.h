// Why: the channel carries JSON objects, one a line. A password may hold any character that JSON allows, so the
// text is decoded here and nowhere else, by rule and within bounds, never by cutting at quotes.
#ifndef LAB_JSON_H
#define LAB_JSON_H
#include <stddef.h>

#define JSON_MAX_FIELDS 16

struct json_field {
  const char *key;
  const char *text; // decoded UTF-8 for a string, the source text for any other value; always NUL-ended
  size_t length;    // bytes of text; a decoded \u0000 makes it longer than strlen(text)
  int is_string;
};

struct json_object {
  struct json_field fields[JSON_MAX_FIELDS];
  size_t count;
  char *store;
  size_t store_size;
};

// Parses one whole line as one object. Returns 1, or 0 for anything that RFC 8259 does not allow.
// Fields beyond JSON_MAX_FIELDS are checked and dropped. Free with json_free, which also wipes.
int json_parse(const char *line, size_t length, struct json_object *out);
void json_free(struct json_object *object);

// The last field of that key, as Python's parser has it, or NULL.
const struct json_field *json_get(const struct json_object *object, const char *key);

// A growing-free output buffer: a message that does not fit is not sent at all.
struct json_out {
  char data[16384];
  size_t length;
  int overflow;
};
void json_raw(struct json_out *out, const char *text);
void json_string(struct json_out *out, const char *text);
#endif
