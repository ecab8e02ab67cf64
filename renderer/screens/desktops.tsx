// Why: the person's desktops as cards, chosen by touch, mouse or arrow keys.
import type { ReactNode } from 'react'
import { Button, GridList, GridListItem } from 'react-aria-components'
import type { Desktop } from '../../shared/desktop.ts'
import type { ViewState } from '../../shared/view/view-state.ts'
import { ErrorCard } from '../components/error-card.tsx'
import { Frame } from '../components/frame.tsx'
import { OsIcon, RefreshIcon } from '../components/icons.tsx'
import { useApp } from '../context.tsx'

export function DesktopsScreen({ view }: { view: Extract<ViewState, { screen: 'desktops' }> }): ReactNode {
  const { t, send } = useApp()
  const empty = view.desktops.length === 0
  return (
    <Frame wide tools={<Button className="button quiet" onPress={() => { void send({ type: 'signOut' }) }}>{t('app.signOut')}</Button>}>
      <div className="desktops-head">
        <div>
          <h1>{t('desktops.heading')}</h1>
          <p className="muted">
            {t('desktops.signedInAs', { user: view.user })}
            {!empty && ` · ${t('desktops.count', { count: view.desktops.length })}`}
          </p>
        </div>
        <Button className="button" isDisabled={view.loading} onPress={() => { void send({ type: 'refresh' }) }}>
          {view.loading ? <span className="spinner" /> : <RefreshIcon />}
          {t('desktops.refresh')}
        </Button>
      </div>
      {view.error !== undefined && <ErrorCard error={view.error} />}
      {empty
        ? <EmptyList loading={view.loading} quiet={view.error !== undefined} />
        : (
          <GridList
            className="desktops"
            layout="grid"
            aria-label={t('desktops.heading')}
            autoFocus="first"
            items={view.desktops}
            selectionMode="none"
            onAction={(id) => {
              const desktop = view.desktops.find((d) => d.id === id)
              if (desktop !== undefined) void send({ type: 'pick', desktop: desktop.id })
            }}
          >
            {(desktop) => <DesktopCard desktop={desktop} />}
          </GridList>
        )}
    </Frame>
  )
}

function DesktopCard({ desktop }: { desktop: Desktop }): ReactNode {
  const { t } = useApp()
  const state = t(`powerState.${desktop.power}`)
  return (
    <GridListItem id={desktop.id} textValue={`${desktop.title}, ${state}`} className="desktop-card">
      <OsIcon os={desktop.os} />
      <span className="desktop-title">{desktop.title}</span>
      {desktop.detail !== '' && <span className="desktop-detail">{desktop.detail}</span>}
      <span className="desktop-foot">
        <span className="power-state" data-power={desktop.power}>{state}</span>
        {desktop.os !== undefined && <span className="muted">{t(`os.${desktop.os}`)}</span>}
      </span>
    </GridListItem>
  )
}

function EmptyList({ loading, quiet }: { loading: boolean; quiet: boolean }): ReactNode {
  const { t } = useApp()
  if (loading) return <div className="waiting" role="status"><span className="spinner large" /><p>{t('desktops.loading')}</p></div>
  if (quiet) return null
  return (
    <div className="statement" role="status">
      <h2>{t('desktops.none')}</h2>
      <p className="muted">{t('desktops.noneAdvice')}</p>
    </div>
  )
}
