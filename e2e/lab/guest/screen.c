// Why: see screen.h. The big letters are the console's own font, read back from the kernel and drawn with half
// blocks: a pixel is a column wide and half a row high, so a letter is 8 columns by 8 rows.
#define _GNU_SOURCE
#include "screen.h"
#include <fcntl.h>
#include <linux/kd.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define COLUMNS 80
#define GLYPH_BYTES 32
#define GLYPH_ROWS 16

static int terminal = -1;
static unsigned char font[512 * GLYPH_BYTES];
static int have_font;

int screen_open(void) {
  terminal = open("/dev/tty1", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (terminal < 0) return -1;
  struct termios raw;
  if (tcgetattr(terminal, &raw) == 0) {
    cfmakeraw(&raw);
    tcsetattr(terminal, TCSANOW, &raw);
  }
  struct console_font_op op = {.op = KD_FONT_OP_GET, .width = 8, .height = 32, .charcount = 512, .data = font};
  have_font = ioctl(terminal, KDFONTOP, &op) == 0 && op.width == 8 && op.height == GLYPH_ROWS;
  return terminal;
}

static void write_all(const char *text, size_t length) {
  while (length > 0) {
    ssize_t n = write(terminal, text, length);
    if (n <= 0) return;
    text += n;
    length -= (size_t)n;
  }
}

// Columns of a UTF-8 text: one for each byte that begins a character.
static int width(const char *text) {
  int n = 0;
  for (; *text; text++) n += ((unsigned char)*text & 0xC0) != 0x80;
  return n;
}

static void centred(FILE *out, int row, const char *attributes, const char *text) {
  int left = (COLUMNS - width(text)) / 2;
  fprintf(out, "\033[%d;1H\033[2K\033[%d;%dH\033[%sm%s\033[0m", row, row, left < 1 ? 1 : left + 1, attributes, text);
}

static void bar(FILE *out, int row, const char *text) {
  int rest = COLUMNS - 2 - width(text);
  fprintf(out, "\033[%d;1H\033[0;37;44m  %s%*s\033[0m", row, text, rest > 0 ? rest : 0, "");
}

static void big(FILE *out, int row, int colour, const char *text) {
  char attributes[16];
  size_t length = strlen(text);
  snprintf(attributes, sizeof attributes, "1;3%d", colour);
  if (!have_font || length * 8 > COLUMNS) {
    centred(out, row + 3, attributes, text);
    return;
  }
  int left = (COLUMNS - (int)length * 8) / 2 + 1;
  for (int y = 0; y < GLYPH_ROWS; y += 2) {
    fprintf(out, "\033[%d;%dH\033[%sm", row + y / 2, left, attributes);
    for (size_t i = 0; i < length; i++) {
      const unsigned char *glyph = font + (unsigned char)text[i] * GLYPH_BYTES;
      for (int x = 0; x < 8; x++) {
        int upper = glyph[y] >> (7 - x) & 1, lower = glyph[y + 1] >> (7 - x) & 1;
        fputs(upper ? lower ? "\u2588" : "\u2580" : lower ? "\u2584" : " ", out);
      }
    }
    fputs("\033[0m", out);
  }
}

void screen_paint(const struct screen_view *view) {
  static char text[32768];
  if (terminal < 0) return;
  FILE *out = fmemopen(text, sizeof text, "w");
  if (!out) return;
  char title[128], keys[128];
  snprintf(title, sizeof title, "latchkey guest  %.64s", view->guest);
  fputs("\033[0m\033[2J\033[?25l", out);
  bar(out, 1, title);
  big(out, 5, view->colour, view->headline);
  centred(out, 15, "1;37", view->line);
  centred(out, 17, "0;37", view->note);
  if (*view->keys) {
    snprintf(keys, sizeof keys, "typed: %.72s", view->keys);
    centred(out, 20, "0;36", keys);
  }
  bar(out, 25, view->status);
  long length = ftell(out);
  fclose(out);
  if (length > 0) write_all(text, (size_t)length);
}

void screen_status(const char *status) {
  char text[512];
  if (terminal < 0) return;
  FILE *out = fmemopen(text, sizeof text, "w");
  if (!out) return;
  bar(out, 25, status);
  long length = ftell(out);
  fclose(out);
  if (length > 0) write_all(text, (size_t)length);
}
