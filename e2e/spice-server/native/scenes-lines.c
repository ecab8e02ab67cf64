/* Why: STROKE and TEXT: paths and glyphs, solid and styled, every raster form, brush and mode. */
#include "draw.h"
#include "rops.h"
#include "scenes.h"
#include <string.h>

typedef struct { uint8_t data[4096]; size_t size; } Bytes;

static void add(Bytes *b, const void *data, size_t n)
{
    memcpy(b->data + b->size, data, n);
    b->size += n;
}

/* Coordinates are 28.4 fixed point. */
static void segment(Bytes *path, uint32_t flags, const int (*points)[2], uint32_t n)
{
    QXLPathSeg seg = { .flags = flags, .count = n };
    add(path, &seg, sizeof seg);
    for (uint32_t i = 0; i < n; i++) {
        QXLPointFix p = { .x = points[i][0], .y = points[i][1] };
        add(path, &p, sizeof p);
    }
}

static QXLPHYSICAL path_of(Cmd *c, const Bytes *bytes)
{
    QXLPath *path = cmd_alloc(c, sizeof *path + bytes->size);
    path->data_size = (uint32_t)bytes->size;
    chunk(&path->chunk, bytes->data, bytes->size);
    return (uintptr_t)path;
}

/* A star of lines in all directions, a closed polygon, and a curve; `sub` moves everything by sixteenths of a pixel. */
static void figure(Bytes *path, Box b, int kind, int sub)
{
    int l = b.x * 16 + sub, t = b.y * 16 + sub, r = (b.x + b.w - 1) * 16 + sub, m = (b.y + b.h - 1) * 16 + sub;
    int cx = (l + r) / 2, cy = (t + m) / 2;
    if (kind == 0) {
        const int ends[][2] = { { l, t }, { cx, t }, { r, t }, { r, cy }, { r, m }, { cx, m }, { l, m }, { l, cy }, { l + 90, t }, { r, t + 60 } };
        for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
            const int line[][2] = { { cx, cy }, { ends[i][0], ends[i][1] } };
            segment(path, SPICE_PATH_BEGIN | SPICE_PATH_END, line, 2);
        }
    } else if (kind == 1) {
        const int points[][2] = { { l + 30, t }, { r, t + 70 }, { r - 100, m }, { l, cy }, { cx, cy } };
        segment(path, SPICE_PATH_BEGIN | SPICE_PATH_END | SPICE_PATH_CLOSE, points, 5);
    } else {
        const int start[][2] = { { l, m } };
        const int curve[][2] = { { l + 100, t - 100 }, { r - 100, m + 200 }, { r, t } };
        segment(path, SPICE_PATH_BEGIN, start, 1);
        segment(path, SPICE_PATH_BEZIER | SPICE_PATH_END, curve, 3);
    }
}

static Cmd *stroke_in(Box b, int kind, int sub, uint16_t mode)
{
    Cmd *c = draw_new(QXL_DRAW_STROKE, b);
    Bytes path = { .size = 0 };
    figure(&path, b, kind, sub);
    c->u.draw.u.stroke.path = path_of(c, &path);
    c->u.draw.u.stroke.brush = solid(0xf0e010);
    c->u.draw.u.stroke.fore_mode = c->u.draw.u.stroke.back_mode = mode;
    return c;
}

static void styled(Cmd *c, const int *lengths, int n, bool gap_first)
{
    QXLFIXED *style = cmd_alloc(c, sizeof *style * (size_t)n);
    for (int i = 0; i < n; i++) style[i] = lengths[i] * 16;
    c->u.draw.u.stroke.attr.flags = SPICE_LINE_FLAGS_STYLED | (gap_first ? SPICE_LINE_FLAGS_START_WITH_GAP : 0);
    c->u.draw.u.stroke.attr.style_nseg = (uint8_t)n;
    c->u.draw.u.stroke.attr.style = (uintptr_t)style;
}

static void stroke(void)
{
    static const int dashes[] = { 3, 2, 7, 1 };
    page_begin("stroke");
    for (int kind = 0; kind < 3; kind++)
        for (int sub = 0; sub < 16; sub += 5) emit(stroke_in(cell(60, 44), kind, sub, SPICE_ROPD_OP_PUT));
    for (size_t r = 0; r < ROPS; r++) emit(stroke_in(cell(34, 26), (int)r % 2, 0, rops[r]));
    for (int kind = 0; kind < 3; kind++)
        for (int n = 2; n <= 4; n += 2)
            for (int gap = 0; gap < 2; gap++) {
                Cmd *c = stroke_in(cell(60, 44), kind, 0, SPICE_ROPD_OP_PUT);
                styled(c, dashes, n, gap != 0);
                emit(c);
            }
    for (int kind = 0; kind < 3; kind++) {
        Box b = cell(60, 44);
        Cmd *c = stroke_in(b, kind, 0, SPICE_ROPD_OP_PUT);
        const Box holes[] = { { b.x + 3, b.y + 2, 20, 40 }, { b.x + 30, b.y + 11, 25, 9 } };
        clip(c, holes, 2);
        emit(c);
        b = cell(60, 44);
        c = stroke_in(b, kind, 0, SPICE_ROPD_OP_PUT);
        c->u.draw.u.stroke.brush = pattern(painted(c, 8, 8, SPICE_BITMAP_FMT_32BIT, PHOTO, 1, TOP_DOWN), b.x, b.y);
        emit(c);
    }
    page_end();
}

static void glyph(Bytes *s, int x, int y, int w, int h, int flags, uint32_t variant)
{
    QXLRasterGlyph g = { .render_pos = { .x = x, .y = y }, .glyph_origin = { .x = -(int)(variant % 2), .y = -h + 2 }, .width = (uint16_t)w, .height = (uint16_t)h };
    int bits = flags & SPICE_STRING_FLAGS_RASTER_A1 ? 1 : flags & SPICE_STRING_FLAGS_RASTER_A4 ? 4 : 8;
    int stride = (w * bits + 7) / 8;
    add(s, &g, sizeof g);
    uint8_t *rows = s->data + s->size;
    memset(rows, 0, (size_t)(stride * h));
    for (int j = 0; j < h; j++)
        for (int i = 0; i < w; i++) {
            int dx = i * 2 - w, dy = j * 2 - h, d = dx * dx * 256 / (w * w) + dy * dy * 256 / (h * h);
            int cover = d > 300 ? 0 : d > 220 ? 120 : d > 110 ? 255 : d > 60 ? (int)variant * 53 % 200 : 0; /* a soft ring */
            if (bits == 8) rows[j * stride + i] = (uint8_t)cover;
            else if (bits == 4) rows[j * stride + i / 2] |= (uint8_t)(cover / 16 << (i % 2 ? 0 : 4));
            else rows[j * stride + i / 8] |= (uint8_t)((cover > 100) << (7 - i % 8));
        }
    s->size += (size_t)(stride * h);
}

enum { A8_TOP = 4 };

static Cmd *text_in(Box b, int flags, int n)
{
    Cmd *c = draw_new(QXL_DRAW_TEXT, b);
    Bytes s = { .size = 0 };
    bool bytes = (flags & SPICE_STRING_FLAGS_RASTER_A8) != 0;
    for (int i = 0; i < n; i++) {
        int w = 5 + i * 3 % 8, h = 7 + i % 9;
        glyph(&s, b.x + 2 + i * 11, bytes ? b.y + 1 + h : b.y + b.h - 8 + i % 3, w, h, flags, (uint32_t)i);
    }
    /* The server draws 8-bit glyphs a row too low and takes the row above from behind their data: that row is clipped off. */
    const Box below = { b.x, b.y + A8_TOP, b.w, b.h - A8_TOP };
    if (bytes) clip(c, &below, 1);
    QXLString *str = cmd_alloc(c, sizeof *str + s.size);
    str->data_size = (uint32_t)s.size;
    str->length = (uint16_t)n;
    str->flags = (uint16_t)flags;
    chunk(&str->chunk, s.data, s.size);
    c->u.draw.u.text.str = (uintptr_t)str;
    c->u.draw.u.text.fore_brush = solid(0x101070);
    c->u.draw.u.text.back_brush = no_brush();
    c->u.draw.u.text.fore_mode = c->u.draw.u.text.back_mode = SPICE_ROPD_OP_PUT;
    return c;
}

static void text(void)
{
    static const int rasters[] = { SPICE_STRING_FLAGS_RASTER_A1, SPICE_STRING_FLAGS_RASTER_A4, SPICE_STRING_FLAGS_RASTER_A8 };
    page_begin("text");
    for (int r = 0; r < 3; r++)
        for (int down = 0; down < 2; down++)
            for (int kind = 0; kind < 5; kind++) {
                Box b = cell(86, 26);
                Cmd *c = text_in(b, rasters[r] | (down ? SPICE_STRING_FLAGS_RASTER_TOP_DOWN : 0), 7);
                QXLText *t = &c->u.draw.u.text;
                if (kind == 1 || kind == 3) {
                    t->back_area = rect((Box){ b.x + 1, b.y + 2, b.w - 4, b.h - 5 });
                    t->back_brush = solid(0xd0e8d0);
                    if (kind == 3) t->back_mode = SPICE_ROPD_OP_XOR;
                }
                if (kind == 2) t->fore_brush = pattern(painted(c, 8, 8, SPICE_BITMAP_FMT_32BIT, PHOTO, 1, TOP_DOWN), b.x, b.y);
                if (kind == 4) {
                    const Box parts[] = { { b.x, b.y + A8_TOP, 30, b.h - A8_TOP }, { b.x + 41, b.y + 9, 40, 12 } };
                    clip(c, parts, 2);
                }
                emit(c);
            }
    /* Other than PUT, a mode counts with one bit a pixel only. */
    for (size_t r = 0; r < ROPS; r++) {
        Cmd *c = text_in(cell(60, 26), SPICE_STRING_FLAGS_RASTER_A1, 5);
        c->u.draw.u.text.fore_mode = rops[r];
        emit(c);
    }
    page_end();
}

Cmd *any_stroke(Box box) { return stroke_in(box, 0, 0, SPICE_ROPD_OP_PUT); }
Cmd *any_text(Box box) { return text_in(box, SPICE_STRING_FLAGS_RASTER_A4 | SPICE_STRING_FLAGS_RASTER_TOP_DOWN, 5); }

const Scene line_scenes[] = { { "stroke", stroke }, { "text", text }, { NULL, NULL } };
