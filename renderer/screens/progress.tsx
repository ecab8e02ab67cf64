// Why: the two stretches of waiting, told by their real phases and always to be left by Cancel or Escape.
import { useCallback, type ReactNode } from 'react'
import { Button } from 'react-aria-components'
import type { PhaseView, ViewState } from '../../shared/view/view-state.ts'
import { Frame } from '../components/frame.tsx'
import { PhaseList } from '../components/phase-list.tsx'
import { useEscape } from '../components/use-escape.ts'
import { useApp } from '../context.tsx'

function Progress({ heading, detail, phases }: { heading: string; detail: string; phases: readonly PhaseView[] }): ReactNode {
  const { t, send } = useApp()
  const cancel = useCallback(() => { void send({ type: 'cancel' }) }, [send])
  useEscape(cancel)
  return (
    <Frame>
      <section className="card progress-card" aria-busy="true">
        <h1>{heading}</h1>
        {detail !== '' && <p className="muted">{detail}</p>}
        <PhaseList phases={phases} />
        <div className="actions">
          <Button className="button" onPress={cancel}>{t('app.cancel')}</Button>
        </div>
      </section>
    </Frame>
  )
}

// Cancel does not take the focus: the second Enter of an impatient person would press it.

export function AuthenticatingScreen({ view }: { view: Extract<ViewState, { screen: 'authenticating' }> }): ReactNode {
  const { t } = useApp()
  return <Progress heading={t('authenticating.heading', { user: view.user })} detail={t('authenticating.where', { endpoint: view.endpoint.label })} phases={view.phases} />
}

export function PreparingScreen({ view }: { view: Extract<ViewState, { screen: 'preparing' }> }): ReactNode {
  const { t } = useApp()
  return <Progress heading={t('preparing.heading', { desktop: view.desktop.title })} detail={view.desktop.detail} phases={view.phases} />
}
