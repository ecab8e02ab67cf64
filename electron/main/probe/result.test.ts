import { expect, it } from 'vitest'
import { ProbeReport } from '../../../shared/ipc/probe.ts'
import { AppError } from '../../core/errors.ts'
import { describe as describeResult, resultOf } from './result.ts'

const report = ProbeReport.parse({
  channels: [
    { type: 1, id: 0, bytes: 400, messages: 5, lost: 0 },
    { type: 2, id: 0, bytes: 2_000_000, messages: 90, lost: 1 },
    { type: 2, id: 1, bytes: 600, messages: 5, lost: 0 },
  ],
  seconds: 2.00049,
  draws: 80,
  pixels: 12_345_678,
  images: { LZ_RGB: 3, QUIC: 70 },
  decodeMs: 12.34567,
  presentedFrames: 60,
  longTasksMs: 0,
  rttMs: 0.41,
  heapMB: 20.5,
})
const same = (text: string): string => text

it('adds up the channels', () => {
  const result = resultOf(report, undefined, same)
  expect(Object.keys(result)).toEqual(['ok', 'channels', 'seconds', 'bytes', 'messages', 'draws', 'pixels', 'images', 'decodeMs', 'presentedFrames', 'longTasksMs', 'rttMs', 'heapMB'])
  expect(result).toMatchObject({ ok: true, bytes: 2_001_000, messages: 100, seconds: 2, decodeMs: 12.346 })
  expect(result.channels.map((c) => `${c.type} ${c.id}`)).toEqual(['main 0', 'display 0', 'display 1'])
})

it('is the same object without a report, with an error whose detail is redacted', () => {
  const error = new AppError('spice.link-failed', 'said "open sesame"')
  const result = resultOf(undefined, error, (text) => text.replace('open sesame', '[secret]'))
  expect(result).toEqual({
    ok: false, error: { code: 'spice.link-failed', detail: 'said "[secret]"' }, channels: [], seconds: 0, bytes: 0, messages: 0, draws: 0, pixels: 0, images: {},
    decodeMs: 0, presentedFrames: 0, longTasksMs: 0, rttMs: null, heapMB: null,
  })
  expect(describeResult(result, 'h:1')).toBe('')
})

it('tells a person', () => {
  expect(describeResult(resultOf(report, undefined, same), 'h:5900', { file: 'a.png', width: 800, height: 600 })).toBe(
    [
      'display     h:5900, connected for 2.0 s',
      'channels    main, display, display 1',
      'received    2.0 MB in 100 messages, 1 of them not understood',
      'drawn       80 draws, 12.3 million pixels, 60 frames presented',
      'images      70 QUIC, 3 LZ_RGB',
      'decoding    12 ms',
      'round trip  0.4 ms',
      'main thread never blocked for 50 ms',
      'memory      20.5 MB',
      'picture     a.png, 800 × 600',
      '',
    ].join('\n'),
  )
})
