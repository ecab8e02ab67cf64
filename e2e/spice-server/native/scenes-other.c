/* Why: what is not a draw: cursors of every type, and video streams. */
#include "draw.h"
#include "scenes.h"
#include <string.h>

static int mask_bytes(int w, int h) { return (w + 7) / 8 * h; }

/* The bytes of a cursor of `type` with the picture; the transparent half is below the diagonal. */
static size_t cursor_bytes(uint8_t *out, const Pic *p, int type)
{
    static const int bits[] = { 32, 0, 4, 8, 16, 24, 32 }; /* by SPICE_CURSOR_TYPE_* */
    size_t n = 0;
    int rows = bits[type] == 4 ? (p->w + 1) / 2 : p->w * bits[type] / 8;
    for (int y = 0; y < p->h && bits[type]; y++)
        for (int x = 0; x < p->w; x++) {
            uint32_t v = p->px[y * p->w + x];
            uint8_t *row = out + y * rows;
            uint16_t five = (uint16_t)((v >> 9 & 0x7c00) | (v >> 6 & 0x03e0) | (v >> 3 & 0x1f));
            switch (bits[type]) {
            case 4: row[x / 2] |= (uint8_t)((v >> 12 & 15) << (x % 2 ? 0 : 4)); break;
            case 8: row[x] = (uint8_t)((v >> 16 & 0xe0) | (v >> 11 & 0x1c) | (v >> 6 & 3)); break;
            case 16: memcpy(row + x * 2, &five, 2); break;
            case 24: memcpy(row + x * 3, &v, 3); break;
            default: memcpy(row + x * 4, &v, 4); break;
            }
        }
    n = (size_t)(rows * p->h);
    if (bits[type] == 4 || bits[type] == 8)
        for (int i = 0; i < 1 << bits[type]; i++) {
            uint32_t color = bits[type] == 4 ? (uint32_t)i * 0x111111u : (uint32_t)(i >> 5) * 36 << 16 | (uint32_t)(i >> 2 & 7) * 36 << 8 | (uint32_t)(i & 3) * 85;
            memcpy(out + n, &color, 4);
            n += 4;
        }
    if (type == SPICE_CURSOR_TYPE_ALPHA) return n;
    /* AND mask: 1 is transparent. MONO has an XOR mask after it. */
    uint8_t *masks = out + n;
    for (int y = 0; y < p->h; y++)
        for (int x = 0; x < p->w; x++) {
            if (x * p->h < y * p->w) masks[(p->w + 7) / 8 * y + x / 8] |= (uint8_t)(128 >> x % 8);
            if (type == SPICE_CURSOR_TYPE_MONO && (x + y) % 5 < 2) masks[mask_bytes(p->w, p->h) + (p->w + 7) / 8 * y + x / 8] |= (uint8_t)(128 >> x % 8);
        }
    return n + (size_t)mask_bytes(p->w, p->h) * (type == SPICE_CURSOR_TYPE_MONO ? 2 : 1);
}

static void cursor_command(int type, Cmd *c)
{
    c->u.cursor.release_info.id = (uintptr_t)c;
    c->u.cursor.type = (uint8_t)type;
    c->ext.cmd.type = QXL_CMD_CURSOR;
    c->ext.cmd.data = (uintptr_t)&c->u.cursor;
    emit_cursor(c);
}

static void cursor_set(const Pic *p, int type, int hot_x, int hot_y, int x, int y, bool visible, uint64_t unique)
{
    Cmd *c = cmd_new();
    QXLCursor *cursor = cmd_alloc(c, sizeof *cursor + (size_t)(p->w * p->h * 4) + 2048 + 2 * (size_t)mask_bytes(p->w, p->h));
    size_t n = cursor_bytes(cursor->chunk.data, p, type);
    cursor->header = (QXLCursorHeader){ .unique = unique, .type = (uint16_t)type, .width = (uint16_t)p->w, .height = (uint16_t)p->h,
                                        .hot_spot_x = (uint16_t)hot_x, .hot_spot_y = (uint16_t)hot_y };
    cursor->data_size = cursor->chunk.data_size = (uint32_t)n;
    c->u.cursor.u.set.position = (QXLPoint16){ .x = (int16_t)x, .y = (int16_t)y };
    c->u.cursor.u.set.visible = visible;
    c->u.cursor.u.set.shape = (uintptr_t)cursor;
    cursor_command(QXL_CURSOR_SET, c);
}

static void cursor_move(int x, int y)
{
    Cmd *c = cmd_new();
    c->u.cursor.u.position = (QXLPoint16){ .x = (int16_t)x, .y = (int16_t)y };
    cursor_command(QXL_CURSOR_MOVE, c);
}

/* Each picture is also drawn as a cell, so that a cursor can be compared with it: same sizes, same order. */
static void cursor(void)
{
    static const int sizes[][2] = { { 32, 32 }, { 4, 8 }, { 17, 11 }, { 48, 24 } };
    page_begin("cursor");
    for (int type = SPICE_CURSOR_TYPE_ALPHA; type <= SPICE_CURSOR_TYPE_COLOR32; type++)
        for (int s = 0; s < 4; s++) {
            Pic p = pic_new(sizes[s][0], sizes[s][1]);
            paint(&p, GRADIENT, (uint32_t)(type + s), type == SPICE_CURSOR_TYPE_ALPHA);
            Box b = cell(p.w, p.h);
            Cmd *c = draw_copy(b, SPICE_ROPD_OP_PUT);
            c->u.draw.u.copy.src_bitmap = image(c, &p, SPICE_BITMAP_FMT_32BIT, TOP_DOWN, 0);
            emit(c);
            cursor_set(&p, type, s, s * 2 + 1, b.x, b.y, true, 0x100000005ull * (uint64_t)(s < 2) * (uint64_t)(type + 1 + s * 10));
            pic_free(&p);
        }
    cursor_move(100, 120);
    cursor_command(QXL_CURSOR_HIDE, cmd_new());
    cursor_move(-5, 40);
    for (int again = 0; again < 2; again++) { /* by its number from the cache */
        Pic p = pic_new(32, 32);
        paint(&p, GRADIENT, 0, true);
        cursor_set(&p, SPICE_CURSOR_TYPE_ALPHA, 0, 1, 60 + again, 70, again == 0, 0x100000005ull);
        pic_free(&p);
    }
    Cmd *trail = cmd_new();
    trail->u.cursor.u.trail.length = 3;
    trail->u.cursor.u.trail.frequency = 9;
    cursor_command(QXL_CURSOR_TRAIL, trail);
    reset_cursor();
    cursor_move(9, 9);
    page_end();
}

static void frame(Box b, int i, bool top_down)
{
    Cmd *c = draw_copy(b, SPICE_ROPD_OP_PUT);
    Pic p = pic_new(b.w, b.h), wide = pic_new(b.w + 128, b.h);
    paint(&wide, GRADIENT, 0, false); /* smooth, so that recordings stay small */
    for (int y = 0; y < b.h; y++)
        for (int x = 0; x < b.w; x++) p.px[y * b.w + x] = wide.px[y * wide.w + x + i * 3 % 128];
    c->u.draw.u.copy.src_bitmap = image(c, &p, SPICE_BITMAP_FMT_32BIT, top_down ? TOP_DOWN : 0, 0);
    opaque(c);
    emit(c);
    pic_free(&wide);
    pic_free(&p);
}

/* Record with --video all --codecs spice:mjpeg. Real time, because the server takes for video what comes often. Once in a
 * while a larger frame that holds the stream's area (a sized frame), later something over it (a clip). After a second
 * without frames the server destroys the stream and sends the last frame without loss. */
static void stream(void)
{
    Box b = { 40, 30, 112, 88 }, larger = { 30, 22, 132, 104 };
    page_begin("stream");
    for (int i = 0; i < opt.frames; i++) {
        frame(i > 30 && i % 6 == 5 ? larger : b, i, true);
        if (i == opt.frames - 8) emit(draw_fill((Box){ 60, 50, 40, 30 }, solid(0xffffff), SPICE_ROPD_OP_PUT));
        pause_ms(40);
    }
    pause_ms(1800);
    page_end();
}

/* Two at a time, one of them bottom-up, ended by a new primary surface. */
static void stream_two(void)
{
    page_begin("stream-two");
    for (int i = 0; i < opt.frames; i++) {
        frame((Box){ 20, 20, 104, 96 }, i, true);
        frame((Box){ 250, 60, 96, 104 }, i, false);
        pause_ms(40);
    }
    primary_destroy();
    primary_create(SPICE_SURFACE_FMT_32_xRGB, opt.width, opt.height);
    page_begin("stream-two");
    page_end();
}

const Scene other_scenes[] = { { "cursor", cursor }, { "stream", stream }, { "stream-two", stream_two }, { NULL, NULL } };
