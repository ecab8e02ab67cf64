// Why: see account.h. fgetpwent and fgetspent read the files directly: a static program has no name service.
#define _GNU_SOURCE
#include "account.h"
#include <crypt.h>
#include <pwd.h>
#include <shadow.h>
#include <stdio.h>
#include <string.h>

#define FIRST_PERSON_UID 1000

static int find_exact(const char *name, struct account *out) {
  FILE *file = fopen("/etc/passwd", "re");
  if (!file) return 0;
  int found = 0;
  for (struct passwd *p; !found && (p = fgetpwent(file));) {
    if (p->pw_uid < FIRST_PERSON_UID || strcmp(p->pw_name, name) != 0) continue;
    snprintf(out->name, sizeof out->name, "%s", p->pw_name);
    snprintf(out->full_name, sizeof out->full_name, "%.*s", (int)strcspn(p->pw_gecos, ","), p->pw_gecos);
    found = 1;
  }
  fclose(file);
  return found;
}

int account_find(const char *name, struct account *out) {
  if (find_exact(name, out)) return 1;
  char bare[65];
  size_t length = strcspn(name, "@");
  if (name[length] != '@' || length >= sizeof bare) return 0;
  memcpy(bare, name, length);
  bare[length] = 0;
  return find_exact(bare, out);
}

int account_check(const struct account *account, const char *password) {
  FILE *file = fopen("/etc/shadow", "re");
  if (!file) return 0;
  int ok = 0;
  for (struct spwd *s; (s = fgetspent(file));) {
    if (strcmp(s->sp_namp, account->name) != 0) continue;
    struct crypt_data data = {0};
    const char *hash = crypt_r(password, s->sp_pwdp, &data);
    ok = s->sp_pwdp[0] == '$' && hash && hash[0] == '$' && strcmp(hash, s->sp_pwdp) == 0;
    explicit_bzero(&data, sizeof data);
    break;
  }
  fclose(file);
  return ok;
}

int account_print_hash(void) {
  char password[512];
  size_t length = fread(password, 1, sizeof password - 1, stdin);
  password[length] = 0;
  if (length == 0 || strlen(password) != length) return 1;
  char *salt = crypt_gensalt("$6$", 0, NULL, 0);
  struct crypt_data data = {0};
  const char *hash = salt ? crypt_r(password, salt, &data) : NULL;
  explicit_bzero(password, sizeof password);
  if (!hash || hash[0] != '$') return 1;
  puts(hash);
  return 0;
}
