// Why: the gallery: the real app on a bridge that only records, so that every screen can be looked at and measured
// without a main process. A separate entry; the product's bundle does not contain it.
import '../shared/ipc/no-eval.ts'
import type { LatchkeyBridge } from '../shared/ipc/bridge.ts'
import type { ViewState } from '../shared/view/view-state.ts'
import { createBridge } from './bridge.ts'
import { SpiceHtml5Engine } from './console/spice-html5/engine.ts'
import { bootstrap, views } from './dev-views.ts'
import { mount } from './mount.tsx'
import { createStore } from './store.ts'

export interface Gallery {
  readonly names: readonly string[]
  /** Requests so far, passwords left out. */
  readonly requests: { name: string; input: unknown }[]
  show(name: string): void
  /** Any view at all. */
  set(view: ViewState): void
  /** Answers `spice.open` with a nonce; the caller posts the port itself. */
  onOpen: ((channel: number) => string) | undefined
}

declare global {
  interface Window { gallery?: Gallery }
}

const listeners = new Set<(name: string, payload: unknown) => void>()
const emit = (view: ViewState | undefined): void => {
  for (const listener of listeners) listener('view.changed', view)
}
const gallery: Gallery = {
  names: Object.keys(views),
  requests: [],
  show: (name) => { emit(views[name]) },
  set: emit,
  onOpen: undefined,
}

const raw: LatchkeyBridge = {
  protocol: 1,
  request: (name, input) => {
    const plain = typeof input === 'object' && input !== null && 'password' in input ? { ...input, password: '…' } : input
    gallery.requests.push({ name, input: plain })
    if (name === 'app.start') return Promise.resolve({ ok: true, value: bootstrap })
    if (name === 'spice.open') {
      const channel = typeof input === 'object' && input !== null && 'channel' in input ? Number(input.channel) : 0
      const nonce = gallery.onOpen?.(channel)
      // Without a caller the channel just never opens, which is the "connecting" screen.
      return nonce === undefined ? new Promise(() => undefined) : Promise.resolve({ ok: true, value: { nonce } })
    }
    return Promise.resolve({ ok: true, value: null })
  },
  subscribe: (listener) => {
    listeners.add(listener)
    return () => { listeners.delete(listener) }
  },
}

window.gallery = gallery
const root = document.getElementById('root')
if (root !== null) {
  const bridge = createBridge(window, raw)
  const store = createStore(bridge)
  mount(root, { store, openChannel: bridge.openChannel, engine: new SpiceHtml5Engine() })
  void store.start()
}
