// Why: the page shows what main said last, and turns every refusal into words.
import { describe, expect, test } from 'vitest'
import type { ViewState } from '../shared/view/view-state.ts'
import { RequestError, type Bridge } from './bridge.ts'
import { bootstrap, views } from './dev-views.ts'
import { createStore } from './store.ts'

function setup(request: (name: string) => Promise<unknown>) {
  const listeners = new Map<string, (payload: unknown) => void>()
  const bridge = {
    request,
    subscribe: (name: string, listener: (payload: unknown) => void) => { listeners.set(name, listener); return () => undefined },
    openChannel: () => new Promise(() => undefined),
  } as unknown as Bridge
  const store = createStore(bridge)
  return { store, show: (view: ViewState | undefined) => { listeners.get('view.changed')?.(view) }, notice: (n: unknown) => { listeners.get('app.notice')?.(n) } }
}
const denied = { code: 'power.denied', params: {}, traceId: 'T-1' } as const

describe('store', () => {
  test('starts as booting and takes the first view of main', async () => {
    const { store, show } = setup(() => Promise.resolve({ ...bootstrap, view: views['sign-in'] }))
    let changes = 0
    store.subscribe(() => { changes++ })
    expect(store.get().view.screen).toBe('booting')
    await store.start()
    expect(store.get().view.screen).toBe('signIn')
    show(views['desktops'])
    expect(store.get().view.screen).toBe('desktops')
    expect(changes).toBe(2)
  })
  test('a main that refuses to start leaves words, not an empty page', async () => {
    const { store } = setup(() => Promise.reject(new RequestError({ code: 'config.invalid', params: {}, traceId: 'T-2' })))
    await store.start()
    expect(store.get().view).toEqual({ screen: 'blocked', error: { code: 'config.invalid', params: {}, traceId: 'T-2' } })
  })
  test('refusals become the notice, which goes with the screen', async () => {
    let refuse = true
    const { store, show, notice } = setup((name) => (name === 'app.start' ? Promise.resolve(bootstrap) : refuse ? Promise.reject(new RequestError(denied)) : Promise.resolve(null)))
    await store.start()
    show(views['desktops'])
    expect(await store.send({ type: 'refresh' })).toBe(false)
    expect(store.get().notice).toEqual(denied)
    show(views['desktops-loading'])
    expect(store.get().notice).toEqual(denied)
    show(views['ending'])
    expect(store.get().notice).toBeUndefined()
    refuse = false
    expect(await store.send({ type: 'refresh' })).toBe(true)
    notice({ level: 'warning', error: denied })
    expect(store.get().notice).toEqual(denied)
    store.dismissNotice()
    expect(store.get().notice).toBeUndefined()
  })
  test('an exception that is no refusal is still told', async () => {
    const { store } = setup(() => Promise.reject(new Error('x')))
    await store.send({ type: 'refresh' })
    expect(store.get().notice?.code).toBe('internal.bug')
  })
})
