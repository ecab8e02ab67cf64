/* Why: sound: a tone, stopped and started, with volume and mute; raw, or Opus where both ends know it. The interface must
 * exist before a client asks for the list of channels, so it is added at start, for these scenes only. */
#include "device.h"
#include "scenes.h"
#include <string.h>

static SpicePlaybackInstance playback;
static const SpicePlaybackInterface playback_interface = {
    .base = { .type = SPICE_INTERFACE_PLAYBACK, .description = "latchkey tone", .major_version = SPICE_INTERFACE_PLAYBACK_MAJOR,
              .minor_version = SPICE_INTERFACE_PLAYBACK_MINOR },
};
static uint32_t position;

void audio_add(SpiceServer *server, const char *scene)
{
    if (strncmp(scene, "playback", 8)) return;
    if (!strcmp(scene, "playback-raw")) spice_server_set_playback_compression(server, 0);
    playback.base.sif = &playback_interface.base;
    spice_server_add_interface(server, &playback.base);
    spice_server_set_playback_rate(&playback, spice_server_get_best_playback_rate(NULL));
}

/* A triangle wave of about 430 Hz, left, and half of that, right. */
static uint32_t sample(uint32_t t)
{
    int left = (int)(t * 600 & 0xffff), right = (int)(t * 300 & 0xffff);
    int16_t l = (int16_t)((left < 0x8000 ? left : 0xffff - left) - 0x4000), r = (int16_t)((right < 0x8000 ? right : 0xffff - right) - 0x4000);
    return (uint32_t)(uint16_t)l | (uint32_t)(uint16_t)r << 16;
}

static void start(void *arg) { (void)arg; spice_server_playback_start(&playback); }
static void stop(void *arg) { (void)arg; spice_server_playback_stop(&playback); }

static void volume(void *arg)
{
    uint16_t levels[2] = { 0x4000, 0xc000 };
    spice_server_playback_set_volume(&playback, 2, levels);
    spice_server_playback_set_mute(&playback, *(int *)arg ? 1 : 0);
}

static void put(void *arg)
{
    uint32_t *samples = NULL, count = 0;
    (void)arg;
    spice_server_playback_get_buffer(&playback, &samples, &count);
    if (!samples) return;
    for (uint32_t i = 0; i < count; i++) samples[i] = sample(position++);
    spice_server_playback_put_samples(&playback, samples);
}

static void tone(void)
{
    int muted = 1, loud = 0;
    on_main(start, NULL);
    on_main(volume, &loud);
    for (int i = 0; i < opt.frames; i++) {
        if (i == opt.frames / 3) on_main(volume, &muted);
        if (i == opt.frames / 2) {
            on_main(volume, &loud);
            on_main(stop, NULL);
            on_main(start, NULL);
        }
        on_main(put, NULL);
        pause_ms(9);
    }
    on_main(stop, NULL);
}

const Scene audio_scenes[] = { { "playback", tone }, { "playback-raw", tone }, { NULL, NULL } };
