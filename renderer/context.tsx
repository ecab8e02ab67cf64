// Why: what every screen needs (words, commands, fixed facts) in one context, so that screens take only their view.
import { createContext, useContext } from 'react'
import type { Translate } from '../shared/i18n/messages.ts'
import type { LinkId, UiCommand } from '../shared/view/ui-command.ts'
import type { Bootstrap } from '../shared/view/view-state.ts'
import type { ConsoleEngine } from './console/port.ts'
import type { Store } from './store.ts'

export interface AppParts {
  readonly store: Store
  readonly engine: ConsoleEngine
  readonly openChannel: (link: LinkId, channel: number, id: number) => Promise<MessagePort>
}

export interface AppContext {
  readonly t: Translate
  readonly send: (command: UiCommand) => Promise<boolean>
  readonly bootstrap: Bootstrap | undefined
  readonly parts: AppParts
}

const Context = createContext<AppContext | undefined>(undefined)
export const AppProvider = Context.Provider

export function useApp(): AppContext {
  const app = useContext(Context)
  if (app === undefined) throw new Error('useApp outside of App')
  return app
}
