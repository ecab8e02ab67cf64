/* Why: the other draws with a source image: OPAQUE, BLEND, TRANSPARENT, ALPHA_BLEND, ROP3, and those without: BLACKNESS,
 * WHITENESS, INVERS; with brush, mask, scale and every ROP they take. */
#include "draw.h"
#include "rops.h"
#include "scenes.h"

static QXLBrush brush_of(Cmd *c, size_t which, Box b)
{
    switch (which % 3) {
    case 0: return solid(0x4080c0);
    case 1: return pattern(painted(c, 8, 8, SPICE_BITMAP_FMT_32BIT, PHOTO, 7, TOP_DOWN), b.x + 3, b.y + 1);
    default: return pattern(painted(c, 11, 5, SPICE_BITMAP_FMT_16BIT, GRADIENT, 8, 0), 0, 0);
    }
}

/* The ROP of OPAQUE is between source and brush; the result replaces what is there. */
static void opaque_draws(void)
{
    page_begin("opaque");
    for (size_t r = 0; r < ROPS; r++)
        for (int kind = 0; kind < 3; kind++) {
            Box b = cell(40, 24);
            Cmd *c = draw_new(QXL_DRAW_OPAQUE, b);
            QXLOpaque *o = &c->u.draw.u.opaque;
            bool scaled = kind == 1;
            o->src_area = rect(scaled ? (Box){ 3, 2, 17, 13 } : (Box){ 0, 0, b.w, b.h });
            o->src_bitmap = painted(c, b.w, b.h, formats[r % FORMATS], GRADIENT, (uint32_t)r, r % 2 ? TOP_DOWN : 0);
            o->brush = brush_of(c, r + (size_t)kind, b);
            o->rop_descriptor = rops[r];
            o->scale_mode = r % 2 ? SPICE_IMAGE_SCALE_MODE_NEAREST : SPICE_IMAGE_SCALE_MODE_INTERPOLATE;
            if (kind == 2) o->mask = mask(mask_image(c, b.w, b.h, SPICE_BITMAP_FMT_1BIT_BE, (uint32_t)r, TOP_DOWN), 0, 0, r % 2 == 0);
            emit(c);
        }
    page_end();
}

static void blend(void)
{
    page_begin("blend");
    for (size_t r = 0; r < ROPS; r++)
        for (int kind = 0; kind < 3; kind++) {
            Box b = cell(40, 24);
            Cmd *c = draw_new(QXL_DRAW_BLEND, b);
            QXLBlend *o = &c->u.draw.u.blend;
            o->src_area = rect(kind == 1 ? (Box){ 1, 4, 31, 9 } : (Box){ 0, 0, b.w, b.h });
            o->src_bitmap = painted(c, b.w, b.h, formats[r % FORMATS], GRADIENT, (uint32_t)r, r % 2 ? TOP_DOWN : 0);
            o->rop_descriptor = rops[r];
            o->scale_mode = r % 2 ? SPICE_IMAGE_SCALE_MODE_NEAREST : SPICE_IMAGE_SCALE_MODE_INTERPOLATE;
            if (kind == 2) o->mask = mask(mask_image(c, b.w, b.h, SPICE_BITMAP_FMT_1BIT_BE, (uint32_t)r, 0), 0, 0, r % 2 == 1);
            emit(c);
        }
    page_end();
}

static void plain(void)
{
    static const int types[] = { QXL_DRAW_BLACKNESS, QXL_DRAW_WHITENESS, QXL_DRAW_INVERS };
    page_begin("plain");
    for (int t = 0; t < 3; t++)
        for (unsigned kind = 0; kind < 6; kind++) {
            Box b = cell(50, 30);
            Cmd *c = draw_new(types[t], b);
            if (kind > 0) /* the three structures are one: a mask */
                c->u.draw.u.blackness.mask = mask(mask_image(c, b.w + 9, b.h + 9, SPICE_BITMAP_FMT_1BIT_BE, kind, kind & 1 ? TOP_DOWN : 0),
                                                  kind > 3 ? 7 : 0, kind > 3 ? 4 : 0, kind % 3 == 0);
            emit(c);
        }
    page_end();
}

static void transparent(void)
{
    page_begin("transparent");
    for (size_t f = 0; f < FORMATS; f++)
        for (int kind = 0; kind < 4; kind++) {
            Box b = cell(52, 36);
            Cmd *c = draw_new(QXL_DRAW_TRANSPARENT, b);
            QXLTransparent *t = &c->u.draw.u.transparent;
            t->src_area = rect(kind == 1 ? (Box){ 4, 4, 20, 30 } : (Box){ 0, 0, b.w, b.h });
            t->src_bitmap = painted(c, b.w, b.h, formats[f], TEXT, (uint32_t)f, kind % 2 ? TOP_DOWN : 0);
            t->src_color = t->true_color = kind == 2 ? 0x202020 : kind == 3 ? 0xff00ff : 0xffffff;
            emit(c);
        }
    page_end();
}

static void alpha_blend(void)
{
    static const uint8_t alphas[] = { 0, 1, 64, 127, 128, 200, 254, 255 };
    page_begin("alpha-blend");
    for (size_t f = 0; f < FORMATS; f++)
        for (size_t a = 0; a < sizeof alphas; a++) {
            Box b = cell(46, 28);
            Cmd *c = draw_new(QXL_DRAW_ALPHA_BLEND, b);
            QXLAlphaBlend *o = &c->u.draw.u.alpha_blend;
            o->alpha = alphas[a];
            o->src_area = rect(a % 3 == 1 ? (Box){ 5, 3, 19, 21 } : (Box){ 0, 0, b.w, b.h });
            o->src_bitmap = painted(c, b.w, b.h, formats[f], GRADIENT, (uint32_t)a, a % 2 ? TOP_DOWN : 0);
            emit(c);
        }
    page_end();
}

/* On a surface with alpha, and from one: the two flags. */
static void alpha_surfaces(void)
{
    page_begin("alpha-surfaces");
    for (uint32_t id = 1; id <= 2; id++) {
        surface_create(id, id == 1 ? SPICE_SURFACE_FMT_32_ARGB : SPICE_SURFACE_FMT_32_xRGB, 100, 80);
        draw_on(id);
        Cmd *first = draw_copy((Box){ 0, 0, 100, 80 }, SPICE_ROPD_OP_PUT);
        first->u.draw.u.copy.src_bitmap = painted(first, 100, 80, SPICE_BITMAP_FMT_RGBA, GRADIENT, 1, TOP_DOWN);
        emit(first);
        for (int flags = 0; flags < 4; flags++)
            for (int alpha = 0; alpha < 3; alpha++) {
                Cmd *c = draw_new(QXL_DRAW_ALPHA_BLEND, (Box){ 4 + flags * 24, 4 + alpha * 24, 20, 20 });
                QXLAlphaBlend *o = &c->u.draw.u.alpha_blend;
                o->alpha_flags = (uint16_t)(flags & SPICE_ALPHA_FLAGS_DEST_HAS_ALPHA);
                o->alpha = alpha == 0 ? 255 : alpha == 1 ? 100 : 0;
                o->src_area = rect((Box){ 0, 0, 20, 20 });
                o->src_bitmap = painted(c, 20, 20, flags & 2 ? SPICE_BITMAP_FMT_RGBA : SPICE_BITMAP_FMT_32BIT, GRADIENT, 4, TOP_DOWN);
                emit(c);
            }
        draw_on(0);
    }
    for (int flags = 0; flags < 4; flags++)
        for (uint32_t id = 1; id <= 2; id++) {
            if (id == 2 && flags & SPICE_ALPHA_FLAGS_SRC_SURFACE_HAS_ALPHA) continue; /* it has none */
            Cmd *c = draw_new(QXL_DRAW_ALPHA_BLEND, cell(100, 80));
            QXLAlphaBlend *o = &c->u.draw.u.alpha_blend;
            o->alpha_flags = (uint16_t)flags;
            o->alpha = flags == 3 ? 160 : 255;
            o->src_area = rect((Box){ 0, 0, 100, 80 });
            o->src_bitmap = from_surface(c, id, 100, 80);
            emit(c);
        }
    oracle(1, "alpha-surfaces");
    oracle(2, "alpha-surfaces");
    page_end();
}

/* Every code that the server renders, with solid and pattern brushes in turn, some scaled, some masked. --argument: that
 * code alone, whatever the server makes of it. */
static void rop3(void)
{
    page_begin("rop3");
    for (unsigned code = 0; code < 256; code++) {
        if (opt.argument < 0 ? !rop3_rendered(code) : code != (unsigned)opt.argument) continue;
        Box b = cell(20, 14);
        Cmd *c = draw_new(QXL_DRAW_ROP3, b);
        QXLRop3 *o = &c->u.draw.u.rop3;
        o->src_area = rect(code % 5 == 3 ? (Box){ 1, 2, 12, 9 } : (Box){ 0, 0, b.w, b.h });
        o->src_bitmap = painted(c, b.w, b.h, formats[code % FORMATS], GRADIENT, code, code % 2 ? TOP_DOWN : 0);
        /* A pattern's origin beyond the box makes the server read in front of the pattern. */
        o->brush = brush_of(c, code % 3, (Box){ b.x - 6, b.y - 4, b.w, b.h });
        o->rop3 = (uint8_t)code;
        o->scale_mode = code % 2 ? SPICE_IMAGE_SCALE_MODE_NEAREST : SPICE_IMAGE_SCALE_MODE_INTERPOLATE;
        if (code % 7 == 2) o->mask = mask(mask_image(c, b.w, b.h, SPICE_BITMAP_FMT_1BIT_BE, code, TOP_DOWN), 0, 0, code % 4 == 0);
        emit(c);
    }
    page_end();
}

const Scene draw_scenes[] = {
    { "opaque", opaque_draws }, { "blend", blend }, { "plain", plain }, { "transparent", transparent },
    { "alpha-blend", alpha_blend }, { "alpha-surfaces", alpha_surfaces }, { "rop3", rop3 }, { NULL, NULL },
};
