/* Why: COMPOSITE: operators, filters, repeats, transforms, masks with and without component alpha, and which of the three
 * pictures has alpha. Only a client that says it knows COMPOSITE is sent any of these. */
#include "draw.h"
#include "scenes.h"

enum { FILTER_NEAREST = 0, FILTER_BILINEAR = 1 };

static const uint8_t operators[] = {
    QXL_OP_CLEAR, QXL_OP_SOURCE, QXL_OP_DST, QXL_OP_OVER, QXL_OP_OVER_REVERSE, QXL_OP_IN, QXL_OP_IN_REVERSE, QXL_OP_OUT,
    QXL_OP_OUT_REVERSE, QXL_OP_ATOP, QXL_OP_ATOP_REVERSE, QXL_OP_XOR, QXL_OP_ADD, QXL_OP_SATURATE, QXL_OP_MULTIPLY,
    QXL_OP_SCREEN, QXL_OP_OVERLAY, QXL_OP_DARKEN, QXL_OP_LIGHTEN, QXL_OP_COLOR_DODGE, QXL_OP_COLOR_BURN, QXL_OP_HARD_LIGHT,
    QXL_OP_SOFT_LIGHT, QXL_OP_DIFFERENCE, QXL_OP_EXCLUSION, QXL_OP_HSL_HUE, QXL_OP_HSL_SATURATION, QXL_OP_HSL_COLOR,
    QXL_OP_HSL_LUMINOSITY,
};

static Cmd *composite(Box b, uint8_t operator, int format)
{
    Cmd *c = draw_new(QXL_DRAW_COMPOSITE, b);
    c->u.draw.u.composite.flags = operator;
    c->u.draw.u.composite.src = painted(c, b.w, b.h, format, GRADIENT, operator, TOP_DOWN);
    return c;
}

static QXLPHYSICAL transform(Cmd *c, int t00, int t01, int t02, int t10, int t11, int t12)
{
    QXLTransform *t = cmd_alloc(c, sizeof *t); /* 16.16 fixed point */
    *t = (QXLTransform){ (uint32_t)t00, (uint32_t)t01, (uint32_t)t02, (uint32_t)t10, (uint32_t)t11, (uint32_t)t12 };
    return (uintptr_t)t;
}

static void operators_page(const char *label)
{
    page_begin(label);
    for (size_t i = 0; i < sizeof operators; i++)
        for (int kind = 0; kind < 3; kind++) {
            Box b = cell(40, 26);
            Cmd *c = composite(b, operators[i], kind == 1 ? SPICE_BITMAP_FMT_32BIT : SPICE_BITMAP_FMT_RGBA);
            if (kind == 2) c->u.draw.u.composite.mask = painted(c, b.w, b.h, SPICE_BITMAP_FMT_8BIT_A, GRADIENT, 2, TOP_DOWN);
            emit(c);
        }
    page_end();
}

static void composite_operators(void) { operators_page("composite-operators"); }

/* The same on a surface with alpha. */
static void composite_alpha(void)
{
    page_begin("composite-alpha");
    surface_create(1, SPICE_SURFACE_FMT_32_ARGB, 460, 280);
    draw_on(1);
    Cmd *back = draw_copy((Box){ 0, 0, 460, 280 }, SPICE_ROPD_OP_PUT);
    back->u.draw.u.copy.src_bitmap = painted(back, 460, 280, SPICE_BITMAP_FMT_RGBA, SOFT, 1, TOP_DOWN);
    emit(back);
    for (int i = 0; i < (int)sizeof operators; i++)
        for (int kind = 0; kind < 3; kind++) {
            Box b = { 4 + (i % 10) * 45, 4 + (i / 10) * 90 + kind * 29, 41, 26 };
            Cmd *c = composite(b, operators[i], kind == 1 ? SPICE_BITMAP_FMT_32BIT : SPICE_BITMAP_FMT_RGBA);
            if (kind == 2) c->u.draw.u.composite.mask = painted(c, b.w, b.h, SPICE_BITMAP_FMT_8BIT_A, GRADIENT, 2, TOP_DOWN);
            emit(c);
        }
    draw_on(0);
    oracle(1, "composite-alpha");
    page_end();
}

static void composite_geometry(void)
{
    page_begin("composite-geometry");
    for (int filter = FILTER_NEAREST; filter <= FILTER_BILINEAR; filter++)
        for (int repeat = 0; repeat < 4; repeat++)
            for (int shape = 0; shape < 6; shape++) {
                Box b = cell(52, 34);
                Cmd *c = draw_new(QXL_DRAW_COMPOSITE, b);
                QXLComposite *o = &c->u.draw.u.composite;
                o->flags = (uint32_t)(QXL_OP_OVER | filter << 8 | filter << 11 | repeat << 14 | repeat << 16);
                o->src = painted(c, 24, 20, SPICE_BITMAP_FMT_RGBA, TEXT, (uint32_t)shape, TOP_DOWN);
                o->src_origin = (QXLPoint16){ .x = (int16_t)(shape % 3 * 3 - 2), .y = (int16_t)(shape % 2 * 5) };
                if (shape == 1) o->src_transform = transform(c, 0x8000, 0, 0, 0, 0x8000, 0);
                if (shape == 2) o->src_transform = transform(c, 0x18000, 0, 0x4000, 0, 0x20000, -0x8000);
                if (shape == 3) o->src_transform = transform(c, 0xb505, 0xb505, 0, -0xb505, 0xb505, 0x80000);
                if (shape >= 4) {
                    o->mask = painted(c, 30, 22, SPICE_BITMAP_FMT_8BIT_A, GRADIENT, 1, TOP_DOWN);
                    o->mask_origin = (QXLPoint16){ .x = 3, .y = -2 };
                    if (shape == 5) o->mask_transform = transform(c, 0xc000, 0, 0, 0, 0xc000, 0);
                }
                emit(c);
            }
    page_end();
}

/* Component alpha: the mask's colours weigh the source's, channel by channel. Clipped ones; surfaces as pictures. */
static void composite_masks(void)
{
    page_begin("composite-masks");
    surface_create(1, SPICE_SURFACE_FMT_8_A, 52, 30);
    surface_create(2, SPICE_SURFACE_FMT_32_ARGB, 50, 30);
    draw_on(2);
    Cmd *fill = draw_copy((Box){ 0, 0, 50, 30 }, SPICE_ROPD_OP_PUT);
    fill->u.draw.u.copy.src_bitmap = painted(fill, 50, 30, SPICE_BITMAP_FMT_RGBA, GRADIENT, 2, TOP_DOWN);
    emit(fill);
    draw_on(1);
    Cmd *cover = draw_new(QXL_DRAW_COMPOSITE, (Box){ 0, 0, 52, 30 }); /* rows without padding: LZ takes them */
    cover->u.draw.u.composite.flags = QXL_OP_SOURCE;
    cover->u.draw.u.composite.src = painted(cover, 52, 30, SPICE_BITMAP_FMT_8BIT_A, GRADIENT, 2, TOP_DOWN);
    emit(cover);
    draw_on(0);
    for (int kind = 0; kind < 20; kind++) {
        Box b = cell(50, 30);
        Cmd *c = composite(b, kind % 2 ? QXL_OP_OVER : QXL_OP_IN_REVERSE, SPICE_BITMAP_FMT_RGBA);
        QXLComposite *o = &c->u.draw.u.composite;
        if (kind / 2 % 5 == 0) o->mask = painted(c, b.w, b.h, SPICE_BITMAP_FMT_RGBA, GRADIENT, 3, TOP_DOWN);
        if (kind / 2 % 5 == 1) o->mask = from_surface(c, 1, 52, 30);
        if (kind / 2 % 5 == 2) o->src = from_surface(c, 2, 50, 30);
        if (kind / 2 % 5 == 3) o->mask = from_surface(c, 2, 50, 30);
        if (kind / 2 % 5 == 4) {
            const Box parts[] = { { b.x + 2, b.y + 2, 20, 10 }, { b.x + 20, b.y + 8, 25, 20 } };
            clip(c, parts, 2);
        }
        if (kind >= 10 && o->mask) o->flags |= SPICE_COMPOSITE_COMPONENT_ALPHA;
        emit(c);
    }
    oracle(1, "composite-masks");
    oracle(2, "composite-masks");
    page_end();
}

const Scene composite_scenes[] = {
    { "composite-operators", composite_operators }, { "composite-alpha", composite_alpha },
    { "composite-geometry", composite_geometry }, { "composite-masks", composite_masks }, { NULL, NULL },
};
