/* Why: the real spice-server as the judge of the canvas. Reads drawing scripts (golden/script.ts), gives them to
 * libspice-server as a QXL device would, lets it render (spice_qxl_update_area) and writes what it rendered.
 * usage: oracle SCRIPT OUT    build: gcc -O1 oracle.c -o oracle $(pkg-config --cflags --libs spice-server glib-2.0) */
#include <spice.h>
#include <spice/enums.h>
#include <glib.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <stdint.h>
#include <unistd.h>

/* The server wants timers and watches; nothing connects here, so none ever fires. */
struct SpiceTimer { int unused; };
struct SpiceWatch { int unused; };
static SpiceTimer *timer_add(SpiceTimerFunc f, void *o) { (void)f; (void)o; return g_new0(SpiceTimer, 1); }
static void timer_start(SpiceTimer *t, uint32_t ms) { (void)t; (void)ms; }
static void timer_stop(SpiceTimer *t) { (void)t; }
static SpiceWatch *watch_add(int fd, int mask, SpiceWatchFunc f, void *o) { (void)fd; (void)mask; (void)f; (void)o; return g_new0(SpiceWatch, 1); }
static void watch_mask(SpiceWatch *w, int m) { (void)w; (void)m; }
static void watch_remove(SpiceWatch *w) { g_free(w); }
static SpiceCoreInterface core = {
    .base = { .type = SPICE_INTERFACE_CORE, .description = "oracle", .major_version = SPICE_INTERFACE_CORE_MAJOR, .minor_version = SPICE_INTERFACE_CORE_MINOR },
    .timer_add = timer_add, .timer_start = timer_start, .timer_cancel = timer_stop, .timer_remove = timer_stop,
    .watch_add = watch_add, .watch_update_mask = watch_mask, .watch_remove = watch_remove,
};

static QXLInstance qxl;
static QXLCommandExt queue[4096];
static volatile int head, tail;

static int get_command(QXLInstance *q, QXLCommandExt *e) { (void)q; if (head == tail) return 0; *e = queue[head % 4096]; head++; return 1; }
static int no_command(QXLInstance *q, QXLCommandExt *e) { (void)q; (void)e; return 0; }
static int wait_command(QXLInstance *q) { (void)q; return head == tail; }
static int yes(QXLInstance *q) { (void)q; return 1; }
static int no(QXLInstance *q) { (void)q; return 0; }
static void release(QXLInstance *q, QXLReleaseInfoExt r) { (void)q; (void)r; }
static void level(QXLInstance *q, int l) { (void)q; (void)l; }
static void word(QXLInstance *q, uint32_t m) { (void)q; (void)m; }
static void done(QXLInstance *q, uint64_t c) { (void)q; (void)c; }
static void area_done(QXLInstance *q, uint32_t s, QXLRect *r, uint32_t n) { (void)q; (void)s; (void)r; (void)n; }
static void caps(QXLInstance *q, uint8_t p, uint8_t c[SPICE_CAPABILITIES_SIZE]) { (void)q; (void)p; (void)c; }
static int monitors(QXLInstance *q, VDAgentMonitorsConfig *m) { (void)q; (void)m; return 0; }
static void attached(QXLInstance *q) { static int once; if (once) return; once = 1; QXLDevMemSlot s = { .virt_start = 0, .virt_end = ~0ul }; spice_qxl_add_memslot(q, &s); }
static void info(QXLInstance *q, QXLDevInitInfo *i) { (void)q; memset(i, 0, sizeof *i); i->num_memslots = i->num_memslots_groups = i->memslot_id_bits = i->memslot_gen_bits = 1; i->n_surfaces = 16; }
static QXLInterface device = {
    .base = { .type = SPICE_INTERFACE_QXL, .description = "oracle", .major_version = SPICE_INTERFACE_QXL_MAJOR, .minor_version = SPICE_INTERFACE_QXL_MINOR },
    .attached_worker = attached, .set_compression_level = level, .set_mm_time = word, .get_init_info = info, .get_command = get_command,
    .req_cmd_notification = wait_command, .release_resource = release, .get_cursor_command = no_command, .req_cursor_notification = yes,
    .notify_update = word, .flush_resources = no, .async_complete = done, .update_area_complete = area_done, .set_client_capabilities = caps, .client_monitors_config = monitors,
};

static uint32_t *in, *end;
static uint32_t u(void) { if (in >= end) { fprintf(stderr, "script ends early\n"); exit(1); } return *in++; }
static void *bytes(uint32_t *n) { *n = u(); void *p = in; in += (*n + 3) / 4; return p; }
static QXLRect rect(void) { QXLRect r; r.left = u(); r.top = u(); r.right = u(); r.bottom = u(); return r; }
static QXLPoint point(void) { QXLPoint p; p.x = u(); p.y = u(); return p; }
static QXLPoint16 point16(void) { QXLPoint16 p; p.x = u(); p.y = u(); return p; }
static QXLPHYSICAL chunk_of(const void *data, uint32_t n, size_t before) { char *m = g_malloc0(before + sizeof(QXLDataChunk) + n); QXLDataChunk *c = (void *)(m + before); c->data_size = n; memcpy(c->data, data, n); return (uintptr_t)m; }
static uint32_t unique;

static QXLPHYSICAL image(void) {
    uint32_t kind = u(), n;
    if (!kind) return 0;
    QXLImage *im = g_malloc0(sizeof *im + 64);
    QXL_SET_IMAGE_ID(im, QXL_IMAGE_GROUP_DEVICE, ++unique);
    if (kind == 2) {
        im->descriptor.type = SPICE_IMAGE_TYPE_SURFACE;
        im->surface_image.surface_id = u(); im->descriptor.width = u(); im->descriptor.height = u();
        return (uintptr_t)im;
    }
    im->descriptor.type = SPICE_IMAGE_TYPE_BITMAP;
    im->bitmap.format = u();
    im->descriptor.width = im->bitmap.x = u(); im->descriptor.height = im->bitmap.y = u(); im->bitmap.stride = u();
    im->bitmap.flags = QXL_BITMAP_DIRECT | QXL_BITMAP_TOP_DOWN;
    im->bitmap.data = (uintptr_t)bytes(&n);
    uint32_t colours = u();
    if (colours) {
        QXLPalette *p = g_malloc0(sizeof *p + 4 * colours);
        p->unique = 0; p->num_ents = colours;
        for (uint32_t i = 0; i < colours; i++) p->ents[i] = u();
        im->bitmap.palette = (uintptr_t)p;
    }
    return (uintptr_t)im;
}
static QXLBrush brush(void) { QXLBrush b = { 0 }; b.type = u(); if (b.type == SPICE_BRUSH_TYPE_SOLID) b.u.color = u(); if (b.type == SPICE_BRUSH_TYPE_PATTERN) { b.u.pattern.pat = image(); b.u.pattern.pos = point(); } return b; }
static QXLQMask mask(void) { QXLQMask m = { 0 }; m.bitmap = image(); m.flags = u(); m.pos = point(); return m; }
static QXLPHYSICAL transform(void) { if (!u()) return 0; QXLTransform *t = g_new0(QXLTransform, 1); t->t00 = u(); t->t01 = u(); t->t02 = u(); t->t10 = u(); t->t11 = u(); t->t12 = u(); return (uintptr_t)t; }

static void queue_command(uint32_t type, void *data) { QXLCommandExt *e = &queue[tail % 4096]; memset(e, 0, sizeof *e); e->cmd.type = type; e->cmd.data = (uintptr_t)data; __sync_synchronize(); tail++; }

static void draw(void) {
    QXLDrawable *d = g_new0(QXLDrawable, 1);
    uint32_t n; void *p;
    d->release_info.id = (uintptr_t)d; d->effect = QXL_EFFECT_BLEND;
    for (int i = 0; i < 3; i++) d->surfaces_dest[i] = -1;
    d->surface_id = 1; d->type = u(); d->bbox = rect();
    int32_t clips = u();
    if (clips >= 0) {
        QXLRect r[clips + 1];
        for (int i = 0; i < clips; i++) r[i] = rect();
        d->clip.type = SPICE_CLIP_TYPE_RECTS;
        d->clip.data = chunk_of(r, clips * sizeof *r, sizeof(uint32_t));
        ((QXLClipRects *)(uintptr_t)d->clip.data)->num_rects = clips;
    }
    switch (d->type) {
    case QXL_DRAW_FILL: d->u.fill.brush = brush(); d->u.fill.rop_descriptor = u(); d->u.fill.mask = mask(); break;
    case QXL_DRAW_OPAQUE: d->u.opaque.src_bitmap = image(); d->u.opaque.src_area = rect(); d->u.opaque.brush = brush(); d->u.opaque.rop_descriptor = u(); d->u.opaque.scale_mode = u(); d->u.opaque.mask = mask(); break;
    case QXL_DRAW_COPY: case QXL_DRAW_BLEND: d->u.copy.src_bitmap = image(); d->u.copy.src_area = rect(); d->u.copy.rop_descriptor = u(); d->u.copy.scale_mode = u(); d->u.copy.mask = mask(); break;
    case QXL_COPY_BITS: d->u.copy_bits.src_pos = point(); break;
    case QXL_DRAW_BLACKNESS: case QXL_DRAW_WHITENESS: case QXL_DRAW_INVERS: d->u.blackness.mask = mask(); break;
    case QXL_DRAW_ROP3: d->u.rop3.src_bitmap = image(); d->u.rop3.src_area = rect(); d->u.rop3.brush = brush(); d->u.rop3.rop3 = u(); d->u.rop3.scale_mode = u(); d->u.rop3.mask = mask(); break;
    case QXL_DRAW_STROKE:
        p = bytes(&n); d->u.stroke.path = chunk_of(p, n, sizeof(uint32_t)); ((QXLPath *)(uintptr_t)d->u.stroke.path)->data_size = n;
        d->u.stroke.attr.flags = u(); p = bytes(&n); d->u.stroke.attr.style_nseg = n / 4; d->u.stroke.attr.style = (uintptr_t)p;
        d->u.stroke.brush = brush(); d->u.stroke.fore_mode = u(); d->u.stroke.back_mode = u(); break;
    case QXL_DRAW_TEXT: {
        uint32_t flags = u(), glyphs = u();
        p = bytes(&n); d->u.text.str = chunk_of(p, n, 8);
        QXLString *s = (void *)(uintptr_t)d->u.text.str; s->data_size = n; s->length = glyphs; s->flags = flags;
        d->u.text.back_area = rect(); d->u.text.fore_brush = brush(); d->u.text.back_brush = brush(); d->u.text.fore_mode = u(); d->u.text.back_mode = u(); break; }
    case QXL_DRAW_TRANSPARENT: d->u.transparent.src_bitmap = image(); d->u.transparent.src_area = rect(); d->u.transparent.src_color = u(); d->u.transparent.true_color = u(); break;
    case QXL_DRAW_ALPHA_BLEND: d->u.alpha_blend.alpha_flags = u(); d->u.alpha_blend.alpha = u(); d->u.alpha_blend.src_bitmap = image(); d->u.alpha_blend.src_area = rect(); break;
    case QXL_DRAW_COMPOSITE: d->u.composite.flags = u(); d->u.composite.src = image(); d->u.composite.src_transform = transform(); d->u.composite.mask = image(); d->u.composite.mask_transform = transform(); d->u.composite.src_origin = point16(); d->u.composite.mask_origin = point16(); break;
    default: fprintf(stderr, "draw type %d\n", d->type); exit(1);
    }
    queue_command(QXL_CMD_DRAW, d);
}

static uint8_t *surface(uint32_t id, int32_t *w, int32_t *h, uint32_t *size) {
    QXLSurfaceCmd *s = g_new0(QXLSurfaceCmd, 1);
    s->release_info.id = (uintptr_t)s; s->surface_id = id; s->type = QXL_SURFACE_CMD_CREATE; s->flags = QXL_SURF_FLAG_KEEP_DATA;
    s->u.surface_create.format = u(); *w = s->u.surface_create.width = u(); *h = s->u.surface_create.height = u(); s->u.surface_create.stride = u();
    void *p = bytes(size);
    uint8_t *data = g_malloc(*size + 64); memcpy(data, p, *size);
    s->u.surface_create.data = (uintptr_t)data;
    queue_command(QXL_CMD_SURFACE, s);
    return data;
}
static void destroy(uint32_t id) { QXLSurfaceCmd *s = g_new0(QXLSurfaceCmd, 1); s->release_info.id = (uintptr_t)s; s->surface_id = id; s->type = QXL_SURFACE_CMD_DESTROY; queue_command(QXL_CMD_SURFACE, s); }

int main(int argc, char **argv) {
    char *script; gsize length; GError *error = NULL;
    if (argc != 3 || !g_file_get_contents(argv[1], &script, &length, &error)) { fprintf(stderr, "usage: oracle SCRIPT OUT\n"); return 2; }
    FILE *out = fopen(argv[2], "wb");
    in = (uint32_t *)script; end = in + length / 4;
    SpiceServer *server = spice_server_new();
    spice_server_set_noauth(server);
    if (spice_server_init(server, &core)) return 1;
    qxl.base.sif = &device.base;
    spice_server_add_interface(server, &qxl.base);
    QXLDevSurfaceCreate first = { .format = SPICE_SURFACE_FMT_32_xRGB, .width = 16, .height = 16, .stride = 64, .type = QXL_SURF_TYPE_PRIMARY, .mem = (uintptr_t)g_malloc0(1024) };
    spice_qxl_create_primary_surface(&qxl, 0, &first);
    spice_server_vm_start(server);
    while (in < end) {
        int32_t w, h, sw, sh; uint32_t size, ssize;
        uint8_t *data = surface(1, &w, &h, &size);
        uint32_t others = u();
        for (uint32_t i = 0; i < others; i++) surface(2 + i, &sw, &sh, &ssize);
        for (uint32_t n = u(); n; n--) draw();
        QXLRect all = { .right = w, .bottom = h }, dirty[16];
        spice_qxl_update_area(&qxl, 1, &all, dirty, 16, 1);
        fwrite(data, 1, size, out); fflush(out);
        for (uint32_t i = 0; i < others; i++) destroy(2 + i);
        destroy(1);
    }
    fclose(out);
    _exit(0);
}
