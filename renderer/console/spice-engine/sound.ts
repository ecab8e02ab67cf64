// Why: the sink of the playback channel: it lives in the page, because only a page has a sound device. What it costs is a
// decoder call per packet; the mixing is done by the audio thread.
import { playbackChannel } from '../../spice/media/playback.ts'
import { decodesOpus, webAudioOutput, webCodecsOpus } from '../../spice/media/web-audio.ts'
import { systemClock } from '../../spice/session/clock.ts'
import type { ChannelOpener } from '../../spice/session/byte-channel.ts'
import { localSink, type ChannelSink, type SinkChannel } from '../../spice/session/sink.ts'
import { unsealed } from './unsealed.ts'
import workletUrl from '../../spice/media/playback-worklet.ts?worker&url'

/** @param onDelay sound that waits until it is heard, ms; undefined: none plays */
export function soundSink(openChannel: ChannelOpener, onDelay: (ms: number | undefined) => void): ChannelSink {
  const opus = decodesOpus()
  // Once: a guest begins and ends its sounds all day long.
  let told = false
  const silent = (why: string): void => {
    if (!told) console.warn(`console: no sound is heard: ${why.slice(0, 200)}`)
    told = true
  }
  return {
    attach(offer, reports) {
      let end: SinkChannel | undefined
      let over = false
      // What is offered to the server has to be known before the link.
      void opus.then((can) => {
        if (over) return
        const sink = localSink({ openChannel, clock: systemClock, cipher: unsealed }, () =>
          playbackChannel({
            output: (channels, rate) => webAudioOutput(channels, rate, workletUrl, onDelay, silent),
            opus: can ? webCodecsOpus : undefined,
            onPlaying: (playing) => { if (!playing) onDelay(undefined) },
          }),
        )
        end = sink.attach(offer, reports)
      })
      return {
        close: () => {
          over = true
          end?.close()
        },
      }
    },
  }
}
