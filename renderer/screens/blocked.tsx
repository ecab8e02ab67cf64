// Why: a device that is not set up says so over the whole screen, with the reference that IT needs, and not by crashing.
import type { ReactNode } from 'react'
import { factsOf } from '../../shared/error-codes.ts'
import type { ViewState } from '../../shared/view/view-state.ts'
import { TraceId } from '../components/error-card.tsx'
import { Frame } from '../components/frame.tsx'
import { WarningIcon } from '../components/icons.tsx'
import { useApp } from '../context.tsx'

export function BlockedScreen({ view }: { view: Extract<ViewState, { screen: 'blocked' }> }): ReactNode {
  const { t } = useApp()
  const { error } = view
  // Errors of the program itself can also end here; they keep their own title.
  const title = factsOf(error.code).severity === 'blocked' ? t('blocked.heading') : t(`error.${error.code}.title`, error.params)
  return (
    <Frame>
      <div className="statement" role="alert" data-code={error.code}>
        <span className="statement-icon"><WarningIcon /></span>
        <h1>{title}</h1>
        <p>{t(`error.${error.code}.body`, error.params)}</p>
        <p className="muted">{t(`error.${error.code}.advice`, error.params)}</p>
        <p className="muted">{t('blocked.forIt')}</p>
        <TraceId id={error.traceId} />
      </div>
    </Frame>
  )
}
