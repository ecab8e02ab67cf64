// Why: the one place where the machine's state becomes what the page may know. Whatever is not copied here stays in
// the main process.
import type { PhaseView, SsoView, ViewState } from '../../../shared/view/view-state.ts'
import type { SessionState, Settings, SsoState } from './state.ts'

export function viewOf(state: SessionState, settings: Settings, phases: readonly PhaseView[]): ViewState {
  switch (state.name) {
    case 'booting':
      return { screen: 'booting' }
    case 'blocked':
      return { screen: 'blocked', error: state.error }
    case 'signedOut':
      return {
        screen: 'signIn',
        endpoints: [...settings.endpoints],
        endpoint: state.endpoint,
        user: state.user,
        ...(state.error && { error: state.error }),
        ...(state.notice && { notice: state.notice }),
      }
    case 'authenticating':
      return { screen: 'authenticating', user: state.who.user, endpoint: endpointOf(state.who.endpoint, settings), phases: [...phases] }
    case 'challenged':
      return { screen: 'challenge', user: state.who.user, endpoint: endpointOf(state.who.endpoint, settings), kind: state.challenge.kind, prompt: state.challenge.prompt, ...(state.error && { error: state.error }) }
    case 'choosing':
      return { screen: 'desktops', user: state.who.user, desktops: [...state.desktops], loading: state.loading !== undefined, ...(state.error && { error: state.error }) }
    case 'preparing':
      return { screen: 'preparing', user: state.who.user, desktop: state.at.desktop, phases: [...phases], sso: ssoView(state.at.sso) }
    case 'connecting':
    case 'connected':
      return {
        screen: 'console',
        user: state.who.user,
        desktop: state.at.desktop,
        link: state.link,
        status: state.name,
        phases: [...phases],
        sso: ssoView(state.at.sso),
        ...(state.at.guest && { guest: state.at.guest }),
      }
    case 'ending':
      return { screen: 'ending' }
    case 'failed':
      return { screen: 'failed', user: state.who.user, error: state.error, ...(state.desktop && { desktop: state.desktop }), actions: actionsOf(state) }
  }
}

function actionsOf(state: Extract<SessionState, { name: 'failed' }>): ('retry' | 'dismiss' | 'signOut')[] {
  switch (state.session) {
    case 'reauth':
      return ['retry', 'signOut']
    case 'gone':
      return ['signOut']
    case 'up':
      return state.desktop ? ['retry', 'dismiss', 'signOut'] : ['dismiss', 'signOut']
  }
}

function endpointOf(id: string, settings: Settings): { id: string; label: string } {
  return settings.endpoints.find((e) => e.id === id) ?? { id, label: id }
}

function ssoView(sso: SsoState): SsoView {
  return sso
}
