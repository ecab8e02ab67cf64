/* Why: what the server makes of a client's keyboard and mouse, one JSON line each, and a picture that changes at once with
 * every key: for tests of input, and for measuring from key to pixel. Ends after --frames key bytes. The devices must exist
 * before a client comes, so they are added at start, for this scene only. */
#include "device-internal.h"
#include "draw.h"
#include "scenes.h"
#include <stdio.h>
#include <string.h>

static int keys; /* key bytes that no draw has answered; guarded by lock */

/* A square in the corner: its colour counts the key bytes. */
static Cmd *answer(void)
{
    static uint32_t count;
    if (!keys) return NULL;
    keys--;
    count++;
    Cmd *c = draw_fill((Box){ 0, 0, 64, 64 }, solid(count & 1 ? 0x00ff00 : 0xff0000), SPICE_ROPD_OP_PUT);
    opaque(c);
    return c;
}

static uint8_t leds;

static void key(SpiceKbdInstance *sin, uint8_t byte)
{
    pthread_mutex_lock(&lock);
    keys++;
    pthread_mutex_unlock(&lock);
    spice_qxl_wakeup(&devices[0].qxl);
    printf("{\"event\":\"key\",\"byte\":%d}\n", byte);
    /* A guest turns its lock lights with the keys: Scroll 0x46, Num 0x45, Caps 0x3a. */
    uint8_t make = byte == 0x46 ? 1 : byte == 0x45 ? 2 : byte == 0x3a ? 4 : 0;
    if (make) {
        leds ^= make;
        spice_server_kbd_leds(sin, leds);
    }
    fflush(stdout);
}

static uint8_t get_leds(SpiceKbdInstance *sin) { (void)sin; return leds; }

static void pointer(const char *what, int x, int y, int z, uint32_t buttons)
{
    printf("{\"event\":\"%s\",\"x\":%d,\"y\":%d,\"z\":%d,\"buttons\":%u}\n", what, x, y, z, buttons);
    fflush(stdout);
}

static void motion(SpiceMouseInstance *s, int x, int y, int z, uint32_t b) { (void)s; pointer("motion", x, y, z, b); }
static void mouse_buttons(SpiceMouseInstance *s, uint32_t b) { (void)s; pointer("buttons", 0, 0, 0, b); }
static void logical_size(SpiceTabletInstance *s, int w, int h) { (void)s; (void)w; (void)h; }
static void position(SpiceTabletInstance *s, int x, int y, uint32_t b) { (void)s; pointer("position", x, y, 0, b); }
static void wheel(SpiceTabletInstance *s, int z, uint32_t b) { (void)s; pointer("wheel", 0, 0, z, b); }
static void tablet_buttons(SpiceTabletInstance *s, uint32_t b) { (void)s; pointer("buttons", 0, 0, 0, b); }

#define BASE(name, NAME) { .type = SPICE_INTERFACE_##NAME, .description = name, .major_version = SPICE_INTERFACE_##NAME##_MAJOR, .minor_version = SPICE_INTERFACE_##NAME##_MINOR }
static const SpiceKbdInterface keyboard_interface = { .base = BASE("latchkey keyboard", KEYBOARD), .push_scan_freg = key, .get_leds = get_leds };
static const SpiceMouseInterface mouse_interface = { .base = BASE("latchkey mouse", MOUSE), .motion = motion, .buttons = mouse_buttons };
static const SpiceTabletInterface tablet_interface = { .base = BASE("latchkey tablet", TABLET), .set_logical_size = logical_size,
                                                       .position = position, .wheel = wheel, .buttons = tablet_buttons };

void input_add(SpiceServer *server, const char *scene)
{
    static SpiceKbdInstance keyboard;
    static SpiceMouseInstance mouse;
    static SpiceTabletInstance tablet;
    if (strncmp(scene, "input", 5)) return;
    keyboard.base.sif = &keyboard_interface.base;
    mouse.base.sif = &mouse_interface.base;
    tablet.base.sif = &tablet_interface.base;
    spice_server_add_interface(server, &keyboard.base);
    spice_server_add_interface(server, &mouse.base);
    if (strcmp(scene, "input-relative")) spice_server_add_interface(server, &tablet.base); /* absolute positions */
}

static void input(void)
{
    page_begin("input");
    run_load(answer, opt.frames);
    page_end();
}

const Scene input_scenes[] = { { "input", input }, { "input-relative", input }, { NULL, NULL } };
