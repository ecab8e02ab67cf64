// Why: the one place in the page that remembers: the last view that main sent, and the last notice. Nothing here is
// decided by the page, and no secret ever passes through it.
import type { UiCommand } from '../shared/view/ui-command.ts'
import type { Bootstrap, UserError, ViewState } from '../shared/view/view-state.ts'
import { RequestError, type Bridge } from './bridge.ts'

export interface PageState {
  readonly view: ViewState
  /** Undefined until the first answer of main. */
  readonly bootstrap: Bootstrap | undefined
  /** A refusal or warning that is not part of a view. */
  readonly notice: UserError | undefined
}

export interface Store {
  get(): PageState
  subscribe(listener: () => void): () => void
  start(): Promise<void>
  /** Resolves true when main took the command; a refusal becomes the notice. */
  send(command: UiCommand): Promise<boolean>
  dismissNotice(): void
}

export function createStore(bridge: Bridge): Store {
  let state: PageState = { view: { screen: 'booting' }, bootstrap: undefined, notice: undefined }
  const listeners = new Set<() => void>()
  const set = (next: Partial<PageState>): void => {
    state = { ...state, ...next }
    for (const listener of listeners) listener()
  }
  const refuse = (e: unknown): UserError => (e instanceof RequestError ? e.error : { code: 'internal.bug', params: {}, traceId: '' })

  return {
    get: () => state,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    start: async () => {
      bridge.subscribe('view.changed', (view) => {
        // A new screen makes an old notice stale; an update of the same screen does not.
        set(view.screen === state.view.screen ? { view } : { view, notice: undefined })
      })
      bridge.subscribe('app.notice', (notice) => {
        if (notice.error !== undefined) set({ notice: notice.error })
      })
      try {
        const bootstrap = await bridge.request('app.start', { protocol: 1 })
        set({ bootstrap, view: bootstrap.view })
      } catch (e) {
        set({ view: { screen: 'blocked', error: refuse(e) } })
      }
    },
    send: async (command) => {
      try {
        await bridge.request('ui.command', command)
        return true
      } catch (e) {
        set({ notice: refuse(e) })
        return false
      }
    },
    dismissNotice: () => { set({ notice: undefined }) },
  }
}
