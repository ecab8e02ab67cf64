// Why: the calm frame that every screen but the console stands in: organisation, power menu, centred content.
import type { ReactNode } from 'react'
import { useApp } from '../context.tsx'
import { KeyIcon } from './icons.tsx'
import { PowerMenu } from './power-menu.tsx'

export function Frame({ children, tools, wide = false }: { children: ReactNode; tools?: ReactNode; wide?: boolean }): ReactNode {
  const { t, bootstrap } = useApp()
  const organisation = bootstrap?.organisation ?? ''
  return (
    <div className="frame">
      <header className="frame-head">
        <span className="brand">
          <KeyIcon />
          <span className="brand-name">{organisation === '' ? t('app.name') : organisation}</span>
        </span>
        <span className="frame-tools">
          {tools}
          <PowerMenu />
        </span>
      </header>
      <main className={wide ? 'frame-main wide' : 'frame-main'}>{children}</main>
    </div>
  )
}
