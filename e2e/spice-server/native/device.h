/* Why: the scripted graphics device: what a scene may do to the real SPICE server. A scene is straight-line C on a thread
 * of its own; every call returns when the server has taken the command and everything before it has left for the client,
 * so no draw is folded into another one or dropped because a later one covered it. */
#ifndef LATCHKEY_DEVICE_H
#define LATCHKEY_DEVICE_H
#include <spice.h>
#include <spice/enums.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_DISPLAYS 2
#define MAX_SURFACES 64

/* A command and all the memory it points to; the device frees both when the server releases it. */
typedef struct Cmd {
    QXLCommandExt ext;
    struct Block *blocks;
    union {
        QXLDrawable draw;
        QXLSurfaceCmd surface;
        QXLCursorCmd cursor;
    } u;
} Cmd;

typedef struct {
    const char *scene;
    int width, height;
    int displays;
    int frames;
    uint32_t seed;
    const char *out;   /* folder for the oracle files */
    bool step;         /* wait for a line on stdin after "client", every "oracle" and "done" */
    int argument;      /* a scene's own number, -1: none */
} Options;

extern Options opt;

Cmd *cmd_new(void);
/* Zeroed, lives as long as the command. */
void *cmd_alloc(Cmd *c, size_t size);

/* The display that scene calls go to (0 at start). */
void use_display(int index);
/* Hands a draw, surface or cursor command to the server. */
void emit(Cmd *c);
void emit_cursor(Cmd *c);

/* Off-screen surface with its own memory, rows top-down, cleared by the server. */
void surface_create(uint32_t id, int format, int width, int height);
void surface_destroy(uint32_t id);
void primary_create(int format, int width, int height);
void primary_destroy(void);
void monitors_config(const QXLHead *heads, int count, int max_allowed);
void reset_image_cache(void);
void reset_cursor(void);
void destroy_surfaces(void);

/* The server renders the surface itself; pixels go to a file, its description to stdout. Waits for "go" with --step. */
void oracle(uint32_t surface, const char *label);
/* Real time, for stream detection only. */
void pause_ms(int ms);
/* Runs on the main loop's thread, where the server wants its own calls; returns when it has run. */
void on_main(void (*f)(void *), void *arg);

/* Load scenes: the source is asked, by the server's thread, whenever the client can take more. */
typedef Cmd *(*LoadSource)(void);
void run_load(LoadSource next, int count);

/* A TLS port besides the plain one; before device_main. False where the library takes none of the files. */
bool use_tls(SpiceServer *server, const char *cert, const char *key, const char *ca);

int device_main(SpiceServer *server, void (*scene)(void));
SpiceCoreInterface *core_interface(void);
#endif
