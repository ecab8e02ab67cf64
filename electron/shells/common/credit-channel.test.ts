// Why: order, credit and bounds hold for any interleaving of sends and acknowledgements, not only for the usual one.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CREDIT_WINDOW, MAX_PIECE, type CloseReason } from '../../../shared/ipc/port-protocol.ts'
import { createCreditChannel } from './credit-channel.ts'

function make() {
  const posted: Uint8Array[] = []
  const controls: CloseReason[] = []
  let released = 0
  const { channel, inlet } = createCreditChannel({
    postBytes: (b) => void posted.push(b),
    postControl: (c) => void controls.push(c.reason),
    release: () => void released++,
  })
  const closed: CloseReason[] = []
  channel.onClosed((r) => closed.push(r))
  return { channel, inlet, posted, controls, closed, released: () => released }
}

it('keeps order and never has more than the window under way, for any interleaving', () => {
  const step = fc.oneof(
    fc.record({ send: fc.integer({ min: 0, max: 3 * MAX_PIECE }) }),
    fc.record({ ack: fc.integer({ min: 1, max: CREDIT_WINDOW }) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { channel, inlet, posted, closed } = make()
      let sent = 0
      let acked = 0
      for (const s of steps) {
        if ('send' in s) {
          channel.send(new Uint8Array(s.send).map((_, i) => (sent + i) % 251))
          sent += s.send
        } else {
          const n = Math.min(s.ack, posted.length - acked)
          if (n > 0) {
            inlet.receive({ t: 'ack', n })
            acked += n
          }
        }
        expect(posted.length - acked).toBeLessThanOrEqual(CREDIT_WINDOW)
      }
      while (posted.length > acked) {
        inlet.receive({ t: 'ack', n: 1 })
        acked++
      }
      const all = Buffer.concat(posted)
      expect(all.length).toBe(sent)
      expect(all.every((b, i) => b === i % 251)).toBe(true)
      expect(closed).toEqual([])
    }),
    { numRuns: 60 },
  )
})

it('any message that is not of the protocol closes the channel as refused and releases it once', () => {
  const odd = fc.oneof(fc.anything(), fc.record({ t: fc.constant('ack'), n: fc.anything() }), fc.record({ t: fc.string() }))
  fc.assert(
    fc.property(odd, (message) => {
      fc.pre(!(message instanceof Uint8Array || message instanceof ArrayBuffer) && (message as { t?: unknown } | null)?.t !== 'close')
      const { channel, inlet, closed, controls, released } = make()
      inlet.receive(message)
      inlet.receive(message)
      channel.send(new Uint8Array(1))
      expect([closed, controls, released()]).toEqual([['refused'], ['refused'], 1])
    }),
  )
})

it('a flood before anybody listens is refused', () => {
  const { inlet, closed } = make()
  for (let i = 0; i < 16; i++) inlet.receive(new Uint8Array(MAX_PIECE))
  expect(closed).toEqual([])
  inlet.receive(new Uint8Array(MAX_PIECE))
  expect(closed).toEqual(['refused'])
})

it('writable resolves when the channel closes, so that nobody waits for ever', async () => {
  const { channel, inlet, closed } = make()
  channel.send(new Uint8Array((CREDIT_WINDOW + 1) * MAX_PIECE))
  const waiting = channel.writable()
  inlet.gone()
  await waiting
  expect(closed).toEqual(['lost'])
})

it('a listener that comes after the end still hears of it', () => {
  const { channel } = make()
  channel.close('timeout')
  const late: CloseReason[] = []
  channel.onClosed((r) => late.push(r))
  expect(late).toEqual(['timeout'])
})

it('another reason overrides an end that is still being delivered', () => {
  const { channel, closed } = make()
  channel.send(new Uint8Array((CREDIT_WINDOW + 1) * MAX_PIECE))
  channel.close('ended')
  expect(closed).toEqual([])
  channel.close('shutdown')
  expect(closed).toEqual(['shutdown'])
})
