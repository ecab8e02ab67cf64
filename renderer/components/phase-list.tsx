// Why: progress is what really happens, phase by phase, and never a bar that only moves.
import type { ReactNode } from 'react'
import type { PhaseView } from '../../shared/view/view-state.ts'
import { useApp } from '../context.tsx'
import { CheckIcon, CrossIcon } from './icons.tsx'

const marks: Record<PhaseView['status'], ReactNode> = {
  waiting: <span className="dot" />,
  running: <span className="spinner" />,
  done: <CheckIcon />,
  skipped: <span className="dash" />,
  failed: <CrossIcon />,
}

/** `times` adds the milliseconds (diagnostics). Skipped phases are left out otherwise. */
export function PhaseList({ phases, times = false }: { phases: readonly PhaseView[]; times?: boolean }): ReactNode {
  const { t } = useApp()
  return (
    <ol className="phases" aria-label={t('progress.label')}>
      {phases.filter((phase) => times || phase.status !== 'skipped').map((phase) => (
        <li key={phase.name} className="phase" data-status={phase.status} aria-current={phase.status === 'running' ? 'step' : undefined}>
          <span className="phase-mark">{marks[phase.status]}</span>
          <span className="phase-name">{t(`phase.${phase.name}`)}</span>
          {times
            ? <span className="phase-time">{phase.ms === undefined ? t(`phaseStatus.${phase.status}`) : t('app.ms', { ms: Math.round(phase.ms) })}</span>
            : <span className="visually-hidden">{t(`phaseStatus.${phase.status}`)}</span>}
        </li>
      ))}
    </ol>
  )
}
