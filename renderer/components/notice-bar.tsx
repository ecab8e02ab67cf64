// Why: a refusal that belongs to no screen (a power action, a command out of time) is still told, once, at the edge.
import type { ReactNode } from 'react'
import { Button } from 'react-aria-components'
import type { UserError } from '../../shared/view/view-state.ts'
import { useApp } from '../context.tsx'
import { ErrorCard } from './error-card.tsx'
import { CrossIcon } from './icons.tsx'

export function NoticeBar({ error, onDismiss }: { error: UserError; onDismiss: () => void }): ReactNode {
  const { t } = useApp()
  return (
    <div className="notice-bar">
      <ErrorCard error={error} />
      <Button className="button quiet icon-only" aria-label={t('app.dismissNotice')} onPress={onDismiss}><CrossIcon /></Button>
    </div>
  )
}
