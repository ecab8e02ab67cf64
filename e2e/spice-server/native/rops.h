/* Why: the lists that several scenes walk through. */
#ifndef LATCHKEY_ROPS_H
#define LATCHKEY_ROPS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The four operations on two values with every inversion of source or brush, destination and result, and the three
 * operations without a source. */
enum { ROPS = 35, FORMATS = 7 };
extern const uint16_t rops[ROPS];
extern const int formats[FORMATS];
/* The server's own renderer has the 218 ROP3 codes whose result depends on pattern, source and destination alike; with
 * one of the other 38 it aborts. Bit (P<<2 | S<<1 | D) of a code is the result. */
bool rop3_rendered(unsigned code);
#endif
