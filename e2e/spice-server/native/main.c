/* Why: a SPICE server that shows one scene to one client and says what it should look like. Events, one JSON object a
 * line, go to stdout: listening {port}, client, oracle {...}, done; log lines go to stderr. Ends when stdin does. */
#include "content.h"
#include "device.h"
#include "scenes.h"
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const Scene *const tables[] = { copy_scenes, fill_scenes, draw_scenes, line_scenes, composite_scenes,
                                     clip_scenes, surface_scenes, cache_scenes, other_scenes, load_scenes, audio_scenes,
                                     input_scenes };

static void (*find(const char *name))(void)
{
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (const Scene *s = tables[t]; s->name; s++)
            if (!strcmp(s->name, name)) return s->run;
    return NULL;
}

static void list(void)
{
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (const Scene *s = tables[t]; s->name; s++) puts(s->name);
}

/* The position of `word` in a list that NULL ends, counted from 1. */
static int one_of(const char *word, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        if (!strcmp(words[i], word)) return i + 1;
    fprintf(stderr, "no such value: %s\n", word);
    exit(2);
}

static const char *const compressions[] = { "off", "auto_glz", "auto_lz", "quic", "glz", "lz", "lz4", NULL };
static const char *const wan[] = { "auto", "always", "never", NULL };
static const char *const video[] = { "off", "all", "filter", NULL };

int main(int argc, char **argv)
{
    static const struct option options[] = {
        { "compression", 1, NULL, 'c' }, { "jpeg", 1, NULL, 'j' }, { "zlib", 1, NULL, 'z' }, { "video", 1, NULL, 'v' },
        { "codecs", 1, NULL, 'k' }, { "width", 1, NULL, 'w' }, { "height", 1, NULL, 'h' }, { "out", 1, NULL, 'o' },
        { "seed", 1, NULL, 's' }, { "frames", 1, NULL, 'f' }, { "displays", 1, NULL, 'd' }, { "argument", 1, NULL, 'a' },
        { "tls-cert", 1, NULL, 'C' }, { "tls-key", 1, NULL, 'K' }, { "tls-ca", 1, NULL, 'A' }, { "secure-only", 1, NULL, 'S' },
        { "step", 0, NULL, 'p' }, { "ticket-on-stdin", 0, NULL, 't' }, { "list", 0, NULL, 'l' }, { NULL, 0, NULL, 0 },
    };
    SpiceServer *server = spice_server_new();
    bool ticket = false;
    const char *cert = NULL, *key = NULL, *ca = NULL;
    int c;
    opt = (Options){ .width = 640, .height = 400, .displays = 1, .frames = 100, .seed = 1, .out = ".", .argument = -1 };
    signal(SIGPIPE, SIG_IGN);
    spice_server_set_image_compression(server, SPICE_IMAGE_COMPRESSION_OFF);
    spice_server_set_jpeg_compression(server, SPICE_WAN_COMPRESSION_NEVER);
    spice_server_set_zlib_glz_compression(server, SPICE_WAN_COMPRESSION_NEVER);
    spice_server_set_streaming_video(server, SPICE_STREAM_VIDEO_OFF);
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (c) {
        case 'c': spice_server_set_image_compression(server, (SpiceImageCompression)one_of(optarg, compressions)); break;
        case 'j': spice_server_set_jpeg_compression(server, (spice_wan_compression_t)one_of(optarg, wan)); break;
        case 'z': spice_server_set_zlib_glz_compression(server, (spice_wan_compression_t)one_of(optarg, wan)); break;
        case 'v': spice_server_set_streaming_video(server, one_of(optarg, video)); break;
        case 'k': spice_server_set_video_codecs(server, optarg); break;
        case 'w': opt.width = atoi(optarg); break;
        case 'h': opt.height = atoi(optarg); break;
        case 'o': opt.out = optarg; break;
        case 's': opt.seed = (uint32_t)atol(optarg); break;
        case 'f': opt.frames = atoi(optarg); break;
        case 'd': opt.displays = atoi(optarg); break;
        case 'a': opt.argument = atoi(optarg); break;
        case 'C': cert = optarg; break;
        case 'K': key = optarg; break;
        case 'A': ca = optarg; break;
        case 'S': spice_server_set_channel_security(server, optarg, SPICE_CHANNEL_SECURITY_SSL); break;
        case 'p': opt.step = true; break;
        case 't': ticket = true; break;
        case 'l': list(); return 0;
        default: return 2;
        }
    }
    opt.scene = optind < argc ? argv[optind] : "";
    void (*scene)(void) = find(opt.scene);
    if (!scene || opt.displays < 1 || opt.displays > MAX_DISPLAYS) {
        fprintf(stderr, "no such scene: %s (see --list)\n", opt.scene);
        return 2;
    }
    if (ticket) {
        char line[128] = "";
        if (!fgets(line, sizeof line, stdin)) return 2;
        line[strcspn(line, "\n")] = 0;
        spice_server_set_ticket(server, line, 0, 0, 0);
    } else {
        spice_server_set_noauth(server);
    }
    if (cert && !(key && ca && use_tls(server, cert, key, ca))) {
        fprintf(stderr, "--tls-cert needs --tls-key and --tls-ca, and all three PEM files\n");
        return 2;
    }
    spice_server_set_agent_mouse(server, 0);
    seed_random(opt.seed);
    return device_main(server, scene);
}
