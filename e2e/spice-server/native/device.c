/* Why: the QXL device itself: gives the server one command at a time, and the next one only when the client's kernel has
 * every byte of the ones before. */
#include "device.h"
#include "device-internal.h"
#include "scenes.h"
#include <glib.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct Block {
    struct Block *next;
    max_align_t data[];
} Block;

Options opt;
Device devices[MAX_DISPLAYS];
Device *current = &devices[0];
pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static GMainLoop *loop;
static void (*scene_function)(void);

/* ---- commands and their memory */

Cmd *cmd_new(void)
{
    return g_new0(Cmd, 1);
}

void *cmd_alloc(Cmd *c, size_t size)
{
    Block *block = g_malloc0(sizeof(Block) + size);
    block->next = c->blocks;
    c->blocks = block;
    return block->data;
}

static void cmd_free(Cmd *c)
{
    while (c->blocks) {
        Block *next = c->blocks->next;
        g_free(c->blocks);
        c->blocks = next;
    }
    g_free(c);
}

/* ---- the device as the server sees it */

static Device *device_of(QXLInstance *qxl) { return SPICE_CONTAINEROF(qxl, Device, qxl); }

static int take(Device *d, int which, QXLCommandExt *ext)
{
    Cmd *c = NULL;
    pthread_mutex_lock(&lock);
    if (d->load && which == 0 && d->client) {
        c = d->load_left > 0 ? d->load() : NULL;
        if (c) d->load_left--;
    } else if (d->pending[which] && drained()) {
        if (d->idle >= 2) {
            c = d->pending[which];
            d->pending[which] = NULL;
            d->idle = 0;
        } else if (which == 0) {
            d->idle++;
        }
    }
    if (c) {
        *ext = c->ext;
        pthread_cond_broadcast(&changed);
    } else if (which == 0 && !d->pending[0] && drained()) {
        d->idle++;
        pthread_cond_broadcast(&changed);
    }
    pthread_mutex_unlock(&lock);
    return c != NULL;
}

static int get_command(QXLInstance *qxl, QXLCommandExt *ext) { return take(device_of(qxl), 0, ext); }
static int get_cursor(QXLInstance *qxl, QXLCommandExt *ext) { return take(device_of(qxl), 1, ext); }
static int notify_me(QXLInstance *qxl) { (void)qxl; return 1; }

static void release(QXLInstance *qxl, QXLReleaseInfoExt info)
{
    (void)qxl;
    if (info.info->id) cmd_free((Cmd *)(uintptr_t)info.info->id);
}

static void attached(QXLInstance *qxl)
{
    Device *d = device_of(qxl);
    if (d->slot_added) return;
    d->slot_added = true;
    QXLDevMemSlot slot = { .virt_start = 0, .virt_end = ~(uintptr_t)0 };
    spice_qxl_add_memslot(qxl, &slot);
}

static void init_info(QXLInstance *qxl, QXLDevInitInfo *info)
{
    (void)qxl;
    memset(info, 0, sizeof *info);
    info->num_memslots = 1;
    info->num_memslots_groups = 1;
    info->memslot_id_bits = 1;
    info->memslot_gen_bits = 1;
    info->n_surfaces = MAX_SURFACES;
}

/* Called by the server's own thread when a display client is in or out, before it asks for a command. */
static void client_capabilities(QXLInstance *qxl, uint8_t present, uint8_t caps[SPICE_CAPABILITIES_SIZE])
{
    (void)caps;
    pthread_mutex_lock(&lock);
    device_of(qxl)->client = present;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void ignore_int(QXLInstance *qxl, int n) { (void)qxl; (void)n; }
static void ignore_u32(QXLInstance *qxl, uint32_t n) { (void)qxl; (void)n; }
static int nothing(QXLInstance *qxl) { (void)qxl; return 0; }
static void async_done(QXLInstance *qxl, uint64_t cookie)
{
    (void)qxl;
    pthread_mutex_lock(&lock);
    *(bool *)(uintptr_t)cookie = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}
static void area_done(QXLInstance *qxl, uint32_t s, QXLRect *r, uint32_t n) { (void)qxl; (void)s; (void)r; (void)n; }
static int client_monitors(QXLInstance *qxl, VDAgentMonitorsConfig *m) { (void)qxl; (void)m; return 0; }

static QXLInterface interface = {
    .base = { .type = SPICE_INTERFACE_QXL,
              .description = "latchkey scripted device",
              .major_version = SPICE_INTERFACE_QXL_MAJOR,
              .minor_version = SPICE_INTERFACE_QXL_MINOR },
    .attached_worker = attached,
    .set_compression_level = ignore_int,
    .set_mm_time = ignore_u32,
    .get_init_info = init_info,
    .get_command = get_command,
    .req_cmd_notification = notify_me,
    .release_resource = release,
    .get_cursor_command = get_cursor,
    .req_cursor_notification = notify_me,
    .notify_update = ignore_u32,
    .flush_resources = nothing,
    .async_complete = async_done,
    .update_area_complete = area_done,
    .set_client_capabilities = client_capabilities,
    .client_monitors_config = client_monitors,
};

/* ---- the scene's side */

/* A turn of the server's loop at least every millisecond, until `done`. Called with the lock held. */
static void turn_until(Device *d, bool (*done)(Device *))
{
    while (!done(d)) {
        struct timespec until;
        pthread_mutex_unlock(&lock);
        spice_qxl_wakeup(&d->qxl);
        pthread_mutex_lock(&lock);
        if (done(d)) return;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 1000000;
        if (until.tv_nsec >= 1000000000) { until.tv_nsec -= 1000000000; until.tv_sec++; }
        pthread_cond_timedwait(&changed, &lock, &until);
    }
}

static bool taken(Device *d) { return !d->pending[0] && !d->pending[1]; }
static bool settled(Device *d) { return d->idle >= 4 && drained(); }
static bool load_done(Device *d) { return d->load_left <= 0; }

static void hand_over(Cmd *c, int which)
{
    pthread_mutex_lock(&lock);
    current->pending[which] = c;
    turn_until(current, taken);
    pthread_mutex_unlock(&lock);
}

void settle(void)
{
    pthread_mutex_lock(&lock);
    current->idle = 0;
    turn_until(current, settled);
    pthread_mutex_unlock(&lock);
}

void use_display(int index) { settle(); current = &devices[index]; }
void emit(Cmd *c) { hand_over(c, 0); }
void emit_cursor(Cmd *c) { hand_over(c, 1); }
void pause_ms(int ms) { usleep((useconds_t)ms * 1000); }

void run_load(LoadSource next, int count)
{
    pthread_mutex_lock(&lock);
    current->load = next;
    current->load_left = count;
    turn_until(current, load_done);
    current->load = NULL;
    pthread_mutex_unlock(&lock);
    settle();
}

typedef struct { void (*f)(void *); void *arg; bool done; } Call;

static gboolean run_call(gpointer data)
{
    Call *call = data;
    call->f(call->arg);
    pthread_mutex_lock(&lock);
    call->done = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return G_SOURCE_REMOVE;
}

void on_main(void (*f)(void *), void *arg)
{
    Call call = { f, arg, false };
    settle();
    g_idle_add(run_call, &call);
    pthread_mutex_lock(&lock);
    while (!call.done) pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    settle();
}

void wait_for_go(void)
{
    char line[64];
    if (opt.step && !fgets(line, sizeof line, stdin)) exit(0);
}

static void *script(void *arg)
{
    (void)arg;
    for (int i = 0; i < opt.displays; i++) {
        pthread_mutex_lock(&lock);
        while (!devices[i].client) pthread_cond_wait(&changed, &lock);
        pthread_mutex_unlock(&lock);
    }
    printf("{\"event\":\"client\"}\n");
    fflush(stdout);
    if (opt.step) wait_for_go();
    else pause_ms(300); /* the other channels of the same client */
    settle();
    scene_function();
    settle();
    printf("{\"event\":\"done\",");
    print_sent();
    printf("}\n");
    fflush(stdout);
    char line[64];
    while (fgets(line, sizeof line, stdin) && !opt.step) continue;
    exit(0);
}

int device_main(SpiceServer *server, void (*scene)(void))
{
    pthread_t thread;
    scene_function = scene;
    if (spice_server_init(server, core_interface())) return 1;
    audio_add(server, opt.scene);
    input_add(server, opt.scene);
    for (int i = 0; i < opt.displays; i++) {
        current = &devices[i];
        current->qxl.base.sif = &interface.base;
        current->qxl.id = i;
        if (spice_server_add_interface(server, &current->qxl.base)) return 1;
        create_primary_now(surface_init(0, SPICE_SURFACE_FMT_32_xRGB, opt.width, opt.height));
    }
    current = &devices[0];
    spice_server_vm_start(server);
    printf("{\"event\":\"listening\",\"port\":%d", listen_on_loopback(server, false));
    if (has_tls()) printf(",\"tlsPort\":%d", listen_on_loopback(server, true));
    puts("}");
    fflush(stdout);
    loop = g_main_loop_new(NULL, FALSE);
    if (pthread_create(&thread, NULL, script, NULL)) return 1;
    g_main_loop_run(loop);
    return 0;
}
