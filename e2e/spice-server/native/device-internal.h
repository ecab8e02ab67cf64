/* Why: what the device's own files share and scenes do not see. */
#ifndef LATCHKEY_DEVICE_INTERNAL_H
#define LATCHKEY_DEVICE_INTERNAL_H
#include "device.h"
#include <pthread.h>

typedef struct {
    uint8_t *mem; /* NULL: no such surface */
    int format, width, height, stride;
} Surface;

typedef struct {
    QXLInstance qxl;
    Cmd *pending[2]; /* 0 display, 1 cursor; guarded by lock */
    int idle;        /* empty answers since the last command, each of them one turn of the server's loop */
    bool client;
    bool slot_added;
    Surface surfaces[MAX_SURFACES];
    LoadSource load;
    int load_left;
} Device;

extern Device devices[MAX_DISPLAYS];
extern Device *current;
extern pthread_mutex_t lock;
extern pthread_cond_t changed;

/* Everything handed over so far is in the client's kernel. */
void settle(void);
void wait_for_go(void);

/* True if no client's socket has unsent bytes. */
bool drained(void);
/* `"sent":{"<client port>":<bytes>}` to stdout. */
void print_sent(void);
int listen_on_loopback(SpiceServer *server, bool secure);
bool has_tls(void);

Surface *surface_init(uint32_t id, int format, int width, int height);
void create_primary_now(void *surface);
#endif
