// Why: what a person sees over SPICE: a sign-in screen, or who is signed in, readable from across a room.
#ifndef LAB_SCREEN_H
#define LAB_SCREEN_H

struct screen_view {
  const char *guest;     // the desktop's name
  const char *headline;  // a word or two in big letters
  const char *line;      // one sentence under it
  const char *note;      // a smaller line
  const char *keys;      // what was typed, or "" to show none
  const char *status;    // the bar at the bottom
  int colour;            // ANSI colour number 0 to 7 of the headline
};

// Opens the first virtual terminal, hides the cursor, puts the keyboard in raw mode, and reads the VGA font.
// Returns its descriptor, or -1: then painting does nothing.
int screen_open(void);
void screen_paint(const struct screen_view *view);
void screen_status(const char *status);
#endif
