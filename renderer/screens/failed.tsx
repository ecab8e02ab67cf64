// Why: after a failure the person sees words, the next action, and a way back: main says which, the first is the default.
import type { ReactNode } from 'react'
import { Button } from 'react-aria-components'
import type { ViewState } from '../../shared/view/view-state.ts'
import type { MessageKey } from '../../shared/i18n/messages.ts'
import { TraceId } from '../components/error-card.tsx'
import { Frame } from '../components/frame.tsx'
import { WarningIcon } from '../components/icons.tsx'
import { useApp } from '../context.tsx'

type FailedView = Extract<ViewState, { screen: 'failed' }>
const words: Record<FailedView['actions'][number], MessageKey> = {
  retry: 'app.tryAgain',
  dismiss: 'failed.backToList',
  signOut: 'app.signOut',
}

export function FailedScreen({ view }: { view: FailedView }): ReactNode {
  const { t, send } = useApp()
  const { error } = view
  return (
    <Frame>
      <div className="statement" role="alert" data-code={error.code}>
        <span className="statement-icon"><WarningIcon /></span>
        <h1>{t(`error.${error.code}.title`, error.params)}</h1>
        {view.desktop !== undefined && <p className="subject">{view.desktop.title}</p>}
        <p>{t(`error.${error.code}.body`, error.params)}</p>
        <p className="muted">{t(`error.${error.code}.advice`, error.params)}</p>
        <TraceId id={error.traceId} />
        <div className="actions">
          {view.actions.map((action, i) => (
            <Button key={action} autoFocus={i === 0} className={i === 0 ? 'button primary' : 'button'} onPress={() => { void send({ type: action }) }}>
              {t(words[action])}
            </Button>
          ))}
        </div>
      </div>
    </Frame>
  )
}
