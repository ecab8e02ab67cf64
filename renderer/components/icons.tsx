// Why: the few pictures, drawn here so that nothing is loaded. Decorative: the words beside them say the same.
import type { ReactNode } from 'react'
import type { OsFamily } from '../../shared/desktop.ts'

const Icon = ({ children, className = 'icon' }: { children: ReactNode; className?: string }): ReactNode => (
  <svg className={className} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true" focusable="false">
    {children}
  </svg>
)

export const KeyIcon = (): ReactNode => (
  <Icon className="icon brand-mark"><circle cx="8" cy="12" r="4.5" /><path d="M12.5 12H21M17.5 12v3.5M21 12v2.5" /></Icon>
)
export const PowerIcon = (): ReactNode => <Icon><path d="M12 3.5v8" /><path d="M6.6 7a7.5 7.5 0 1 0 10.8 0" /></Icon>
export const WarningIcon = (): ReactNode => <Icon><path d="M12 4 2.8 19.5h18.4Z" /><path d="M12 10v4.5M12 17.2v.1" /></Icon>
export const CheckIcon = (): ReactNode => <Icon><path d="m5 12.5 4.5 4.5L19 7.5" /></Icon>
export const CrossIcon = (): ReactNode => <Icon><path d="m6.5 6.5 11 11M17.5 6.5l-11 11" /></Icon>
export const RefreshIcon = (): ReactNode => <Icon><path d="M19.5 12a7.5 7.5 0 1 1-2.2-5.3" /><path d="M19.5 3.5v4h-4" /></Icon>
export const MenuIcon = (): ReactNode => <Icon><path d="M4 7h16M4 12h16M4 17h16" /></Icon>
export const ChevronIcon = (): ReactNode => <Icon><path d="m6.5 9.5 5.5 5.5 5.5-5.5" /></Icon>
export const ScreenIcon = (): ReactNode => <Icon><path d="M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5" /></Icon>
export const DisconnectIcon = (): ReactNode => <Icon><path d="M14 4h5v16h-5" /><path d="M4 12h10M10.5 8 14.5 12l-4 4" /></Icon>

/** A monitor with a mark of the system family inside: four panes, a prompt, a flag, or nothing. */
export function OsIcon({ os }: { os: OsFamily | undefined }): ReactNode {
  const marks: Record<OsFamily, ReactNode> = {
    windows: <path d="M9 7.5h2.6v2.6H9zM12.6 7.5h2.6v2.6h-2.6zM9 11.1h2.6v2.6H9zM12.6 11.1h2.6v2.6h-2.6z" strokeWidth="1.2" />,
    linux: <path d="m8.5 8 2.5 2.5L8.5 13M12.5 13.2h3" />,
    bsd: <path d="M9.5 14V7.5l5.5 2-5.5 2" />,
    other: <circle cx="12" cy="10.5" r="1.6" />,
  }
  return (
    <Icon className="icon os-icon">
      <rect x="3.5" y="4" width="17" height="12.5" rx="1.6" />
      <path d="M9 20.5h6M12 16.5v4" />
      {os !== undefined && marks[os]}
    </Icon>
  )
}
