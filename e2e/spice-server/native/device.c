/* Why: the QXL device itself: gives the server one command at a time, and the next one only when the client's kernel has
 * every byte of the ones before. */
#include "device.h"
#include <arpa/inet.h>
#include <glib.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_CLIENT_SOCKETS 32

typedef struct Block {
    struct Block *next;
    max_align_t data[];
} Block;

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

Options opt;
static Device devices[MAX_DISPLAYS];
static Device *current = &devices[0];
static struct { int fd; int port; } sockets[MAX_CLIENT_SOCKETS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
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

/* ---- what has reached the client */

static int peer_port(int fd)
{
    struct sockaddr_in peer;
    socklen_t size = sizeof peer;
    return getpeername(fd, (struct sockaddr *)&peer, &size) ? -1 : ntohs(peer.sin_port);
}

/* The server owns and closes these descriptors: one whose peer changed is another socket, and forgotten. */
static bool alive(int i)
{
    if (sockets[i].fd > 0 && peer_port(sockets[i].fd) != sockets[i].port) sockets[i].fd = 0;
    return sockets[i].fd > 0;
}

static bool drained(void)
{
    for (int i = 0; i < MAX_CLIENT_SOCKETS; i++) {
        int unsent = 0;
        if (alive(i) && ioctl(sockets[i].fd, SIOCOUTQ, &unsent) == 0 && unsent > 0) return false;
    }
    return true;
}

static void print_sent(void)
{
    const char *comma = "";
    printf("\"sent\":{");
    for (int i = 0; i < MAX_CLIENT_SOCKETS; i++) {
        struct tcp_info info;
        socklen_t size = sizeof info;
        memset(&info, 0, sizeof info);
        if (!alive(i) || getsockopt(sockets[i].fd, IPPROTO_TCP, TCP_INFO, &info, &size)) continue;
        printf("%s\"%d\":%llu", comma, sockets[i].port,
               (unsigned long long)(info.tcpi_bytes_sent - info.tcpi_bytes_retrans));
        comma = ",";
    }
    printf("}");
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
static bool has_client(Device *d) { return d->client; }

static void hand_over(Cmd *c, int which)
{
    pthread_mutex_lock(&lock);
    current->pending[which] = c;
    turn_until(current, taken);
    pthread_mutex_unlock(&lock);
}

static void settle(void)
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

static int bytes_per_row(int format, int width)
{
    switch (format) {
    case SPICE_SURFACE_FMT_8_A: return (width + 3) & ~3;
    case SPICE_SURFACE_FMT_16_555:
    case SPICE_SURFACE_FMT_16_565: return (width * 2 + 3) & ~3;
    default: return width * 4;
    }
}

static Surface *surface_init(uint32_t id, int format, int width, int height)
{
    Surface *s = &current->surfaces[id];
    g_free(s->mem);
    *s = (Surface){ .format = format, .width = width, .height = height, .stride = bytes_per_row(format, width) };
    s->mem = g_malloc0((size_t)s->stride * (size_t)height);
    return s;
}

void surface_create(uint32_t id, int format, int width, int height)
{
    Surface *s = surface_init(id, format, width, height);
    Cmd *c = cmd_new();
    c->u.surface.release_info.id = (uintptr_t)c;
    c->u.surface.surface_id = id;
    c->u.surface.type = QXL_SURFACE_CMD_CREATE;
    c->u.surface.u.surface_create = (QXLSurface){ .format = (uint32_t)format, .width = (uint32_t)width,
        .height = (uint32_t)height, .stride = s->stride, .data = (uintptr_t)s->mem };
    c->ext.cmd.type = QXL_CMD_SURFACE;
    c->ext.cmd.data = (uintptr_t)&c->u.surface;
    emit(c);
}

void surface_destroy(uint32_t id)
{
    Cmd *c = cmd_new();
    c->u.surface.release_info.id = (uintptr_t)c;
    c->u.surface.surface_id = id;
    c->u.surface.type = QXL_SURFACE_CMD_DESTROY;
    c->ext.cmd.type = QXL_CMD_SURFACE;
    c->ext.cmd.data = (uintptr_t)&c->u.surface;
    emit(c);
    settle(); /* its memory stays: the server may still hold draws that read it */
    current->surfaces[id].mem = NULL;
}

static void create_primary_now(void *arg)
{
    Surface *s = arg;
    QXLDevSurfaceCreate create = { .format = (uint32_t)s->format, .width = (uint32_t)s->width,
        .height = (uint32_t)s->height, .stride = s->stride, .mouse_mode = 1, .type = QXL_SURF_TYPE_PRIMARY,
        .mem = (uintptr_t)s->mem };
    spice_qxl_create_primary_surface(&current->qxl, 0, &create);
}

static void destroy_primary_now(void *arg) { (void)arg; spice_qxl_destroy_primary_surface(&current->qxl, 0); }
static void reset_cache_now(void *arg) { (void)arg; spice_qxl_reset_image_cache(&current->qxl); }
static void reset_cursor_now(void *arg) { (void)arg; spice_qxl_reset_cursor(&current->qxl); }
static void destroy_surfaces_now(void *arg) { (void)arg; spice_qxl_destroy_surfaces(&current->qxl); }

void primary_create(int format, int width, int height) { on_main(create_primary_now, surface_init(0, format, width, height)); }
void primary_destroy(void) { on_main(destroy_primary_now, NULL); }
void reset_image_cache(void) { on_main(reset_cache_now, NULL); }
void reset_cursor(void) { on_main(reset_cursor_now, NULL); }
void destroy_surfaces(void) { on_main(destroy_surfaces_now, NULL); }

void monitors_config(const QXLHead *heads, int count, int max_allowed)
{
    QXLMonitorsConfig *config = g_malloc0(sizeof *config + sizeof *heads * (size_t)count);
    bool done = false;
    config->count = (uint16_t)count;
    config->max_allowed = (uint16_t)max_allowed;
    memcpy(config->heads, heads, sizeof *heads * (size_t)count);
    spice_qxl_monitors_config_async(&current->qxl, (uintptr_t)config, 0, (uintptr_t)&done);
    pthread_mutex_lock(&lock);
    while (!done) pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    g_free(config);
    settle();
}

static void wait_for_go(void)
{
    char line[64];
    if (opt.step && !fgets(line, sizeof line, stdin)) exit(0);
}

void oracle(uint32_t surface, const char *label)
{
    static int number;
    Surface *s = &current->surfaces[surface];
    QXLRect all = { .top = 0, .left = 0, .bottom = s->height, .right = s->width };
    char path[4096];
    settle();
    spice_qxl_update_area(&current->qxl, surface, &all, NULL, 0, 0);
    settle();
    snprintf(path, sizeof path, "%s/oracle-%d.raw", opt.out, number++);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(s->mem, (size_t)s->stride, (size_t)s->height, file) != (size_t)s->height || fclose(file)) {
        perror(path);
        exit(1);
    }
    printf("{\"event\":\"oracle\",\"display\":%d,\"surface\":%u,\"label\":\"%s\",\"format\":%d,\"width\":%d,\"height\":%d,"
           "\"stride\":%d,\"file\":\"%s\",", (int)(current - devices), surface, label, s->format, s->width, s->height,
           s->stride, path);
    print_sent();
    printf("}\n");
    fflush(stdout);
    wait_for_go();
}

static void *script(void *arg)
{
    (void)arg;
    for (int i = 0; i < opt.displays; i++) {
        pthread_mutex_lock(&lock);
        turn_until(&devices[i], has_client);
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

static SpiceServer *accepting;

static gboolean accept_client(GIOChannel *channel, GIOCondition condition, gpointer data)
{
    (void)condition;
    (void)data;
    int fd = accept(g_io_channel_unix_get_fd(channel), NULL, NULL);
    if (fd < 0) return G_SOURCE_CONTINUE;
    for (int i = 0; i < MAX_CLIENT_SOCKETS; i++) {
        if (alive(i)) continue;
        sockets[i].port = peer_port(fd);
        sockets[i].fd = fd;
        break;
    }
    if (spice_server_add_client(accepting, fd, 0)) close(fd);
    return G_SOURCE_CONTINUE;
}

/* Our own listening socket, so that the port is the kernel's choice and the clients' sockets can be asked what is unsent. */
static int listen_on_loopback(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) || listen(fd, 16)
        || getsockname(fd, (struct sockaddr *)&address, &size)) {
        perror("listen");
        exit(1);
    }
    g_io_add_watch(g_io_channel_unix_new(fd), G_IO_IN, accept_client, NULL);
    return ntohs(address.sin_port);
}

int device_main(SpiceServer *server, void (*scene)(void))
{
    pthread_t thread;
    scene_function = scene;
    accepting = server;
    if (spice_server_init(server, core_interface())) return 1;
    for (int i = 0; i < opt.displays; i++) {
        current = &devices[i];
        current->qxl.base.sif = &interface.base;
        current->qxl.id = i;
        if (spice_server_add_interface(server, &current->qxl.base)) return 1;
        create_primary_now(surface_init(0, SPICE_SURFACE_FMT_32_xRGB, opt.width, opt.height));
    }
    current = &devices[0];
    spice_server_vm_start(server);
    printf("{\"event\":\"listening\",\"port\":%d}\n", listen_on_loopback());
    fflush(stdout);
    loop = g_main_loop_new(NULL, FALSE);
    if (pthread_create(&thread, NULL, script, NULL)) return 1;
    g_main_loop_run(loop);
    return 0;
}
