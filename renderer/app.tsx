// Why: the whole app is this function: the view that main sent decides the screen, exhaustively.
import { useMemo, useSyncExternalStore, type ReactNode } from 'react'
import { I18nProvider } from 'react-aria-components'
import { translator } from '../shared/i18n/messages.ts'
import type { ViewState } from '../shared/view/view-state.ts'
import { ErrorBoundary } from './components/error-boundary.tsx'
import { NoticeBar } from './components/notice-bar.tsx'
import { AppProvider, type AppParts } from './context.tsx'
import { BlockedScreen } from './screens/blocked.tsx'
import { ChallengeScreen } from './screens/challenge.tsx'
import { ConsoleScreen } from './screens/console.tsx'
import { DesktopsScreen } from './screens/desktops.tsx'
import { FailedScreen } from './screens/failed.tsx'
import { AuthenticatingScreen, PreparingScreen } from './screens/progress.tsx'
import { SignInScreen } from './screens/sign-in.tsx'
import { WaitingScreen } from './screens/waiting.tsx'

export function App({ parts }: { parts: AppParts }): ReactNode {
  const { store } = parts
  const state = useSyncExternalStore(store.subscribe, store.get)
  const locale = state.bootstrap?.locale ?? 'en'
  const app = useMemo(
    () => ({ t: translator(locale), send: store.send, bootstrap: state.bootstrap, parts }),
    [locale, state.bootstrap, store, parts],
  )
  return (
    <I18nProvider locale={locale}>
      <AppProvider value={app}>
        <div className="app" data-screen={state.view.screen}>
          <ErrorBoundary screen={state.view.screen}>{screenOf(state.view)}</ErrorBoundary>
        </div>
        {state.notice !== undefined && <NoticeBar error={state.notice} onDismiss={store.dismissNotice} />}
      </AppProvider>
    </I18nProvider>
  )
}

/** Every member of ViewState has a screen; a new one is a type error here. */
export function screenOf(view: ViewState): ReactNode {
  switch (view.screen) {
    case 'booting': return <WaitingScreen text="booting.text" />
    case 'blocked': return <BlockedScreen view={view} />
    case 'signIn': return <SignInScreen view={view} />
    case 'authenticating': return <AuthenticatingScreen view={view} />
    case 'challenge': return <ChallengeScreen view={view} />
    case 'desktops': return <DesktopsScreen view={view} />
    case 'preparing': return <PreparingScreen view={view} />
    case 'console': return <ConsoleScreen key={view.link} view={view} />
    case 'ending': return <WaitingScreen text="ending.text" />
    case 'failed': return <FailedScreen view={view} />
    default: return assertNever(view)
  }
}

function assertNever(view: never): never {
  throw new Error(`no screen for ${JSON.stringify(view)}`)
}
