// Why: the real app over a store that records, for the tests of screens.
import { act } from 'react'
import { createRoot } from 'react-dom/client'
import type { UiCommand } from '../shared/view/ui-command.ts'
import type { Bootstrap, ViewState } from '../shared/view/view-state.ts'
import { App } from './app.tsx'
import type { ConsoleEngine, ConsoleOptions } from './console/port.ts'
import { bootstrap as sample } from './dev-views.ts'
import type { PageState, Store } from './store.ts'

export interface Rig {
  readonly sent: UiCommand[]
  readonly engine: ConsoleEngine & { readonly calls: string[]; options: ConsoleOptions | undefined }
  readonly root: HTMLElement
  show(view: ViewState): void
  state(change: Partial<PageState>): void
  /** What main answers to commands from now on; true = taken. */
  answer: Promise<boolean>
  unmount(): void
}

export function mountApp(view: ViewState, bootstrap: Bootstrap = sample): Rig {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
  let state: PageState = { view, bootstrap, notice: undefined }
  const listeners = new Set<() => void>()
  const change = (next: Partial<PageState>): void => {
    act(() => {
      state = { ...state, ...next }
      for (const listener of listeners) listener()
    })
  }
  const calls: string[] = []
  const engine: Rig['engine'] = {
    calls,
    options: undefined,
    start: (_container, options) => { calls.push('start'); engine.options = options },
    stop: () => { calls.push('stop') },
    sendKeys: (codes) => { calls.push(codes.join('+')) },
    sendCtrlAltDel: () => { calls.push('ctrl-alt-del') },
    focus: () => { calls.push('focus') },
  }
  const host = document.createElement('div')
  document.body.append(host)
  const root = createRoot(host)
  const rig: Rig = {
    sent: [],
    engine,
    root: host,
    show: (next) => { change({ view: next }) },
    state: change,
    answer: Promise.resolve(true),
    unmount: () => {
      act(() => { root.unmount() })
      host.remove()
    },
  }
  const store: Store = {
    get: () => state,
    subscribe: (listener) => { listeners.add(listener); return () => listeners.delete(listener) },
    start: () => Promise.resolve(),
    send: (command) => { rig.sent.push(structuredClone(command)); return rig.answer },
    dismissNotice: () => { change({ notice: undefined }) },
  }
  act(() => { root.render(<App parts={{ store, engine, openChannel: () => new Promise(() => undefined) }} />) })
  return rig
}

export const click = (element: Element | null | undefined): void => {
  act(() => { (element as HTMLElement).click() })
}
export const button = (rig: Rig, name: string): HTMLButtonElement | undefined =>
  [...rig.root.querySelectorAll('button')].find((b) => b.textContent === name || b.getAttribute('aria-label') === name)
