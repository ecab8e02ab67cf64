/* Why: the table of what the server can be asked to show. */
#ifndef LATCHKEY_SCENES_H
#define LATCHKEY_SCENES_H
#include <stddef.h>

typedef struct {
    const char *name;
    void (*run)(void);
} Scene;

extern const Scene copy_scenes[], fill_scenes[];
#endif
