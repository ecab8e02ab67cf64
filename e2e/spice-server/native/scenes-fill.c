/* Why: FILL and the draws without a picture of their own, with every ROP, brush and mask. */
#include "draw.h"
#include "rops.h"
#include "scenes.h"

static void fill_rop(void)
{
    page_begin("fill-rop");
    for (size_t r = 0; r < ROPS; r++) {
        emit(draw_fill(cell(37, 23), solid(0x3c96e1), rops[r]));
        emit(draw_fill(cell(37, 23), solid(0xffffff), rops[r]));
    }
    page_end();
}

static void fill_pattern(void)
{
    page_begin("fill-pattern");
    for (size_t r = 0; r < ROPS; r++) {
        Box b = cell(41, 29);
        Cmd *c = draw_fill(b, no_brush(), rops[r]);
        int pw = 8 + (int)r % 3 * 5, ph = 8 + (int)r % 4;
        c->u.draw.u.fill.brush = pattern(painted(c, pw, ph, formats[r % FORMATS], r % 2 ? PHOTO : TEXT, (uint32_t)r, r % 2 ? TOP_DOWN : 0),
                                         b.x + (int)r % 5 - 2, b.y - (int)r % 3);
        emit(c);
    }
    page_end();
}

static void fill_mask(void)
{
    page_begin("fill-mask");
    for (size_t r = 0; r < ROPS; r++)
        for (unsigned variant = 0; variant < 2; variant++) {
            Box b = cell(45, 31);
            Cmd *c = draw_fill(b, solid(0xc83232), rops[r]);
            if (variant) c->u.draw.u.fill.brush = pattern(painted(c, 9, 7, SPICE_BITMAP_FMT_32BIT, PHOTO, 2, TOP_DOWN), 3, 5);
            c->u.draw.u.fill.mask = mask(mask_image(c, b.w + 8, b.h + 8, SPICE_BITMAP_FMT_1BIT_BE, variant, r % 2 ? TOP_DOWN : 0), (int)r % 8, 3, r % 3 == 0);
            emit(c);
        }
    page_end();
}

/* Masks with the first pixel in the lowest bit. (As a picture the server's renderer aborts at them.) */
static void mask_le(void)
{
    page_begin("mask-le");
    for (int kind = 0; kind < 8; kind++) {
        Box b = cell(45, 31);
        Cmd *c = draw_fill(b, solid(0x20a060), kind % 2 ? SPICE_ROPD_OP_XOR : SPICE_ROPD_OP_PUT);
        c->u.draw.u.fill.mask = mask(mask_image(c, b.w + 8, b.h + 8, SPICE_BITMAP_FMT_1BIT_LE, (uint32_t)kind, kind & 2 ? TOP_DOWN : 0), kind, 3, kind > 3);
        emit(c);
    }
    page_end();
}

const Scene fill_scenes[] = {
    { "fill-rop", fill_rop }, { "fill-pattern", fill_pattern }, { "fill-mask", fill_mask }, { "mask-le", mask_le }, { NULL, NULL },
};
