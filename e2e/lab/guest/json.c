// Why: see json.h. Recursive descent over one line, with a depth limit; strings are decoded into one store.
#define _GNU_SOURCE
#include "json.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 32

struct reader {
  const char *at, *end;
  char *store; // where decoded text goes; NULL while skipping
};

static void skip_space(struct reader *r) {
  while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\r' || *r->at == '\n')) r->at++;
}

static int take(struct reader *r, char c) {
  if (r->at < r->end && *r->at == c) {
    r->at++;
    return 1;
  }
  return 0;
}

static void put(struct reader *r, char c) {
  if (r->store) *r->store++ = c;
}

static void put_utf8(struct reader *r, uint32_t c) {
  if (c < 0x80) put(r, (char)c);
  else if (c < 0x800) {
    put(r, (char)(0xC0 | c >> 6));
    put(r, (char)(0x80 | (c & 0x3F)));
  } else if (c < 0x10000) {
    put(r, (char)(0xE0 | c >> 12));
    put(r, (char)(0x80 | (c >> 6 & 0x3F)));
    put(r, (char)(0x80 | (c & 0x3F)));
  } else {
    put(r, (char)(0xF0 | c >> 18));
    put(r, (char)(0x80 | (c >> 12 & 0x3F)));
    put(r, (char)(0x80 | (c >> 6 & 0x3F)));
    put(r, (char)(0x80 | (c & 0x3F)));
  }
}

static int hex4(struct reader *r, uint32_t *value) {
  if (r->end - r->at < 4) return 0;
  uint32_t v = 0;
  for (int i = 0; i < 4; i++) {
    char c = *r->at++;
    if (c >= '0' && c <= '9') v = v << 4 | (uint32_t)(c - '0');
    else if (c >= 'a' && c <= 'f') v = v << 4 | (uint32_t)(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F') v = v << 4 | (uint32_t)(c - 'A' + 10);
    else return 0;
  }
  *value = v;
  return 1;
}

// After "\u". A lone surrogate becomes U+FFFD; the unit after a lone high one is read on its own.
static int unicode_escape(struct reader *r) {
  uint32_t unit;
  if (!hex4(r, &unit)) return 0;
  if (unit >= 0xD800 && unit < 0xDC00 && r->end - r->at >= 6 && r->at[0] == '\\' && r->at[1] == 'u') {
    const char *back = r->at;
    uint32_t low;
    r->at += 2;
    if (!hex4(r, &low)) return 0;
    if (low >= 0xDC00 && low < 0xE000) {
      put_utf8(r, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
      return 1;
    }
    r->at = back;
  }
  put_utf8(r, unit >= 0xD800 && unit < 0xE000 ? 0xFFFD : unit);
  return 1;
}

// Decoded text is never longer than its source, so the store needs no check beyond its size of one line.
static int string(struct reader *r) {
  if (!take(r, '"')) return 0;
  while (r->at < r->end) {
    unsigned char c = (unsigned char)*r->at++;
    if (c == '"') return 1;
    if (c < 0x20) return 0;
    if (c != '\\') {
      put(r, (char)c);
      continue;
    }
    if (r->at >= r->end) return 0;
    switch (*r->at++) {
      case '"': put(r, '"'); break;
      case '\\': put(r, '\\'); break;
      case '/': put(r, '/'); break;
      case 'b': put(r, '\b'); break;
      case 'f': put(r, '\f'); break;
      case 'n': put(r, '\n'); break;
      case 'r': put(r, '\r'); break;
      case 't': put(r, '\t'); break;
      case 'u':
        if (!unicode_escape(r)) return 0;
        break;
      default: return 0;
    }
  }
  return 0;
}

static int digits(struct reader *r) {
  const char *from = r->at;
  while (r->at < r->end && *r->at >= '0' && *r->at <= '9') r->at++;
  return r->at > from;
}

static int number(struct reader *r) {
  take(r, '-');
  if (!take(r, '0') && !digits(r)) return 0;
  if (take(r, '.') && !digits(r)) return 0;
  if (take(r, 'e') || take(r, 'E')) {
    if (!take(r, '+')) take(r, '-');
    if (!digits(r)) return 0;
  }
  return 1;
}

static int word(struct reader *r, const char *text) {
  size_t n = strlen(text);
  if ((size_t)(r->end - r->at) < n || memcmp(r->at, text, n) != 0) return 0;
  r->at += n;
  return 1;
}

// Walks over any value without keeping it.
static int skip_value(struct reader *r, int depth) {
  if (depth > MAX_DEPTH) return 0;
  skip_space(r);
  if (r->at >= r->end) return 0;
  if (*r->at == '"') return string(r);
  if (*r->at == '{' || *r->at == '[') {
    char open = *r->at++, close = open == '{' ? '}' : ']';
    skip_space(r);
    if (take(r, close)) return 1;
    for (;;) {
      skip_space(r);
      if (open == '{') {
        if (!string(r)) return 0;
        skip_space(r);
        if (!take(r, ':')) return 0;
      }
      if (!skip_value(r, depth + 1)) return 0;
      skip_space(r);
      if (take(r, close)) return 1;
      if (!take(r, ',')) return 0;
    }
  }
  if (*r->at == 't') return word(r, "true");
  if (*r->at == 'f') return word(r, "false");
  if (*r->at == 'n') return word(r, "null");
  return number(r);
}

static int member(struct reader *r, char **store, struct json_field *field) {
  field->key = r->store = *store;
  if (!string(r)) return 0;
  *r->store++ = 0;
  *store = r->store;
  r->store = NULL;
  skip_space(r);
  if (!take(r, ':')) return 0;
  skip_space(r);
  field->text = *store;
  field->is_string = r->at < r->end && *r->at == '"';
  if (field->is_string) {
    r->store = *store;
    if (!string(r)) return 0;
    field->length = (size_t)(r->store - field->text);
  } else {
    const char *from = r->at;
    if (!skip_value(r, 0)) return 0;
    field->length = (size_t)(r->at - from);
    memcpy(*store, from, field->length);
    r->store = *store + field->length;
  }
  *r->store++ = 0;
  *store = r->store;
  r->store = NULL;
  return 1;
}

int json_parse(const char *line, size_t length, struct json_object *out) {
  memset(out, 0, sizeof *out);
  // Two NULs a member; every member takes at least four bytes of the line, so twice the line is always enough.
  out->store_size = 2 * length + 16;
  out->store = calloc(1, out->store_size);
  if (!out->store) return 0;
  struct reader r = {line, line + length, NULL};
  char *store = out->store;
  skip_space(&r);
  if (!take(&r, '{')) goto bad;
  skip_space(&r);
  if (!take(&r, '}')) {
    for (;;) {
      struct json_field field;
      skip_space(&r);
      if (!member(&r, &store, &field)) goto bad;
      if (out->count < JSON_MAX_FIELDS) out->fields[out->count++] = field;
      skip_space(&r);
      if (take(&r, '}')) break;
      if (!take(&r, ',')) goto bad;
    }
  }
  skip_space(&r);
  if (r.at == r.end) return 1;
bad:
  json_free(out);
  return 0;
}

void json_free(struct json_object *object) {
  if (object->store) {
    explicit_bzero(object->store, object->store_size);
    free(object->store);
  }
  memset(object, 0, sizeof *object);
}

const struct json_field *json_get(const struct json_object *object, const char *key) {
  for (size_t i = object->count; i-- > 0;)
    if (strcmp(object->fields[i].key, key) == 0) return &object->fields[i];
  return NULL;
}

void json_raw(struct json_out *out, const char *text) {
  size_t n = strlen(text);
  if (out->overflow || n > sizeof out->data - out->length) {
    out->overflow = 1;
    return;
  }
  memcpy(out->data + out->length, text, n);
  out->length += n;
}

void json_string(struct json_out *out, const char *text) {
  json_raw(out, "\"");
  for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
    char piece[8];
    if (*p == '"' || *p == '\\') snprintf(piece, sizeof piece, "\\%c", *p);
    else if (*p < 0x20 || *p == 0x7F) snprintf(piece, sizeof piece, "\\u%04x", *p);
    else snprintf(piece, sizeof piece, "%c", *p);
    json_raw(out, piece);
  }
  json_raw(out, "\"");
}
