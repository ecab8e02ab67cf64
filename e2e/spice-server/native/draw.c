/* Why: see draw.h. */
#include "draw.h"
#include <string.h>

static uint32_t next_id = 1;
static uint32_t target;

QXLRect rect(Box b) { return (QXLRect){ .top = b.y, .left = b.x, .bottom = b.y + b.h, .right = b.x + b.w }; }
void draw_on(uint32_t surface) { target = surface; }

Cmd *draw_new(int type, Box box)
{
    Cmd *c = cmd_new();
    QXLDrawable *d = &c->u.draw;
    d->release_info.id = (uintptr_t)c;
    d->surface_id = target;
    d->effect = QXL_EFFECT_BLEND;
    d->type = (uint8_t)type;
    d->bbox = rect(box);
    d->clip.type = SPICE_CLIP_TYPE_NONE;
    d->mm_time = 0;
    for (int i = 0; i < 3; i++) d->surfaces_dest[i] = -1;
    c->ext.cmd.type = QXL_CMD_DRAW;
    c->ext.cmd.data = (uintptr_t)d;
    return c;
}

void opaque(Cmd *c) { c->u.draw.effect = QXL_EFFECT_OPAQUE; }

void clip(Cmd *c, const Box *boxes, int n)
{
    QXLClipRects *clip = cmd_alloc(c, sizeof *clip + sizeof(QXLRect) * (size_t)n);
    clip->num_rects = (uint32_t)n;
    clip->chunk.data_size = (uint32_t)(sizeof(QXLRect) * (size_t)n);
    for (int i = 0; i < n; i++) {
        QXLRect r = rect(boxes[i]);
        memcpy(clip->chunk.data + (size_t)i * sizeof r, &r, sizeof r);
    }
    c->u.draw.clip.type = SPICE_CLIP_TYPE_RECTS;
    c->u.draw.clip.data = (uintptr_t)clip;
}

void chunk(QXLDataChunk *first, const void *data, size_t size)
{
    first->data_size = (uint32_t)size;
    memcpy(first->data, data, size);
}

static int bits_of(int format)
{
    switch (format) {
    case SPICE_BITMAP_FMT_1BIT_LE:
    case SPICE_BITMAP_FMT_1BIT_BE: return 1;
    case SPICE_BITMAP_FMT_4BIT_LE:
    case SPICE_BITMAP_FMT_4BIT_BE: return 4;
    case SPICE_BITMAP_FMT_8BIT:
    case SPICE_BITMAP_FMT_8BIT_A: return 8;
    case SPICE_BITMAP_FMT_16BIT: return 16;
    case SPICE_BITMAP_FMT_24BIT: return 24;
    default: return 32;
    }
}

static uint32_t luma(uint32_t p) { return ((p >> 16 & 255) * 77 + (p >> 8 & 255) * 151 + (p & 255) * 28) >> 8; }

static QXLPHYSICAL palette(Cmd *c, int bits, uint32_t variant, bool cached)
{
    int n = 1 << bits;
    QXLPalette *p = cmd_alloc(c, sizeof *p + sizeof(uint32_t) * (size_t)n);
    p->unique = cached ? 0x5a00000000ull + (uint64_t)bits * 0x10000 + variant : 0;
    p->num_ents = (uint16_t)n;
    for (int i = 0; i < n; i++) {
        uint32_t color;
        if (bits == 8) color = (uint32_t)(i >> 5) * 36 << 16 | (uint32_t)(i >> 2 & 7) * 36 << 8 | (uint32_t)(i & 3) * 85;
        else color = (uint32_t)i * 255 / (uint32_t)(n - 1) * 0x010101u;
        color ^= variant * 0x030507u & 0xffffff; /* another palette for another variant */
        memcpy((uint8_t *)p->ents + (size_t)i * 4, &color, 4);
    }
    return (uintptr_t)p;
}

static void put_pixel(uint8_t *row, int x, int format, uint32_t p)
{
    switch (format) {
    case SPICE_BITMAP_FMT_1BIT_BE: row[x / 8] |= (uint8_t)((luma(p) > 127) << (7 - x % 8)); break;
    case SPICE_BITMAP_FMT_1BIT_LE: row[x / 8] |= (uint8_t)((luma(p) > 127) << x % 8); break;
    case SPICE_BITMAP_FMT_4BIT_BE: row[x / 2] |= (uint8_t)(luma(p) >> 4 << (x % 2 ? 0 : 4)); break;
    case SPICE_BITMAP_FMT_4BIT_LE: row[x / 2] |= (uint8_t)(luma(p) >> 4 << (x % 2 ? 4 : 0)); break;
    case SPICE_BITMAP_FMT_8BIT: row[x] = (uint8_t)((p >> 16 & 0xe0) | (p >> 11 & 0x1c) | (p >> 6 & 3)); break;
    case SPICE_BITMAP_FMT_8BIT_A: row[x] = (uint8_t)(p >> 24); break;
    case SPICE_BITMAP_FMT_16BIT: {
        uint16_t v = (uint16_t)((p >> 9 & 0x7c00) | (p >> 6 & 0x03e0) | (p >> 3 & 0x1f));
        memcpy(row + x * 2, &v, 2);
        break;
    }
    case SPICE_BITMAP_FMT_24BIT: memcpy(row + x * 3, &p, 3); break;
    default: memcpy(row + x * 4, &p, 4); break;
    }
}

/* About three chunks of whole rows: the server's encoders abort at a chunk that ends inside a row. */
static QXLPHYSICAL chunked(Cmd *c, const uint8_t *data, size_t stride, size_t rows)
{
    QXLDataChunk *previous = NULL, *first = NULL;
    size_t size = stride * rows, cut = stride * (rows / 3 + 1);
    for (size_t at = 0; at < size; at += cut) {
        size_t n = size - at < cut ? size - at : cut;
        QXLDataChunk *k = cmd_alloc(c, sizeof *k + n);
        chunk(k, data + at, n);
        if (previous) {
            previous->next_chunk = (uintptr_t)k;
            k->prev_chunk = (uintptr_t)previous;
        } else {
            first = k;
        }
        previous = k;
    }
    return (uintptr_t)first;
}

static QXLImage *image_header(Cmd *c, int type, int w, int h, uint32_t id)
{
    QXLImage *im = cmd_alloc(c, sizeof *im);
    im->descriptor.id = (uint64_t)(id ? id : 0x40000000u + next_id++) << 32 | QXL_IMAGE_GROUP_DEVICE;
    im->descriptor.type = (uint8_t)type;
    im->descriptor.width = (uint32_t)w;
    im->descriptor.height = (uint32_t)h;
    return im;
}

static QXLPHYSICAL bitmap(Cmd *c, const Pic *pic, int format, unsigned how, uint32_t id, uint32_t variant)
{
    int bits = bits_of(format);
    QXLImage *im = image_header(c, SPICE_IMAGE_TYPE_BITMAP, pic->w, pic->h, id);
    size_t stride = ((size_t)(pic->w * bits + 31) / 32 + (how & PADDED ? 3 : 0)) * 4;
    uint8_t *data = cmd_alloc(c, stride * (size_t)pic->h);
    for (int y = 0; y < pic->h; y++) {
        uint8_t *row = data + stride * (size_t)(how & TOP_DOWN ? y : pic->h - 1 - y);
        for (int x = 0; x < pic->w; x++) put_pixel(row, x, format, pic->px[y * pic->w + x]);
    }
    if (how & CACHED) im->descriptor.flags |= QXL_IMAGE_CACHE;
    im->bitmap.format = (uint8_t)format;
    im->bitmap.flags = (uint8_t)((how & TOP_DOWN ? QXL_BITMAP_TOP_DOWN : 0) | (how & CHUNKED ? 0 : QXL_BITMAP_DIRECT));
    im->bitmap.x = (uint32_t)pic->w;
    im->bitmap.y = (uint32_t)pic->h;
    im->bitmap.stride = (uint32_t)stride;
    if (bits <= 8 && format != SPICE_BITMAP_FMT_8BIT_A)
        im->bitmap.palette = palette(c, bits, variant, (how & PALETTE_CACHED) != 0);
    im->bitmap.data = how & CHUNKED ? chunked(c, data, stride, (size_t)pic->h) : (uintptr_t)data;
    return (uintptr_t)im;
}

QXLPHYSICAL image(Cmd *c, const Pic *pic, int format, unsigned how, uint32_t id)
{
    return bitmap(c, pic, format, how, id, id);
}

QXLPHYSICAL painted(Cmd *c, int w, int h, int format, enum Content content, uint32_t variant, unsigned how)
{
    Pic pic = pic_new(w, h);
    paint(&pic, content, variant, format == SPICE_BITMAP_FMT_RGBA || format == SPICE_BITMAP_FMT_8BIT_A);
    QXLPHYSICAL im = bitmap(c, &pic, format, how, how & CACHED ? 1000 + variant : 0, how & PALETTE_CACHED ? variant : 0);
    pic_free(&pic);
    return im;
}

QXLPHYSICAL from_surface(Cmd *c, uint32_t surface, int w, int h)
{
    QXLImage *im = image_header(c, SPICE_IMAGE_TYPE_SURFACE, w, h, 0);
    im->surface_image.surface_id = surface;
    for (int i = 0; i < 3; i++) {
        if (c->u.draw.surfaces_dest[i] != -1) continue;
        c->u.draw.surfaces_dest[i] = (int32_t)surface;
        c->u.draw.surfaces_rects[i] = rect((Box){ 0, 0, w, h });
        break;
    }
    return (uintptr_t)im;
}

QXLPHYSICAL mask_image(Cmd *c, int w, int h, int format, uint32_t variant, unsigned how)
{
    Pic pic = pic_new(w, h);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            int dx = x * 2 - w, dy = y * 2 - h;
            bool on = dx * dx * h + dy * dy * w < w * h * (w + h) / 3 && (x / 3 + y / 2 + (int)variant) % 5 != 0;
            pic.px[y * w + x] = on ? 0xffffff : 0;
        }
    QXLPHYSICAL im = bitmap(c, &pic, format, how, 0, 0);
    pic_free(&pic);
    return im;
}

QXLQMask mask(QXLPHYSICAL bitmap_, int x, int y, bool inverse)
{
    return (QXLQMask){ .flags = inverse ? SPICE_MASK_FLAGS_INVERS : 0, .pos = { .x = x, .y = y }, .bitmap = bitmap_ };
}

QXLBrush solid(uint32_t color) { return (QXLBrush){ .type = SPICE_BRUSH_TYPE_SOLID, .u.color = color }; }
QXLBrush no_brush(void) { return (QXLBrush){ .type = SPICE_BRUSH_TYPE_NONE }; }
QXLBrush pattern(QXLPHYSICAL bitmap_, int x, int y)
{
    return (QXLBrush){ .type = SPICE_BRUSH_TYPE_PATTERN, .u.pattern = { .pat = bitmap_, .pos = { .x = x, .y = y } } };
}

Cmd *draw_copy(Box box, uint16_t rop)
{
    Cmd *c = draw_new(QXL_DRAW_COPY, box);
    c->u.draw.u.copy.rop_descriptor = rop;
    c->u.draw.u.copy.scale_mode = SPICE_IMAGE_SCALE_MODE_NEAREST;
    c->u.draw.u.copy.src_area = rect((Box){ 0, 0, box.w, box.h });
    return c;
}

Cmd *draw_fill(Box box, QXLBrush brush, uint16_t rop)
{
    Cmd *c = draw_new(QXL_DRAW_FILL, box);
    c->u.draw.u.fill.brush = brush;
    c->u.draw.u.fill.rop_descriptor = rop;
    return c;
}

/* ---- pages */

enum { GAP = 4 };
static char page_label[64];
static int page_number, cursor_x, cursor_y, row_height;

static void background(void)
{
    Box all = { 0, 0, opt.width, opt.height };
    Cmd *c = draw_copy(all, SPICE_ROPD_OP_PUT);
    c->u.draw.u.copy.src_bitmap = painted(c, all.w, all.h, SPICE_BITMAP_FMT_32BIT, SOFT, (uint32_t)page_number, TOP_DOWN);
    opaque(c);
    emit(c);
    cursor_x = cursor_y = GAP;
    row_height = 0;
}

void page_begin(const char *label)
{
    strncpy(page_label, label, sizeof page_label - 1);
    page_number = 0;
    background();
}

void page_end(void)
{
    oracle(0, page_label);
}

Box cell(int w, int h)
{
    if (cursor_x + w + GAP > opt.width) {
        cursor_x = GAP;
        cursor_y += row_height + GAP;
        row_height = 0;
    }
    if (cursor_y + h + GAP > opt.height) {
        page_end();
        page_number++;
        background();
    }
    Box b = { cursor_x, cursor_y, w, h };
    cursor_x += w + GAP;
    if (h > row_height) row_height = h;
    return b;
}
