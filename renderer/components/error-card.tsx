// Why: an error is always the same three things, in words: what happened, what it means, what to do; and a reference
// under which IT finds it in the log.
import type { ReactNode } from 'react'
import type { UserError } from '../../shared/view/view-state.ts'
import { useApp } from '../context.tsx'
import { WarningIcon } from './icons.tsx'

export function TraceId({ id }: { id: string }): ReactNode {
  const { t } = useApp()
  return id === '' ? null : <p className="trace">{t('app.traceId', { id })}</p>
}

export function ErrorCard({ error }: { error: UserError }): ReactNode {
  const { t } = useApp()
  return (
    <div className="error-card" role="alert" data-code={error.code}>
      <WarningIcon />
      <div>
        <p className="error-title">{t(`error.${error.code}.title`, error.params)}</p>
        <p>{t(`error.${error.code}.body`, error.params)} {t(`error.${error.code}.advice`, error.params)}</p>
        <TraceId id={error.traceId} />
      </div>
    </div>
  )
}
