/* Why: every draw under every kind of clip, and COPY_BITS over itself in every direction. */
#include "draw.h"
#include "rops.h"
#include "scenes.h"
#include <stdlib.h>

enum { COPY_MARGIN = 6 };

/* A plain case of each draw; `any_stroke` and `any_text` are in scenes-lines.c. */
static Cmd *any_draw(int type, Box b)
{
    Cmd *c;
    if (type == QXL_DRAW_STROKE) return any_stroke(b);
    if (type == QXL_DRAW_TEXT) return any_text(b);
    if (type == QXL_DRAW_FILL) return draw_fill(b, solid(0x70b020), SPICE_ROPD_OP_XOR);
    c = draw_new(type, b);
    QXLRect area = rect((Box){ 0, 0, b.w, b.h });
    QXLPHYSICAL source = painted(c, b.w, b.h, type == QXL_DRAW_COMPOSITE || type == QXL_DRAW_ALPHA_BLEND ? SPICE_BITMAP_FMT_RGBA : SPICE_BITMAP_FMT_32BIT,
                                 type == QXL_DRAW_TRANSPARENT ? TEXT : GRADIENT, 3, TOP_DOWN);
    switch (type) {
    case QXL_DRAW_COPY:
    case QXL_DRAW_BLEND: c->u.draw.u.copy = (QXLCopy){ .src_bitmap = source, .src_area = area, .rop_descriptor = SPICE_ROPD_OP_PUT }; break;
    case QXL_DRAW_OPAQUE:
        c->u.draw.u.opaque = (QXLOpaque){ .src_bitmap = source, .src_area = area, .brush = solid(0x3366ff), .rop_descriptor = SPICE_ROPD_OP_AND };
        break;
    case QXL_DRAW_ROP3: c->u.draw.u.rop3 = (QXLRop3){ .src_bitmap = source, .src_area = area, .brush = solid(0x3366ff), .rop3 = 0xe2 }; break;
    case QXL_DRAW_TRANSPARENT: c->u.draw.u.transparent = (QXLTransparent){ .src_bitmap = source, .src_area = area, .src_color = 0xffffff, .true_color = 0xffffff }; break;
    case QXL_DRAW_ALPHA_BLEND: c->u.draw.u.alpha_blend = (QXLAlphaBlend){ .src_bitmap = source, .src_area = area, .alpha = 180 }; break;
    case QXL_DRAW_COMPOSITE: c->u.draw.u.composite = (QXLComposite){ .src = source, .flags = QXL_OP_OVER }; break;
    case QXL_COPY_BITS: c->u.draw.u.copy_bits.src_pos = (QXLPoint){ .x = b.x - COPY_MARGIN, .y = b.y + COPY_MARGIN }; break;
    default: break; /* BLACKNESS, WHITENESS, INVERS: a mask they do not have */
    }
    return c;
}

static void clips(void)
{
    page_begin("clip");
    for (int type = QXL_DRAW_FILL; type <= QXL_DRAW_COMPOSITE; type++)
        for (int kind = 0; kind < 6; kind++) {
            Box b = cell(58, 36), parts[40];
            int n = 0;
            if (type == QXL_COPY_BITS && b.x < 2 * COPY_MARGIN) b = cell(58, 36);
            Cmd *c = any_draw(type, b);
            switch (kind) {
            case 0: break;
            case 1: parts[n++] = (Box){ b.x + 9, b.y + 7, 31, 17 }; break;
            case 2: /* beyond the box on all sides */
                parts[n++] = (Box){ b.x - 10, b.y + 10, b.w + 20, 6 };
                parts[n++] = (Box){ b.x + 20, b.y + 16, 6, b.h };
                break;
            case 3: /* an L and a dot */
                parts[n++] = (Box){ b.x, b.y, 12, b.h - 8 };
                parts[n++] = (Box){ b.x, b.y + b.h - 8, b.w, 8 };
                parts[n++] = (Box){ b.x + 30, b.y + 5, 1, 1 };
                break;
            case 4: /* a chess board */
                for (int i = 0; i < 40; i++) parts[n++] = (Box){ b.x + i % 8 * 7 + i / 8 % 2 * 3, b.y + i / 8 * 7, 4, 7 };
                break;
            default: /* not in reading order */
                for (int i = 0; i < 6; i++) parts[n++] = (Box){ b.x + (5 - i) * 9, b.y + (i * 5) % 6 * 5, 8, 9 };
                break;
            }
            if (n) clip(c, parts, n);
            emit(c);
        }
    page_end();
}

static void copy_bits(void)
{
    static const int moves[][2] = { { 0, -7 }, { 0, 7 }, { -9, 0 }, { 9, 0 }, { -5, -3 }, { 5, 3 }, { -3, 5 }, { 3, -5 }, { 0, -1 }, { 1, 0 }, { 60, 20 }, { 0, 0 } };
    page_begin("copy-bits");
    for (int clipped = 0; clipped < 3; clipped++)
        for (size_t m = 0; m < sizeof moves / sizeof *moves; m++) {
            Box whole = cell(70, 50), inner = { whole.x + 11, whole.y + 9, 44, 30 };
            Cmd *picture = draw_copy(whole, SPICE_ROPD_OP_PUT);
            picture->u.draw.u.copy.src_bitmap = painted(picture, whole.w, whole.h, SPICE_BITMAP_FMT_32BIT, TEXT, (uint32_t)m, TOP_DOWN);
            emit(picture);
            if (m == 10 && whole.x + 130 > opt.width) continue;
            Cmd *c = draw_new(QXL_COPY_BITS, inner);
            c->u.draw.u.copy_bits.src_pos = (QXLPoint){ .x = inner.x + moves[m][0], .y = inner.y + moves[m][1] };
            const Box parts[] = { { inner.x, inner.y, 20, 12 }, { inner.x + 10, inner.y + 12, 30, 11 }, { inner.x + 25, inner.y + 2, 13, 7 } };
            if (clipped) clip(c, parts, clipped == 1 ? 1 : 3);
            emit(c);
        }
    page_end();
}

/* The whole screen moved, as scrolling does: up, down, sideways. */
static void scroll(void)
{
    static const int moves[][2] = { { 0, 16 }, { 0, 16 }, { 0, -24 }, { 33, 0 }, { -33, 5 } };
    page_begin("scroll");
    for (size_t m = 0; m < sizeof moves / sizeof *moves; m++) {
        int dx = moves[m][0], dy = moves[m][1];
        Box to = { dx < 0 ? -dx : 0, dy < 0 ? -dy : 0, opt.width - abs(dx), opt.height - abs(dy) };
        Cmd *c = draw_new(QXL_COPY_BITS, to);
        c->u.draw.u.copy_bits.src_pos = (QXLPoint){ .x = to.x + dx, .y = to.y + dy };
        emit(c);
        Cmd *line = draw_copy((Box){ 0, opt.height - 16, opt.width, 16 }, SPICE_ROPD_OP_PUT);
        line->u.draw.u.copy.src_bitmap = painted(line, opt.width, 16, SPICE_BITMAP_FMT_32BIT, TEXT, (uint32_t)m, TOP_DOWN);
        opaque(line);
        emit(line);
    }
    page_end();
}

const Scene clip_scenes[] = { { "clip", clips }, { "copy-bits", copy_bits }, { "scroll", scroll }, { NULL, NULL } };
