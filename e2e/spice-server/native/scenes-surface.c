/* Why: surfaces other than a 32-bit primary: off-screen ones of every format, drawn on and from, destroyed and made again;
 * primaries of other sizes and formats; several monitors; two displays. */
#include "draw.h"
#include "rops.h"
#include "scenes.h"

static const int surface_formats[] = { SPICE_SURFACE_FMT_32_xRGB, SPICE_SURFACE_FMT_32_ARGB, SPICE_SURFACE_FMT_16_555, SPICE_SURFACE_FMT_16_565 };
enum { SURFACE_FORMATS = 4, DEEP = 2 };

/* A bit of everything on the current surface. The server's renderer aborts at palettes on 16-bit surfaces. */
static void scribble(int w, int h, uint32_t variant, bool deep)
{
    Cmd *c = draw_copy((Box){ 0, 0, w, h }, SPICE_ROPD_OP_PUT);
    c->u.draw.u.copy.src_bitmap = painted(c, w, h, SPICE_BITMAP_FMT_32BIT, GRADIENT, variant, TOP_DOWN);
    emit(c);
    emit(draw_fill((Box){ 5, 5, 20, 12 }, solid(0x55aa33), SPICE_ROPD_OP_PUT));
    emit(draw_fill((Box){ 15, 10, 20, 12 }, solid(0xf0f0f0), SPICE_ROPD_OP_XOR));
    for (size_t f = 0; f < (deep ? FORMATS : 4); f++) {
        c = draw_copy((Box){ 3 + (int)f * 12, h - 22, 11, 17 }, f % 2 ? SPICE_ROPD_OP_PUT : SPICE_ROPD_OP_PUT | SPICE_ROPD_INVERS_SRC);
        c->u.draw.u.copy.src_bitmap = painted(c, 11, 17, formats[f], GRADIENT, variant + (uint32_t)f, 0);
        emit(c);
    }
    c = draw_new(QXL_DRAW_ALPHA_BLEND, (Box){ 40, 6, 30, 24 });
    c->u.draw.u.alpha_blend = (QXLAlphaBlend){ .src_bitmap = painted(c, 30, 24, SPICE_BITMAP_FMT_RGBA, GRADIENT, 1, TOP_DOWN), .alpha = 220,
                                               .src_area = rect((Box){ 0, 0, 30, 24 }) };
    emit(c);
    c = draw_new(QXL_COPY_BITS, (Box){ 10, 14, 50, 20 });
    c->u.draw.u.copy_bits.src_pos = (QXLPoint){ .x = 4, .y = 9 };
    emit(c);
    emit(any_text((Box){ 2, 34, 90, 26 }));
    emit(draw_new(QXL_DRAW_INVERS, (Box){ w - 20, 8, 12, 30 }));
}

/* A copy between surfaces, all kinds. Their depths must be the same: the server's renderer aborts at others. */
static void copies_from(uint32_t surface)
{
    for (int kind = 0; kind < 4; kind++)
        for (int mode = SPICE_IMAGE_SCALE_MODE_INTERPOLATE; mode <= (kind == 1 ? SPICE_IMAGE_SCALE_MODE_NEAREST : SPICE_IMAGE_SCALE_MODE_INTERPOLATE); mode++) {
            Cmd *c = draw_copy(cell(101, 60), kind == 3 ? SPICE_ROPD_OP_XOR : SPICE_ROPD_OP_PUT);
            c->u.draw.u.copy.src_bitmap = from_surface(c, surface, 101, 83);
            c->u.draw.u.copy.src_area = rect(kind == 1 ? (Box){ 20, 11, 40, 30 } : (Box){ 0, kind == 2 ? 20 : 0, 101, 60 });
            c->u.draw.u.copy.scale_mode = (uint8_t)mode;
            emit(c);
        }
}

static void surfaces(void)
{
    page_begin("surfaces");
    for (uint32_t i = 0; i < SURFACE_FORMATS; i++) {
        surface_create(i + 1, surface_formats[i], 101, 83);
        draw_on(i + 1);
        scribble(101, 83, i, i < DEEP);
        draw_on(0);
    }
    for (uint32_t i = 0; i < DEEP; i++) copies_from(i + 1);
    for (uint32_t i = 0; i < DEEP; i++) { /* each from the other */
        draw_on(i + 1);
        Cmd *c = draw_copy((Box){ 60, 40, 30, 30 }, SPICE_ROPD_OP_PUT);
        c->u.draw.u.copy.src_bitmap = from_surface(c, (i + 1) % DEEP + 1, 101, 83);
        c->u.draw.u.copy.src_area = rect((Box){ 2, 2, 30, 30 });
        emit(c);
        draw_on(0);
    }
    for (uint32_t i = 0; i < SURFACE_FORMATS; i++) oracle(i + 1, "surfaces");
    /* The number of a destroyed surface means another one. */
    surface_destroy(1);
    surface_create(1, SPICE_SURFACE_FMT_32_ARGB, 64, 64);
    draw_on(1);
    Cmd *again = draw_copy((Box){ 0, 0, 64, 64 }, SPICE_ROPD_OP_PUT);
    again->u.draw.u.copy.src_bitmap = painted(again, 64, 64, SPICE_BITMAP_FMT_RGBA, TEXT, 1, TOP_DOWN);
    emit(again);
    draw_on(0);
    Cmd *back = draw_copy(cell(64, 64), SPICE_ROPD_OP_PUT);
    back->u.draw.u.copy.src_bitmap = from_surface(back, 1, 64, 64);
    emit(back);
    oracle(1, "surfaces-again");
    page_end();
    for (uint32_t i = 1; i <= SURFACE_FORMATS; i++) surface_destroy(i);
    page_end();
}

static void primary(void)
{
    static const int sizes[][2] = { { 320, 240 }, { 401, 203 }, { 200, 333 }, { 480, 320 } };
    for (int i = 0; i < SURFACE_FORMATS; i++) {
        int format = (i + 1) % SURFACE_FORMATS;
        primary_destroy();
        primary_create(surface_formats[format], sizes[i][0], sizes[i][1]);
        scribble(sizes[i][0], sizes[i][1], (uint32_t)i, format < DEEP);
        oracle(0, "primary");
    }
}

/* As when a guest's driver is reset in the middle of everything: all surfaces go at once, then there is a primary again. */
static void destroy_all(void)
{
    page_begin("destroy-all");
    for (uint32_t id = 1; id <= 3; id++) {
        surface_create(id, SPICE_SURFACE_FMT_32_ARGB, 64, 48);
        draw_on(id);
        emit(draw_fill((Box){ 4, 4, 40, 40 }, solid(0x102030 * id), SPICE_ROPD_OP_PUT));
        draw_on(0);
        Cmd *c = draw_copy(cell(64, 48), SPICE_ROPD_OP_PUT);
        c->u.draw.u.copy.src_bitmap = from_surface(c, id, 64, 48);
        emit(c);
    }
    page_end();
    destroy_surfaces();
    primary_create(SPICE_SURFACE_FMT_32_xRGB, opt.width, opt.height);
    page_begin("destroy-all");
    surface_create(1, SPICE_SURFACE_FMT_32_xRGB, 30, 20);
    draw_on(1);
    emit(draw_fill((Box){ 3, 3, 20, 10 }, solid(0xff8800), SPICE_ROPD_OP_PUT));
    draw_on(0);
    Cmd *c = draw_copy(cell(30, 20), SPICE_ROPD_OP_PUT);
    c->u.draw.u.copy.src_bitmap = from_surface(c, 1, 30, 20);
    emit(c);
    page_end();
}

static void monitors(void)
{
    page_begin("monitors");
    int w = opt.width / 2;
    const QXLHead heads[] = {
        { .id = 0, .width = (uint32_t)w, .height = (uint32_t)opt.height },
        { .id = 1, .width = (uint32_t)(opt.width - w), .height = (uint32_t)opt.height - 20, .x = (uint32_t)w, .y = 20 },
    };
    monitors_config(heads, 2, 4);
    emit(draw_fill((Box){ w - 10, 10, 20, 40 }, solid(0xffffff), SPICE_ROPD_OP_PUT));
    monitors_config(heads + 1, 1, 4);
    monitors_config(heads, 1, 0);
    page_end();
}

/* The same and nearly the same pictures on both: with GLZ, each display refers to what the other one was sent. */
static void two_displays(void)
{
    for (int round = 0; round < 6; round++)
        for (int d = 0; d < 2; d++) {
            use_display(d);
            for (int i = 0; i < 3; i++) {
                Cmd *c = draw_copy((Box){ 10 + i * 140, 10 + round * 50, 128, 45 }, SPICE_ROPD_OP_PUT);
                c->u.draw.u.copy.src_bitmap = painted(c, 128, 45, SPICE_BITMAP_FMT_32BIT, i == 0 ? TEXT : GRADIENT, (uint32_t)(round / 2 + i), TOP_DOWN);
                emit(c);
            }
            /* One cache for both: the second display is told to wait until the first has its picture. */
            Cmd *c = draw_copy((Box){ 430, 10 + round * 50, 48, 45 }, SPICE_ROPD_OP_PUT);
            c->u.draw.u.copy.src_bitmap = painted(c, 48, 45, SPICE_BITMAP_FMT_32BIT, GRADIENT, (uint32_t)round, TOP_DOWN | CACHED);
            emit(c);
        }
    for (int d = 0; d < 2; d++) {
        use_display(d);
        oracle(0, "two-displays");
    }
}

const Scene surface_scenes[] = {
    { "surfaces", surfaces }, { "primary", primary }, { "destroy-all", destroy_all }, { "monitors", monitors }, { "two-displays", two_displays }, { NULL, NULL },
};
