/* Why: the table of what the server can be asked to show. */
#ifndef LATCHKEY_SCENES_H
#define LATCHKEY_SCENES_H
#include "draw.h"
#include <stddef.h>

typedef struct {
    const char *name;
    void (*run)(void);
} Scene;

extern const Scene copy_scenes[], fill_scenes[], draw_scenes[], line_scenes[], composite_scenes[], clip_scenes[], surface_scenes[],
    cache_scenes[], other_scenes[], load_scenes[], audio_scenes[], input_scenes[];

/* Adds the sound device if the scene is one of sound. */
void audio_add(SpiceServer *server, const char *scene);
/* The same for keyboard, mouse and tablet. */
void input_add(SpiceServer *server, const char *scene);

/* For scenes that want one of everything: a stroke and a text in a box, from scenes-lines.c. */
Cmd *any_stroke(Box box);
Cmd *any_text(Box box);
#endif
