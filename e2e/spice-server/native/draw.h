/* Why: one short call for each QXL draw and image, so that a scene reads as a list of cases. */
#ifndef LATCHKEY_DRAW_H
#define LATCHKEY_DRAW_H
#include "content.h"
#include "device.h"

typedef struct { int x, y, w, h; } Box;

/* How an image is stored in the device's memory. */
enum { TOP_DOWN = 1, CHUNKED = 2, PADDED = 4, CACHED = 8, PALETTE_CACHED = 16 };

QXLRect rect(Box b);
Cmd *draw_new(int type, Box box);
/* The surface to draw on; 0 at start. */
void draw_on(uint32_t surface);
/* n = 0: clipped to nothing. */
void clip(Cmd *c, const Box *boxes, int n);
void opaque(Cmd *c);

/* An image of `format` (SPICE_BITMAP_FMT_*); `id` names it in caches, 0: a new one each time. */
QXLPHYSICAL image(Cmd *c, const Pic *pic, int format, unsigned how, uint32_t id);
/* A painted image. */
QXLPHYSICAL painted(Cmd *c, int w, int h, int format, enum Content content, uint32_t variant, unsigned how);
QXLPHYSICAL from_surface(Cmd *c, uint32_t surface, int w, int h);
/* One bit a pixel, a blob with holes; top-down if asked. */
QXLPHYSICAL mask_image(Cmd *c, int w, int h, int format, uint32_t variant, unsigned how);
QXLQMask mask(QXLPHYSICAL bitmap, int x, int y, bool inverse);
QXLBrush solid(uint32_t color);
QXLBrush pattern(QXLPHYSICAL bitmap, int x, int y);
QXLBrush no_brush(void);

/* Data in one chunk, or cut in three with CHUNKED. Returns the chunk; `head` bytes stay free before its header. */
void chunk(QXLDataChunk *first, const void *data, size_t size);

Cmd *draw_copy(Box box, uint16_t rop);
Cmd *draw_fill(Box box, QXLBrush brush, uint16_t rop);

/* Cells on a page: a page starts with a background over the whole screen and ends with an oracle. */
void page_begin(const char *label);
Box cell(int w, int h);
void page_end(void);
#endif
