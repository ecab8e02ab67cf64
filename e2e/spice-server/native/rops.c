/* Why: see rops.h. INVERS_SRC and INVERS_BRUSH are both set where one is meant, so that a list serves draws of either. */
#include "rops.h"
#include <spice/enums.h>

#define SRC (SPICE_ROPD_INVERS_SRC | SPICE_ROPD_INVERS_BRUSH)
#define DST SPICE_ROPD_INVERS_DEST
#define RES SPICE_ROPD_INVERS_RES
#define ALL(op) op, op | SRC, op | DST, op | SRC | DST, op | RES, op | SRC | RES, op | DST | RES, op | SRC | DST | RES

const uint16_t rops[ROPS] = {
    ALL(SPICE_ROPD_OP_PUT), ALL(SPICE_ROPD_OP_OR), ALL(SPICE_ROPD_OP_AND), ALL(SPICE_ROPD_OP_XOR),
    SPICE_ROPD_OP_BLACKNESS, SPICE_ROPD_OP_WHITENESS, SPICE_ROPD_OP_INVERS,
};

bool rop3_rendered(unsigned code)
{
    return ((code >> 1 ^ code) & 0x55) != 0 && ((code >> 2 ^ code) & 0x33) != 0 && ((code >> 4 ^ code) & 0x0f) != 0;
}
