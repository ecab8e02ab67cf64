// Why: what "the same in both shells" means, as one suite. It runs against the memory shell, the Chromium shell with a
// real browser, and the Electron shell's link. Test code only.
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Bootstrap } from '../../shared/view/view-state.ts'
import type { Reply } from '../../shared/ipc/contract.ts'
import { CREDIT_WINDOW, MAX_PIECE, type CloseReason } from '../../shared/ipc/port-protocol.ts'
import { AppError } from '../core/errors.ts'
import type { ByteChannel, RendererLink } from '../core/ports/shell.ts'
import { pattern, patternByte, type PortReport } from './contract-page.testkit.ts'

export interface ShellHarness {
  /** Opens the shell with CONTRACT_PAGE in its page. */
  open(attach: (link: RendererLink) => void): Promise<void>
  /** Calls window.testPage[method](...args) in the current life of the page. */
  call(method: string, ...args: unknown[]): Promise<unknown>
  /** The person presses Ctrl+R. */
  reload(): Promise<void>
  /** The page's process dies (absent where that cannot be done). */
  kill?(): Promise<void>
  close(): Promise<void>
}

const MIB5 = 5 * 1024 * 1024
const BOOT: Bootstrap = {
  version: '1', locale: 'en', organisation: '', message: 'Grüße 🙂 \u2028 </script>', power: [], fullscreen: false,
  consoleEngine: 'spice-html5', clipboard: { policy: 'off', maxBytes: 0 }, sound: true, onDisconnect: 'keep', view: { screen: 'booting' },
}

export function shellContract(title: string, make: () => Promise<ShellHarness>): void {
  describe(`shell contract: ${title}`, () => {
    let h: ShellHarness
    let link: RendererLink
    let lives = 0
    let nonces = 0

    /** Handlers as the app installs them: in attach, at once. */
    const attach = (next: RendererLink) => {
      lives++
      link = next
      link.handle('app.start', async () => BOOT)
      link.handle('ui.command', async (command) => {
        if (command.type === 'retry') throw new AppError('auth.rejected', 'the secret detail', { params: { user: 'anna\u202e' } })
        if (command.type === 'refresh') throw new Error('a stack that must stay here')
        if (command.type === 'cancel') return 'not null' as unknown as null
        return null
      })
    }
    const request = (name: string, input: unknown) => h.call('request', name, input) as Promise<Reply>
    const report = (nonce: string) => h.call('report', nonce) as Promise<PortReport>
    /** The page's answers may be lost with the page: a new life is waited for by asking it. */
    const nextLife = async (before: number) => {
      await vi.waitFor(() => expect(lives).toBe(before + 1), { timeout: 10_000, interval: 10 })
      await vi.waitFor(async () => expect(await request('app.start', { protocol: 1 })).toMatchObject({ ok: true }), { timeout: 10_000, interval: 20 })
    }
    const openChannel = async () => {
      const nonce = `contract-nonce-${String(++nonces).padStart(6, '0')}`
      const channel = await link.openByteChannel(nonce)
      const closed: CloseReason[] = []
      channel.onClosed((reason) => closed.push(reason))
      await vi.waitFor(async () => expect(await h.call('has', nonce)).toBe(true), { timeout: 5000, interval: 5 })
      return { nonce, channel, closed }
    }
    const until = (check: () => unknown) => vi.waitFor(async () => void (await check()), { timeout: 10_000, interval: 5 })
    const pump = async (channel: ByteChannel, bytes: Uint8Array) => {
      for (let at = 0; at < bytes.length; at += 50_000) {
        await channel.writable()
        channel.send(bytes.subarray(at, at + 50_000))
      }
    }

    beforeAll(async () => {
      h = await make()
      await h.open(attach)
      await until(() => expect(lives).toBe(1))
    }, 60_000)
    afterAll(async () => h?.close(), 30_000)
    // Each test starts with a fresh count of malformed requests and no channel.
    beforeEach(async () => {
      const before = lives
      await h.reload()
      await nextLife(before)
    }, 30_000)

    it('answers a request with the handler’s value, unchanged', async () => {
      expect(await request('app.start', { protocol: 1 })).toEqual({ ok: true, value: BOOT })
      expect(await request('ui.command', { type: 'dismiss' })).toEqual({ ok: true, value: null })
    })

    it('answers many requests at once, each with its own reply', async () => {
      const inputs = Array.from({ length: 40 }, (_, i) => (i % 2 ? { type: 'dismiss' } : { type: 'retry' }))
      const replies = (await h.call('requestMany', 'ui.command', inputs)) as Reply[]
      expect(replies.map((r) => r.ok)).toEqual(inputs.map((_, i) => i % 2 === 1))
    })

    it('lets an AppError cross as code, params and trace id, without its detail', async () => {
      const reply = await request('ui.command', { type: 'retry' })
      expect(reply).toEqual({ ok: false, error: { code: 'auth.rejected', params: { user: 'anna\u00a0' }, traceId: expect.stringMatching(/^T-/) as string } })
    })

    it('turns any other error, and an answer outside the contract, into internal.bug', async () => {
      const thrown = await request('ui.command', { type: 'refresh' })
      const broken = await request('ui.command', { type: 'cancel' })
      for (const reply of [thrown, broken]) expect(reply).toMatchObject({ ok: false, error: { code: 'internal.bug' } })
      expect(JSON.stringify(thrown)).not.toContain('stack')
    })

    it('refuses a request that has no handler', async () => {
      expect(await request('spice.open', { link: 'link-000001', channel: 1, id: 0 })).toMatchObject({ ok: false, error: { code: 'ipc.refused' } })
    })

    it.each([
      ['an unknown name', 'no.such.request', {}],
      ['a name of the prototype', 'constructor', {}],
      ['a wrong protocol', 'app.start', { protocol: 2 }],
      ['an extra field', 'app.start', { protocol: 1, extra: true }],
      ['no input', 'ui.command', null],
      ['a command too long', 'ui.command', { type: 'signIn', endpoint: '', user: 'x'.repeat(257), password: '' }],
    ])('refuses %s as ipc.malformed', async (_what, name, input) => {
      expect(await request(name, input)).toMatchObject({ ok: false, error: { code: 'ipc.malformed' } })
    })

    it('reloads a page after three malformed requests', async () => {
      const before = lives
      for (let i = 0; i < 2; i++) await request('app.start', { protocol: i + 7 })
      expect(lives).toBe(before)
      // Its answer may be lost with the page.
      void request('app.start', { protocol: 9 }).catch(() => {})
      await nextLife(before)
    })

    it('delivers events in order and refuses to emit what the contract does not know', async () => {
      for (let i = 0; i < 100; i++) link.emit('app.notice', { level: 'info', key: `n${i}` })
      await until(async () => expect(await h.call('events')).toHaveLength(100))
      expect(await h.call('events')).toEqual(Array.from({ length: 100 }, (_, i) => ['app.notice', { level: 'info', key: `n${i}` }]))
      expect(() => link.emit('app.notice', { level: 'info', ticket: 'x' } as never)).toThrow(/contract/)
    })

    it('carries 5 MiB to the page in order, in pieces within the limit', async () => {
      const { nonce, channel, closed } = await openChannel()
      await pump(channel, pattern(MIB5))
      await until(async () => expect((await report(nonce)).bytes).toBe(MIB5))
      const r = await report(nonce)
      expect(r).toMatchObject({ good: true, closed: null })
      expect(r.largest).toBeLessThanOrEqual(MAX_PIECE)
      expect(closed).toEqual([])
    }, 30_000)

    it('takes one send of 5 MiB as well', async () => {
      const { nonce, channel } = await openChannel()
      channel.send(pattern(MIB5))
      await until(async () => expect(await report(nonce)).toMatchObject({ bytes: MIB5, good: true, largest: MAX_PIECE }))
    }, 30_000)

    it('carries 5 MiB from the page in order', async () => {
      const { nonce, channel } = await openChannel()
      let at = 0
      let good = true
      channel.onBytes((bytes) => {
        for (const byte of bytes) if (byte !== patternByte(at++)) good = false
      })
      await h.call('sendBytes', nonce, MIB5)
      await until(() => expect(at).toBe(MIB5))
      expect(good).toBe(true)
    }, 30_000)

    it('keeps what the page says before anybody listens', async () => {
      const { nonce, channel } = await openChannel()
      await h.call('sendBytes', nonce, 70_000)
      await h.call('report', nonce)
      const got: number[] = []
      channel.onBytes((bytes) => got.push(bytes.length))
      await until(() => expect(got).toEqual([MAX_PIECE, 70_000 - MAX_PIECE]))
    })

    it('keeps two channels apart', async () => {
      const a = await openChannel()
      const b = await openChannel()
      a.channel.send(pattern(1000))
      b.channel.send(pattern(2000))
      a.channel.close('timeout')
      await until(async () => expect(await report(a.nonce)).toMatchObject({ bytes: 1000, good: true, closed: 'timeout' }))
      await until(async () => expect(await report(b.nonce)).toMatchObject({ bytes: 2000, good: true, closed: null }))
    })

    it('sends no more than the credit, and goes on as the page acknowledges', async () => {
      const { nonce, channel } = await openChannel()
      await h.call('setAck', nonce, false)
      channel.send(pattern((CREDIT_WINDOW + 4) * MAX_PIECE))
      await until(async () => expect((await report(nonce)).pieces).toBe(CREDIT_WINDOW))
      let writable = false
      void channel.writable().then(() => (writable = true))
      await h.call('ack', nonce, 3)
      await until(async () => expect((await report(nonce)).pieces).toBe(CREDIT_WINDOW + 3))
      expect(writable).toBe(false)
      await h.call('ack', nonce, 2)
      await until(() => expect(writable).toBe(true))
      expect(await report(nonce)).toMatchObject({ good: true })
    })

    it('closes as lost when more than the queue’s limit waits for a page that takes nothing', async () => {
      const { nonce, channel, closed } = await openChannel()
      await h.call('setAck', nonce, false)
      const block = new Uint8Array(16 * 1024 * 1024)
      for (let i = 0; i < 4; i++) channel.send(block)
      expect(closed).toEqual([])
      channel.send(block)
      expect(closed).toEqual(['lost'])
      await channel.writable()
      await until(async () => expect((await report(nonce)).closed).toBe('lost'))
    })

    it.each(['lost', 'refused', 'ticket-refused', 'timeout', 'shutdown'] as const)('tells the page the close reason %s, once', async (reason) => {
      const { nonce, channel, closed } = await openChannel()
      channel.close(reason)
      channel.close('lost')
      channel.send(pattern(10))
      await until(async () => expect((await report(nonce)).closed).toBe(reason))
      expect(closed).toEqual([reason])
      expect((await report(nonce)).bytes).toBe(0)
    })

    it('delivers everything that waits before it closes as ended', async () => {
      const { nonce, channel, closed } = await openChannel()
      const total = (CREDIT_WINDOW * 3) * MAX_PIECE
      channel.send(pattern(total))
      channel.close('ended')
      await until(async () => expect((await report(nonce)).closed).toBe('ended'))
      expect(await report(nonce)).toMatchObject({ bytes: total, good: true })
      expect(closed).toEqual(['ended'])
    })

    it('closes as closed-by-page', async () => {
      const { nonce, closed } = await openChannel()
      await h.call('close', nonce)
      await until(() => expect(closed).toEqual(['closed-by-page']))
    })

    it.each([
      ['an oversized piece', 'sendOversize', []],
      ['an unknown message', 'sendNonsense', []],
      ['credit that was never given', 'ack', [1]],
      ['negative credit', 'ack', [-1]],
      ['fractional credit', 'ack', [0.5]],
    ] as const)('closes as refused on %s', async (_what, method, args) => {
      const { nonce, closed } = await openChannel()
      await h.call(method, nonce, ...args)
      await until(() => expect(closed).toEqual(['refused']))
      await until(async () => expect((await report(nonce)).closed).toBe('refused'))
    })

    it('refuses a nonce outside the contract', async () => {
      await expect(link.openByteChannel('short')).rejects.toMatchObject({ code: 'internal.bug' })
    })

    it('ends channels as lost and tells it when the page is reloaded; the new life works', async () => {
      const { closed } = await openChannel()
      const old = link
      let gone = 0
      old.onGone(() => gone++)
      const before = lives
      await h.reload()
      await nextLife(before)
      expect(closed).toEqual(['lost'])
      expect(gone).toBe(1)
      expect(link).not.toBe(old)
      await expect(old.openByteChannel('contract-nonce-after')).rejects.toMatchObject({ code: 'cancelled' })
      old.emit('app.notice', { level: 'info', key: 'from-the-past' })
      link.emit('app.notice', { level: 'info', key: 'now' })
      await until(async () => expect(await h.call('events')).toEqual([['app.notice', { level: 'info', key: 'now' }]]))
      const { nonce, channel } = await openChannel()
      channel.send(pattern(100))
      await until(async () => expect(await report(nonce)).toMatchObject({ bytes: 100, good: true }))
    }, 30_000)

    it('comes back with a new life after the page’s process died', async (t) => {
      const kill = h.kill?.bind(h)
      if (!kill) return t.skip()
      const { closed } = await openChannel()
      const before = lives
      await kill()
      await nextLife(before)
      expect(closed).toEqual(['lost'])
    }, 30_000)
  })
}
