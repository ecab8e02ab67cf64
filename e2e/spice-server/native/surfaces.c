/* Why: a scene's surfaces and the memory that the server draws them in, which is also where their pictures are read. */
#include "device.h"
#include "device-internal.h"
#include <glib.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int bytes_per_row(int format, int width)
{
    switch (format) {
    case SPICE_SURFACE_FMT_8_A: return (width + 3) & ~3;
    case SPICE_SURFACE_FMT_16_555:
    case SPICE_SURFACE_FMT_16_565: return (width * 2 + 3) & ~3;
    default: return width * 4;
    }
}

Surface *surface_init(uint32_t id, int format, int width, int height)
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

void create_primary_now(void *arg)
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
