// Why: the guest has its own accounts (/etc/passwd, /etc/shadow); the password that arrives is checked against them.
#ifndef LAB_ACCOUNT_H
#define LAB_ACCOUNT_H
#include <stddef.h>

struct account {
  char name[65];
  char full_name[129];
};

// Finds a person (uid 1000 and up) by name, or by the part before '@' if only that exists. 1 or 0.
int account_find(const char *name, struct account *out);

// 1 if the password is that account's, by crypt(3) with its hash of /etc/shadow; a locked hash never matches.
int account_check(const struct account *account, const char *password);

// `--hash`: reads one password from standard input and prints a SHA-512 crypt line with a fresh salt.
int account_print_hash(void);
#endif
