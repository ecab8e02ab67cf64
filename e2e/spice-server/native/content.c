/* Why: see content.h. SOFT compresses well (recordings hold it as the background); the others are what codecs meet. */
#include "content.h"
#include <glib.h>

const char *const content_names[CONTENTS] = { "photo", "text", "gradient", "noise", "flat", "soft" };
static uint32_t state = 1, base = 1;

void seed_random(uint32_t seed)
{
    base = seed * 2654435761u + 97u;
    state = base | 1u;
}

static uint32_t step(uint32_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 17;
    *s ^= *s << 5;
    return *s;
}

uint32_t random32(void) { return step(&state); }
int random_below(int n) { return (int)(random32() % (uint32_t)n); }

static uint32_t hash(uint32_t x, uint32_t y, uint32_t z)
{
    uint32_t h = x * 0x9e3779b1u ^ y * 0x85ebca77u ^ z * 0xc2b2ae3du ^ base;
    h ^= h >> 15;
    h *= 0x2c1b3c6du;
    h ^= h >> 12;
    h *= 0x297a2d39u;
    return h ^ h >> 15;
}

/* A lattice of random heights, `cell` pixels apart, with straight lines between: 0..255. */
static int lattice(int x, int y, int cell, uint32_t plane)
{
    uint32_t cx = (uint32_t)(x / cell), cy = (uint32_t)(y / cell);
    int fx = x % cell, fy = y % cell;
    int a = (int)(hash(cx, cy, plane) & 255), b = (int)(hash(cx + 1, cy, plane) & 255);
    int c = (int)(hash(cx, cy + 1, plane) & 255), d = (int)(hash(cx + 1, cy + 1, plane) & 255);
    return ((a * (cell - fx) + b * fx) * (cell - fy) + (c * (cell - fx) + d * fx) * fy) / (cell * cell);
}

static uint32_t photo(int x, int y, uint32_t variant)
{
    uint32_t grain = hash((uint32_t)x, (uint32_t)y, variant);
    uint32_t p = 0;
    for (uint32_t plane = 0; plane < 3; plane++) {
        int v = (lattice(x, y, 37, variant * 8 + plane) * 6 + lattice(x, y, 9, variant * 8 + 3 + plane) * 2) / 8;
        v += (int)(grain >> plane * 3 & 3) - 1;
        p = p << 8 | (uint32_t)(v < 0 ? 0 : v > 255 ? 255 : v);
    }
    return p;
}

/* 6 by 12 cells: letters of random dots under a baseline, words, lines of uneven length; a few colours. */
static uint32_t text(int x, int y, int w, uint32_t variant)
{
    uint32_t column = (uint32_t)x / 6, row = (uint32_t)y / 12;
    uint32_t glyph = hash(column, row, variant + 77);
    int i = x % 6, j = y % 12;
    int used = w / 6 * (40 + (int)(hash(7, row, variant) % 60)) / 100;
    if ((int)column < used && glyph % 6 != 0 && i > 0 && j > 1 && j < 10 && glyph >> ((j / 2) * 5 + i) % 27 & 1)
        return hash(column / 9, row, variant) % 5 == 0 ? 0x1040b0 : 0x202020;
    return row % 7 == 3 ? 0xdde8f8 : 0xffffff;
}

static uint32_t gradient(int x, int y, int w, int h, uint32_t variant)
{
    uint32_t a = (uint32_t)(x * 255 / (w > 1 ? w - 1 : 1)), b = (uint32_t)(y * 255 / (h > 1 ? h - 1 : 1));
    switch (variant % 3) {
    case 0: return a << 16 | b << 8 | (255 - a);
    case 1: return (a + b) / 2 * 0x010101u;
    default: return (255 - b) << 16 | a << 8 | (a + 2 * b) / 3;
    }
}

static uint32_t soft(int x, int y, uint32_t variant)
{
    uint32_t a = (uint32_t)(x / 8 * 5 + y / 16 * 3) & 255, b = (uint32_t)(y / 8 * 6) & 255;
    uint32_t stripe = (x / 32 + y / 24 + (int)variant) % 3 == 0 ? 0x182838 : 0;
    return ((a << 16 | b << 8 | ((a + b) / 2)) ^ stripe) & 0xffffff;
}

static uint32_t premultiply(uint32_t p, uint32_t alpha)
{
    uint32_t r = (p >> 16 & 255) * alpha / 255, g = (p >> 8 & 255) * alpha / 255, b = (p & 255) * alpha / 255;
    return alpha << 24 | r << 16 | g << 8 | b;
}

void paint(Pic *pic, enum Content content, uint32_t variant, bool alpha)
{
    for (int y = 0; y < pic->h; y++)
        for (int x = 0; x < pic->w; x++) {
            uint32_t p = 0;
            switch (content) {
            case PHOTO: p = photo(x, y, variant); break;
            case TEXT: p = text(x, y, pic->w, variant); break;
            case GRADIENT: p = gradient(x, y, pic->w, pic->h, variant); break;
            case NOISE: p = hash((uint32_t)x, (uint32_t)y, variant) & 0xffffff; break;
            case FLAT: p = (x / 8 + y / 8) % 2 ? hash(1, 2, variant) & 0xffffff : hash(3, 4, variant) & 0xffffff; break;
            default: p = soft(x, y, variant); break;
            }
            if (alpha) {
                int a = (x * 320 / pic->w + y * 64 / pic->h) - 32; /* both ends reach 0 and 255 */
                p = premultiply(p, (uint32_t)(a < 0 ? 0 : a > 255 ? 255 : a));
            }
            pic->px[y * pic->w + x] = p;
        }
}

Pic pic_new(int w, int h)
{
    Pic pic = { w, h, g_new0(uint32_t, (gsize)w * (gsize)h) };
    return pic;
}

void pic_free(Pic *pic)
{
    g_free(pic->px);
    pic->px = NULL;
}
