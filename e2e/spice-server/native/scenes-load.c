/* Why: load for benchmarks: as many frames as --frames says, as fast as the client takes them. A frame is a picture of a
 * third of the screen (photo, text), a scroll by a line with the new line (scroll), or 32 fills (fill); mix takes turns.
 * With --argument MS it says every MS milliseconds how far it is: a rate is measured between two of those. */
#include "device-internal.h"
#include "draw.h"
#include "scenes.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { LINE = 16, FILLS = 32, FRESH = 0x070707 };
enum Kind { LOAD_PHOTO, LOAD_TEXT, LOAD_SCROLL, LOAD_FILL, LOAD_MIX };

static enum Kind kind;
static Pic photo_page, text_page;
static int draws; /* guarded by lock, as pixels and started */
static double pixels;
static double started;

/* A part of a page, at a random place; photos differ in their low bits each time, so that no dictionary has them whole. */
static Cmd *part(const Pic *page, Box box, bool fresh)
{
    Cmd *c = draw_copy(box, SPICE_ROPD_OP_PUT);
    Pic p = { box.w, box.h, NULL };
    QXLImage *im = cmd_alloc(c, sizeof *im);
    uint32_t change = fresh ? random32() & FRESH : 0;
    int x = random_below(page->w - box.w + 1), y = random_below(page->h - box.h + 1);
    p.px = cmd_alloc(c, (size_t)box.w * (size_t)box.h * 4);
    for (int j = 0; j < box.h; j++) {
        const uint32_t *from = page->px + (size_t)(y + j) * (size_t)page->w + x;
        uint32_t *to = p.px + (size_t)j * (size_t)box.w;
        for (int i = 0; i < box.w; i++) to[i] = from[i] ^ change;
    }
    im->descriptor.id = (uint64_t)(0x50000000u + (uint32_t)draws) << 32 | QXL_IMAGE_GROUP_DEVICE;
    im->descriptor.type = SPICE_IMAGE_TYPE_BITMAP;
    im->descriptor.width = im->bitmap.x = (uint32_t)box.w;
    im->descriptor.height = im->bitmap.y = (uint32_t)box.h;
    im->bitmap.format = SPICE_BITMAP_FMT_32BIT;
    im->bitmap.flags = QXL_BITMAP_DIRECT | QXL_BITMAP_TOP_DOWN;
    im->bitmap.stride = (uint32_t)box.w * 4;
    im->bitmap.data = (uintptr_t)p.px;
    c->u.draw.u.copy.src_bitmap = (uintptr_t)im;
    opaque(c);
    return c;
}

static Cmd *picture(const Pic *page, bool fresh)
{
    int w = opt.width * 4 / 7, h = opt.height * 4 / 7; /* a third of the area */
    return part(page, (Box){ random_below(opt.width - w + 1), random_below(opt.height - h + 1), w, h }, fresh);
}

static Cmd *next(void)
{
    static int step, inside;
    static const enum Kind turns[] = { LOAD_PHOTO, LOAD_TEXT, LOAD_SCROLL, LOAD_FILL, LOAD_TEXT, LOAD_SCROLL };
    enum Kind now = kind == LOAD_MIX ? turns[step / 8 % 6] : kind;
    Cmd *c;
    switch (now) {
    case LOAD_PHOTO: c = picture(&photo_page, true); break;
    case LOAD_TEXT: c = picture(&text_page, false); break;
    case LOAD_FILL:
        c = draw_fill((Box){ random_below(opt.width - 96), random_below(opt.height - 64), 96, 64 }, solid(random32() & 0xffffff), SPICE_ROPD_OP_PUT);
        opaque(c);
        break;
    default:
        if (inside == 0) {
            c = draw_new(QXL_COPY_BITS, (Box){ 0, 0, opt.width, opt.height - LINE });
            c->u.draw.u.copy_bits.src_pos = (QXLPoint){ .x = 0, .y = LINE };
            opaque(c);
        } else {
            c = part(&text_page, (Box){ 0, opt.height - LINE, opt.width, LINE }, false);
        }
        break;
    }
    if (++inside >= (now == LOAD_FILL ? FILLS : now == LOAD_SCROLL ? 2 : 1)) {
        inside = 0;
        step++;
    }
    draws++;
    pixels += (double)(c->u.draw.bbox.right - c->u.draw.bbox.left) * (c->u.draw.bbox.bottom - c->u.draw.bbox.top);
    return c;
}

/* Draws in `frames` frames. */
static int draws_of(int frames)
{
    int n = 0;
    static const int mixed[] = { 1, 1, 2, FILLS, 1, 2 };
    for (int i = 0; i < frames; i++)
        n += kind == LOAD_MIX ? mixed[i / 8 % 6] : kind == LOAD_FILL ? FILLS : kind == LOAD_SCROLL ? 2 : 1;
    return n;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The common part of both events, and what the clients were sent. Called with the lock held. */
static void report(const char *event)
{
    printf("{\"event\":\"%s\",\"frames\":%d,\"draws\":%d,\"megapixels\":%.1f,\"seconds\":%.4f,", event, opt.frames, draws, pixels / 1e6, seconds() - started);
    print_sent();
    printf("}\n");
    fflush(stdout);
}

static void *sample(void *arg)
{
    (void)arg;
    for (;;) {
        pause_ms(opt.argument);
        pthread_mutex_lock(&lock);
        report("sample");
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static void load(enum Kind k)
{
    pthread_t sampler;
    kind = k;
    photo_page = pic_new(opt.width, opt.height);
    text_page = pic_new(opt.width, opt.height);
    paint(&photo_page, PHOTO, 1, false);
    paint(&text_page, TEXT, 1, false);
    started = seconds();
    if (opt.argument > 0) pthread_create(&sampler, NULL, sample, NULL);
    run_load(next, draws_of(opt.frames));
    pthread_mutex_lock(&lock);
    report("load");
    pthread_mutex_unlock(&lock);
}

static void load_photo(void) { load(LOAD_PHOTO); }
static void load_text(void) { load(LOAD_TEXT); }
static void load_scroll(void) { load(LOAD_SCROLL); }
static void load_fill(void) { load(LOAD_FILL); }
static void load_mix(void) { load(LOAD_MIX); }

const Scene load_scenes[] = {
    { "load-photo", load_photo }, { "load-text", load_text }, { "load-scroll", load_scroll }, { "load-fill", load_fill },
    { "load-mix", load_mix }, { NULL, NULL },
};
