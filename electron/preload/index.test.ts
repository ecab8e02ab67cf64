import { beforeAll, describe, expect, it, vi } from 'vitest'
import { preloadBundle, runPreload } from '../shells/electron/preload-page.testkit.ts'
import { PORT_MESSAGE } from '../../shared/ipc/port-protocol.ts'
import { APP_ORIGIN, EVENT_CHANNEL, PORT_CHANNEL, REQUEST_CHANNEL } from './names.ts'

type Bridge = { protocol: number; request(name: string, input: unknown): Promise<unknown>; subscribe(fn: (...args: unknown[]) => void): () => void }
let bundle: string
beforeAll(async () => void (bundle = await preloadBundle()))
const start = (origin?: string) => {
  const invoke = vi.fn((..._args: unknown[]) => Promise.resolve({ ok: true, value: null }))
  const run = runPreload(bundle, invoke, origin)
  return { ...run, invoke, bridge: run.exposed[0]?.[1] as unknown as Bridge }
}

describe('window.latchkey', () => {
  it('is the one thing that is exposed, with these keys', () => {
    const { exposed, required } = start()
    expect(exposed.map(([key, api]) => [key, Object.keys(api).sort()])).toEqual([['latchkey', ['protocol', 'request', 'subscribe']]])
    expect(required).toEqual(['electron'])
  })
  it.each(['null', 'about:blank', 'https://latchkey', 'app://evil', 'file://', ''])('does not exist on a page of %j', (origin) => {
    const { exposed, ipc } = start(origin)
    expect(exposed).toEqual([])
    expect(ipc.eventNames()).toEqual([])
  })
  it('passes name and input on the one channel, and returns the reply', async () => {
    const { bridge, invoke } = start()
    expect(bridge.protocol).toBe(1)
    expect(await bridge.request('app.start', { protocol: 1 })).toEqual({ ok: true, value: null })
    expect(invoke.mock.calls).toEqual([[REQUEST_CHANNEL, 'app.start', { protocol: 1 }]])
  })
  it('gives events without their event object, until unsubscribed', () => {
    const { bridge, ipc } = start()
    const listener = vi.fn()
    const stop = bridge.subscribe(listener)
    ipc.emit(EVENT_CHANNEL, { sender: 'ipcRenderer' }, 'view.changed', { screen: 'booting' })
    expect(stop()).toBeUndefined()
    ipc.emit(EVENT_CHANNEL, { sender: 'ipcRenderer' }, 'view.changed', { screen: 'ending' })
    expect(listener.mock.calls).toEqual([['view.changed', { screen: 'booting' }]])
    expect(ipc.listenerCount(EVENT_CHANNEL)).toBe(0)
  })
  it('hands a port to the page as a window message of our origin', () => {
    const { window, ipc } = start()
    const got = vi.fn()
    window.addEventListener('message', got)
    const port = {}
    ipc.emit(PORT_CHANNEL, { ports: [port] }, 'a-nonce')
    ipc.emit(PORT_CHANNEL, { ports: [] }, 'no-port')
    expect(got.mock.calls).toEqual([[{ data: { type: PORT_MESSAGE, nonce: 'a-nonce' }, origin: APP_ORIGIN, ports: [port] }]])
  })
})
