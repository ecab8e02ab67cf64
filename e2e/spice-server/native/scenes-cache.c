/* Why: what a client must remember: pictures and palettes sent once and named later, forgotten one by one or all at once,
 * and replaced by lossless ones; GLZ's window over many images. */
#include "draw.h"
#include "rops.h"
#include "scenes.h"

static void cached(Box b, int format, enum Content content, uint32_t id, unsigned how, uint16_t rop)
{
    Cmd *c = draw_copy(b, rop);
    c->u.draw.u.copy.src_bitmap = painted(c, b.w, b.h, format, content, id, how | CACHED);
    emit(c);
}

static void cache(void)
{
    page_begin("cache");
    for (int round = 0; round < 3; round++) {
        for (uint32_t f = 0; f < FORMATS; f++) cached(cell(48, 30), formats[f], GRADIENT, f, f % 2 ? TOP_DOWN : 0, SPICE_ROPD_OP_PUT);
        if (round == 1) reset_image_cache();
    }
    /* A hit in a brush, in a mask's neighbour, scaled, clipped. */
    for (uint32_t f = 0; f < FORMATS; f++) {
        Box b = cell(48, 30);
        Cmd *c = draw_fill(b, no_brush(), SPICE_ROPD_OP_PUT);
        c->u.draw.u.fill.brush = pattern(painted(c, 48, 30, formats[f], GRADIENT, f, (f % 2 ? TOP_DOWN : 0) | CACHED), b.x + 7, b.y);
        emit(c);
        b = cell(40, 40);
        c = draw_copy(b, SPICE_ROPD_OP_PUT);
        c->u.draw.u.copy.src_area = rect((Box){ 5, 5, 20, 20 });
        c->u.draw.u.copy.src_bitmap = painted(c, 48, 30, formats[f], GRADIENT, f, (f % 2 ? TOP_DOWN : 0) | CACHED);
        const Box parts[] = { { b.x + 2, b.y + 2, 20, 30 }, { b.x + 25, b.y + 9, 12, 12 } };
        if (f % 2) clip(c, parts, 2);
        emit(c);
    }
    page_end();
}

/* More pixels than a small cache holds (record with --pixmap-cache 40000): the server names what to forget. */
static void cache_full(void)
{
    page_begin("cache-full");
    for (int round = 0; round < 3; round++)
        for (uint32_t i = 0; i < 24; i++) cached(cell(50, 40), SPICE_BITMAP_FMT_32BIT, GRADIENT, i * (uint32_t)(round + 1) % 24, TOP_DOWN, SPICE_ROPD_OP_PUT);
    page_end();
}

/* Photos go as JPEG where that is on; an OPAQUE that mixes its source with a brush wants exact pixels, so that the server
 * sends the picture again without loss, and from then on by its lossless name. */
static void cache_lossy(void)
{
    page_begin("cache-lossy");
    for (int round = 0; round < 4; round++)
        for (uint32_t i = 0; i < 4; i++) {
            Box b = cell(72, 48);
            int format = i % 2 ? SPICE_BITMAP_FMT_RGBA : SPICE_BITMAP_FMT_32BIT;
            if (round % 2 == 0) {
                cached(b, format, PHOTO, i, TOP_DOWN, SPICE_ROPD_OP_PUT);
                continue;
            }
            Cmd *c = draw_new(QXL_DRAW_OPAQUE, b);
            c->u.draw.u.opaque = (QXLOpaque){ .src_bitmap = painted(c, b.w, b.h, format, PHOTO, i, TOP_DOWN | CACHED),
                .src_area = rect((Box){ 0, 0, b.w, b.h }), .brush = solid(0x8040ff), .rop_descriptor = SPICE_ROPD_OP_XOR };
            emit(c);
        }
    page_end();
    /* Over lossy pixels: the server repeats them without loss where a draw depends on them. */
    Cmd *c = draw_new(QXL_COPY_BITS, (Box){ 20, 20, 200, 100 });
    c->u.draw.u.copy_bits.src_pos = (QXLPoint){ .x = 4, .y = 4 };
    emit(c);
    emit(draw_fill((Box){ 30, 30, 60, 60 }, solid(0xffffff), SPICE_ROPD_OP_XOR));
    page_end();
}

static void palettes(void)
{
    page_begin("palettes");
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < 150; i++) {
            Box b = cell(16, 9);
            Cmd *c = draw_copy(b, SPICE_ROPD_OP_PUT);
            c->u.draw.u.copy.src_bitmap = painted(c, b.w, b.h, formats[4 + i % 3], GRADIENT, round ? 149 - i % 75 : i, TOP_DOWN | PALETTE_CACHED);
            emit(c);
        }
    page_end();
}

/* Images that repeat parts of earlier ones, as windows that are drawn again do; enough of them that a small window
 * (record with --glz-window 65536) has to let go of some. */
static void glz_window(void)
{
    page_begin("glz-window");
    Pic all = pic_new(400, 300);
    paint(&all, TEXT, 1, false);
    for (int i = 0; i < 48; i++) {
        Pic part = pic_new(64 + i % 5 * 11, 30 + i % 7 * 4);
        int x = random_below(all.w - part.w), y = random_below(all.h - part.h);
        for (int j = 0; j < part.h; j++)
            for (int k = 0; k < part.w; k++) part.px[j * part.w + k] = all.px[(y + j) * all.w + x + k] ^ (uint32_t)(i % 11 == 3 ? 0x101010 : 0);
        Cmd *c = draw_copy(cell(part.w, part.h), SPICE_ROPD_OP_PUT);
        static const int rgb[] = { SPICE_BITMAP_FMT_32BIT, SPICE_BITMAP_FMT_32BIT, SPICE_BITMAP_FMT_RGBA, SPICE_BITMAP_FMT_24BIT, SPICE_BITMAP_FMT_16BIT };
        c->u.draw.u.copy.src_bitmap = image(c, &part, rgb[i % 5], i % 3 ? TOP_DOWN : 0, 0);
        emit(c);
        pic_free(&part);
    }
    pic_free(&all);
    page_end();
}

const Scene cache_scenes[] = {
    { "cache", cache }, { "cache-full", cache_full }, { "cache-lossy", cache_lossy }, { "palettes", palettes }, { "glz-window", glz_window },
    { NULL, NULL },
};
