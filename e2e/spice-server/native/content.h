/* Why: the same pictures on every run: photo-like, text-like, gradients, noise and flat colours from a seeded generator,
 * in integer arithmetic only. Pixels are 0xAARRGGBB, colours premultiplied by alpha where alpha is asked for. */
#ifndef LATCHKEY_CONTENT_H
#define LATCHKEY_CONTENT_H
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int w, h;
    uint32_t *px;
} Pic;

enum Content { PHOTO, TEXT, GRADIENT, NOISE, FLAT, SOFT, CONTENTS };
extern const char *const content_names[CONTENTS];

void seed_random(uint32_t seed);
uint32_t random32(void);
int random_below(int n);
/* A pure function of all its arguments and of the seed given at start. */
void paint(Pic *pic, enum Content content, uint32_t variant, bool alpha);
Pic pic_new(int w, int h);
void pic_free(Pic *pic);
#endif
