/* Why: COPY in all it can be: every source format and content, ROP descriptor, scale, mask, sub-rectangle. */
#include "draw.h"
#include "rops.h"
#include "scenes.h"

const int formats[] = { SPICE_BITMAP_FMT_32BIT, SPICE_BITMAP_FMT_RGBA, SPICE_BITMAP_FMT_24BIT, SPICE_BITMAP_FMT_16BIT,
                        SPICE_BITMAP_FMT_8BIT, SPICE_BITMAP_FMT_4BIT_BE, SPICE_BITMAP_FMT_1BIT_BE };

/* LZ and GLZ take only rows without padding, so most widths fill whole words in every format; gradients have padding. */
static void copy(void)
{
    page_begin("copy");
    for (size_t f = 0; f < FORMATS; f++)
        for (int content = PHOTO; content < CONTENTS; content++) {
            if (content == NOISE && f % 4 != 0) continue; /* it makes recordings large and shows little else */
            Box b = cell(content == GRADIENT ? 61 : 64, 27);
            Cmd *c = draw_copy(b, SPICE_ROPD_OP_PUT);
            unsigned how = (content + (int)f) % 2 ? TOP_DOWN : 0;
            if (content == TEXT) how |= CHUNKED;
            if (content == GRADIENT) how |= PADDED;
            c->u.draw.u.copy.src_bitmap = painted(c, b.w, b.h, formats[f], (enum Content)content, (uint32_t)f, how);
            opaque(c);
            emit(c);
        }
    page_end();
}

/* Sizes at the edges of what codecs treat as special, in both orders. */
static void copy_sizes(void)
{
    static const int sizes[][2] = { { 1, 1 }, { 1, 40 }, { 40, 1 }, { 2, 3 }, { 7, 9 }, { 8, 8 }, { 15, 17 }, { 16, 16 },
                                    { 31, 33 }, { 64, 4 }, { 129, 65 } };
    page_begin("copy-sizes");
    for (size_t f = 0; f < FORMATS; f++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            for (unsigned how = 0; how <= TOP_DOWN; how += TOP_DOWN) {
                if (s == 10 && f > 1) continue;
                Box b = cell(sizes[s][0], sizes[s][1]);
                Cmd *c = draw_copy(b, SPICE_ROPD_OP_PUT);
                c->u.draw.u.copy.src_bitmap = painted(c, b.w, b.h, formats[f], s == 10 ? GRADIENT : s % 2 ? PHOTO : s % 3 ? TEXT : GRADIENT, (uint32_t)s, how);
                emit(c);
            }
    page_end();
}

static void copy_large(void)
{
    for (size_t f = 0; f < 4; f++)
        for (int content = PHOTO; content <= GRADIENT; content++) {
            if (content == TEXT && formats[f] == SPICE_BITMAP_FMT_24BIT) continue; /* the server takes it for a photo: much is lost */
            page_begin("copy-large");
            Box b = { 13, 9, opt.width - 30, opt.height - 25 };
            Cmd *c = draw_copy(b, SPICE_ROPD_OP_PUT);
            c->u.draw.u.copy.src_bitmap = painted(c, b.w, b.h, formats[f], (enum Content)content, 5, content % 2 ? TOP_DOWN : 0);
            opaque(c);
            emit(c);
            page_end();
        }
}

static void copy_rop(void)
{
    page_begin("copy-rop");
    for (size_t r = 0; r < ROPS; r++)
        for (int f = 0; f < 2; f++) {
            Box b = cell(37, 23);
            Cmd *c = draw_copy(b, rops[r]);
            c->u.draw.u.copy.src_bitmap = painted(c, b.w, b.h, f ? SPICE_BITMAP_FMT_16BIT : SPICE_BITMAP_FMT_32BIT, f ? TEXT : PHOTO, 3, TOP_DOWN);
            emit(c);
        }
    page_end();
}

static void copy_scale(void)
{
    static const Box areas[] = { { 0, 0, 40, 30 }, { 5, 7, 20, 11 }, { 3, 2, 33, 27 }, { 10, 10, 1, 1 }, { 0, 0, 13, 30 }, { 39, 29, 1, 1 } };
    static const int targets[][2] = { { 40, 30 }, { 80, 60 }, { 20, 15 }, { 61, 17 }, { 13, 47 } };
    page_begin("copy-scale");
    for (int mode = SPICE_IMAGE_SCALE_MODE_INTERPOLATE; mode <= SPICE_IMAGE_SCALE_MODE_NEAREST; mode++)
        for (size_t f = 0; f < FORMATS; f += 1)
            for (size_t a = 0; a < sizeof areas / sizeof *areas; a++) {
                const int *t = targets[(a + f) % 5];
                Box b = cell(t[0], t[1]);
                Cmd *c = draw_copy(b, SPICE_ROPD_OP_PUT);
                c->u.draw.u.copy.scale_mode = (uint8_t)mode;
                c->u.draw.u.copy.src_area = rect(areas[a]);
                c->u.draw.u.copy.src_bitmap = painted(c, 40, 30, formats[f], f % 2 ? PHOTO : GRADIENT, (uint32_t)a, a % 2 ? TOP_DOWN : 0);
                emit(c);
            }
    page_end();
}

static void copy_scale_rop(void)
{
    page_begin("copy-scale-rop");
    for (int mode = SPICE_IMAGE_SCALE_MODE_INTERPOLATE; mode <= SPICE_IMAGE_SCALE_MODE_NEAREST; mode++)
        for (size_t r = 0; r < ROPS; r += 3) {
            Box b = cell(47, 33);
            Cmd *c = draw_copy(b, rops[r]);
            c->u.draw.u.copy.scale_mode = (uint8_t)mode;
            c->u.draw.u.copy.src_area = rect((Box){ 2, 1, 21, 27 });
            c->u.draw.u.copy.src_bitmap = painted(c, 30, 30, SPICE_BITMAP_FMT_32BIT, PHOTO, 4, TOP_DOWN);
            if (r % 2) c->u.draw.u.copy.mask = mask(mask_image(c, 47, 33, SPICE_BITMAP_FMT_1BIT_BE, 1, 0), 0, 0, false);
            emit(c);
        }
    page_end();
}

static void copy_mask(void)
{
    page_begin("copy-mask");
    for (size_t f = 0; f < FORMATS; f++)
        for (unsigned variant = f % 2; variant < 8; variant += f < 2 ? 1 : 2) {
            Box b = cell(53, 37);
            Cmd *c = draw_copy(b, variant & 4 ? SPICE_ROPD_OP_XOR : SPICE_ROPD_OP_PUT);
            int shift = variant & 1 ? 9 : 0;
            c->u.draw.u.copy.src_bitmap = painted(c, b.w, b.h, formats[f], GRADIENT, variant, TOP_DOWN);
            c->u.draw.u.copy.mask = mask(mask_image(c, b.w + shift, b.h + shift, SPICE_BITMAP_FMT_1BIT_BE, variant, variant & 2 ? TOP_DOWN : 0),
                                         shift, shift / 2, (variant & 2) != 0);
            emit(c);
        }
    page_end();
}

/* Boxes up to the surface's edges, from the middle of a larger source. (The server refuses a box that reaches over an edge.) */
static void copy_edges(void)
{
    page_begin("copy-edges");
    const Box boxes[] = { { 0, 0, 60, 40 }, { opt.width - 60, 0, 60, 40 }, { 0, opt.height - 40, 60, 40 }, { opt.width - 60, opt.height - 40, 60, 40 },
                          { opt.width / 2, opt.height - 1, 60, 1 }, { opt.width - 1, 100, 1, 40 }, { 0, 150, 1, 1 } };
    for (size_t i = 0; i < FORMATS; i++) {
        Cmd *c = draw_copy(boxes[i], SPICE_ROPD_OP_PUT);
        c->u.draw.u.copy.src_area = rect((Box){ 11, 5, boxes[i].w, boxes[i].h });
        c->u.draw.u.copy.src_bitmap = painted(c, 90, 70, formats[i], GRADIENT, (uint32_t)i, 0);
        emit(c);
    }
    page_end();
}

const Scene copy_scenes[] = {
    { "copy", copy }, { "copy-sizes", copy_sizes }, { "copy-large", copy_large }, { "copy-rop", copy_rop },
    { "copy-scale", copy_scale }, { "copy-scale-rop", copy_scale_rop }, { "copy-mask", copy_mask }, { "copy-edges", copy_edges },
    { NULL, NULL },
};
