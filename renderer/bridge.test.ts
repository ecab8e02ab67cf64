// @vitest-environment happy-dom
// Why: what comes from the other side is data until it has been parsed; a port only counts from this very window.
import { describe, expect, test } from 'vitest'
import { PORT_MESSAGE } from '../shared/ipc/port-protocol.ts'
import { LinkId } from '../shared/view/ui-command.ts'
import { createBridge, RequestError } from './bridge.ts'
import { bootstrap } from './dev-views.ts'

type Listener = (name: string, payload: unknown) => void

function setup(answer: (name: string, input: unknown) => unknown) {
  const listeners = new Set<Listener>()
  const asked: { name: string; input: unknown }[] = []
  const bridge = createBridge(window, {
    protocol: 1,
    request: (name, input) => {
      asked.push({ name, input })
      return Promise.resolve(answer(name, input)) as never
    },
    subscribe: (listener) => { listeners.add(listener); return () => { listeners.delete(listener) } },
  })
  return { bridge, asked, emit: (name: string, payload: unknown) => { for (const l of listeners) l(name, payload) } }
}
const code = async (promise: Promise<unknown>): Promise<string> => {
  try { await promise } catch (e) { return e instanceof RequestError ? e.error.code : String(e) }
  return 'no error'
}
const nonce = 'abcdefghijklmnop'
const message = (data: unknown, init: { source?: unknown; origin?: string; ports?: unknown[] }): void => {
  const e = new MessageEvent('message', { data })
  Object.defineProperties(e, {
    source: { value: 'source' in init ? init.source : window },
    origin: { value: init.origin ?? window.location.origin },
    ports: { value: init.ports ?? [] },
  })
  window.dispatchEvent(e)
}

describe('request', () => {
  test('gives the parsed value', async () => {
    const { bridge } = setup(() => ({ ok: true, value: bootstrap }))
    expect((await bridge.request('app.start', { protocol: 1 })).organisation).toBe(bootstrap.organisation)
  })
  test('an error reply becomes a RequestError with its trace id', async () => {
    const { bridge } = setup(() => ({ ok: false, error: { code: 'power.denied', params: {}, traceId: 'T-1' } }))
    await expect(bridge.request('ui.command', { type: 'refresh' })).rejects.toMatchObject({ error: { code: 'power.denied', traceId: 'T-1' } })
  })
  test.each([
    ['nothing', undefined], ['text', 'ok'], ['an unknown code', { ok: false, error: { code: 'no.such', params: {}, traceId: '' } }],
    ['a value of the wrong form', { ok: true, value: { ...bootstrap, extra: 1 } }], ['no value', { ok: true }],
  ])('%s is malformed', async (_what, reply) => {
    const { bridge } = setup(() => reply)
    expect(await code(bridge.request('app.start', { protocol: 1 }))).toBe('ipc.malformed')
  })
  test('input out of form never leaves the page', async () => {
    const { bridge, asked } = setup(() => ({ ok: true, value: null }))
    expect(await code(bridge.request('ui.command', { type: 'signIn', endpoint: 'a', user: 'u'.repeat(300), password: 'p' }))).toBe('ipc.malformed')
    expect(asked).toEqual([])
  })
})

describe('events', () => {
  test('only the one subscribed to, only in form, until removed', () => {
    const { bridge, emit } = setup(() => undefined)
    const screens: string[] = []
    const stop = bridge.subscribe('view.changed', (view) => { screens.push(view.screen) })
    emit('view.changed', { screen: 'ending' })
    emit('view.changed', { screen: 'ending', password: 'x' })
    emit('app.notice', { level: 'info' })
    stop()
    emit('view.changed', { screen: 'booting' })
    expect(screens).toEqual(['ending'])
  })
})

describe('openChannel', () => {
  const link = LinkId.parse('link-0001')
  const offer = () => ({ ok: true, value: { nonce } })
  test.each([['before', true], ['after', false]])('finds its port when it arrives %s the reply', async (_when, first) => {
    const { bridge } = setup(offer)
    const port = { close: () => undefined }
    if (first) message({ type: PORT_MESSAGE, nonce }, { ports: [port] })
    const opened = bridge.openChannel(link, 2, 0)
    await new Promise((resolve) => { setTimeout(resolve, 0) })
    if (!first) message({ type: PORT_MESSAGE, nonce }, { ports: [port] })
    expect(await opened).toBe(port)
  })
  test('ignores other windows, other origins, other messages and other nonces', async () => {
    const { bridge } = setup(offer)
    const wrong = { close: () => undefined }
    const right = { close: () => undefined }
    const opened = bridge.openChannel(link, 2, 0)
    await new Promise((resolve) => { setTimeout(resolve, 0) })
    message({ type: PORT_MESSAGE, nonce }, { ports: [wrong], source: null })
    message({ type: PORT_MESSAGE, nonce }, { ports: [wrong], origin: 'https://elsewhere.invalid' })
    message({ type: 'other', nonce }, { ports: [wrong] })
    message({ type: PORT_MESSAGE, nonce: 'x' }, { ports: [wrong] })
    message({ type: PORT_MESSAGE, nonce }, { ports: [] })
    message({ type: PORT_MESSAGE, nonce }, { ports: [right] })
    expect(await opened).toBe(right)
  })
})
