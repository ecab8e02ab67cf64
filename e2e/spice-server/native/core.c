/* Why: the event loop that the SPICE server asks its host for (timers and file watches), on GLib's main loop. */
#include "device.h"
#include <glib.h>

struct SpiceTimer {
    guint source;
    SpiceTimerFunc func;
    void *opaque;
};

struct SpiceWatch {
    guint source;
    int fd;
    SpiceWatchFunc func;
    void *opaque;
};

static void drop(guint *source)
{
    if (*source) g_source_remove(*source);
    *source = 0;
}

static SpiceTimer *timer_add(SpiceTimerFunc func, void *opaque)
{
    SpiceTimer *timer = g_new0(SpiceTimer, 1);
    timer->func = func;
    timer->opaque = opaque;
    return timer;
}

static gboolean timer_fired(gpointer data)
{
    SpiceTimer *timer = data;
    timer->source = 0; /* before the call: it may start itself again */
    timer->func(timer->opaque);
    return G_SOURCE_REMOVE;
}

static void timer_start(SpiceTimer *timer, uint32_t ms)
{
    drop(&timer->source);
    timer->source = g_timeout_add(ms, timer_fired, timer);
}

static void timer_cancel(SpiceTimer *timer) { drop(&timer->source); }

static void timer_remove(SpiceTimer *timer)
{
    drop(&timer->source);
    g_free(timer);
}

static gboolean watch_fired(GIOChannel *channel, GIOCondition condition, gpointer data)
{
    SpiceWatch *watch = data;
    int events = 0;
    (void)channel;
    if (condition & (G_IO_IN | G_IO_HUP | G_IO_ERR)) events |= SPICE_WATCH_EVENT_READ;
    if (condition & G_IO_OUT) events |= SPICE_WATCH_EVENT_WRITE;
    watch->func(watch->fd, events, watch->opaque);
    return G_SOURCE_CONTINUE;
}

static void watch_mask(SpiceWatch *watch, int events)
{
    drop(&watch->source);
    GIOCondition condition = 0;
    if (events & SPICE_WATCH_EVENT_READ) condition |= G_IO_IN | G_IO_HUP | G_IO_ERR;
    if (events & SPICE_WATCH_EVENT_WRITE) condition |= G_IO_OUT;
    if (!condition) return;
    GIOChannel *channel = g_io_channel_unix_new(watch->fd);
    watch->source = g_io_add_watch(channel, condition, watch_fired, watch);
    g_io_channel_unref(channel);
}

static SpiceWatch *watch_add(int fd, int events, SpiceWatchFunc func, void *opaque)
{
    SpiceWatch *watch = g_new0(SpiceWatch, 1);
    watch->fd = fd;
    watch->func = func;
    watch->opaque = opaque;
    watch_mask(watch, events);
    return watch;
}

static void watch_remove(SpiceWatch *watch)
{
    drop(&watch->source);
    g_free(watch);
}

static void channel_event(int event, SpiceChannelEventInfo *info)
{
    (void)event;
    (void)info;
}

SpiceCoreInterface *core_interface(void)
{
    static SpiceCoreInterface core = {
        .base = { .type = SPICE_INTERFACE_CORE,
                  .description = "latchkey test host",
                  .major_version = SPICE_INTERFACE_CORE_MAJOR,
                  .minor_version = SPICE_INTERFACE_CORE_MINOR },
        .timer_add = timer_add,
        .timer_start = timer_start,
        .timer_cancel = timer_cancel,
        .timer_remove = timer_remove,
        .watch_add = watch_add,
        .watch_update_mask = watch_mask,
        .watch_remove = watch_remove,
        .channel_event = channel_event,
    };
    return &core;
}
