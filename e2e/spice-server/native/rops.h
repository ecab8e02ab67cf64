/* Why: the lists that several scenes walk through. */
#ifndef LATCHKEY_ROPS_H
#define LATCHKEY_ROPS_H
#include <stddef.h>
#include <stdint.h>

/* The four operations on two values with every inversion of source or brush, destination and result, and the three
 * operations without a source. */
enum { ROPS = 35, FORMATS = 7 };
extern const uint16_t rops[ROPS];
extern const int formats[FORMATS];
#endif
