// Why: the guest's screen over the whole window, with as little of ours as possible: a bar that comes when asked, a
// line about the sign-on, and before the first picture what is going on.
import { useCallback, useEffect, useRef, useState, type ReactNode } from 'react'
import { Button } from 'react-aria-components'
import type { ViewState } from '../../shared/view/view-state.ts'
import { ConsoleBar } from '../components/console-bar.tsx'
import { ConsoleHint } from '../components/console-hint.tsx'
import { Diagnostics } from '../components/diagnostics.tsx'
import { PhaseList } from '../components/phase-list.tsx'
import { SsoLine } from '../components/sso-line.tsx'
import { useEscape } from '../components/use-escape.ts'
import type { ConsoleNotice } from '../console/port.ts'
import { useApp } from '../context.tsx'

/** The guest's keyboard lamps, once it has told them. */
export type Lamps = Extract<ConsoleNotice, { kind: 'locks' }>
export type ConsoleView = Extract<ViewState, { screen: 'console' }>

export function ConsoleScreen({ view }: { view: ConsoleView }): ReactNode {
  const { t, send, parts, bootstrap } = useApp()
  const { engine, openChannel } = parts
  const { link } = view
  const surface = useRef<HTMLDivElement>(null)
  const [barAsked, setBarAsked] = useState(0)
  const [diagnostics, setDiagnostics] = useState(false)
  const [notice, setNotice] = useState<ConsoleNotice>()
  const [lamps, setLamps] = useState<Lamps>()
  const { clipboard, sound } = bootstrap ?? {}

  useEffect(() => {
    const container = surface.current
    if (container === null) return
    engine.start(container, {
      link,
      openChannel: (channel, id) => openChannel(link, channel, id),
      onEvent: (event) => { void send({ type: 'console', link, event }) },
      onMenuKey: () => { setBarAsked((n) => n + 1) },
      onNotice: (told) => {
        if (told.kind === 'locks') setLamps(told)
        else setNotice(told)
      },
      ...(clipboard && { clipboard }),
      ...(sound !== undefined && { sound }),
    })
    return () => { engine.stop() }
  }, [engine, openChannel, send, link, clipboard, sound])

  const connected = view.status === 'connected'
  useEffect(() => {
    if (connected) engine.focus()
  }, [engine, connected])

  const focusGuest = useCallback(() => { engine.focus() }, [engine])

  return (
    <div className="console">
      <div ref={surface} className="console-surface" tabIndex={0} role="application" aria-label={t('console.screen', { desktop: view.desktop.title })} />
      {!connected && <Connecting view={view} />}
      {connected && <SsoLine sso={view.sso} />}
      {connected && <ConsoleHint notice={notice} />}
      <ConsoleBar title={view.desktop.title} asked={barAsked} onDone={focusGuest} onDiagnostics={() => { setDiagnostics(true) }} />
      <Diagnostics
        view={view}
        lamps={lamps}
        isOpen={diagnostics}
        onClose={() => {
          setDiagnostics(false)
          focusGuest()
        }}
      />
    </div>
  )
}

/** Covers the surface until its first picture is there. */
function Connecting({ view }: { view: ConsoleView }): ReactNode {
  const { t, send } = useApp()
  const cancel = useCallback(() => { void send({ type: 'cancel' }) }, [send])
  useEscape(cancel)
  return (
    <div className="console-overlay">
      <section className="card progress-card" aria-busy="true">
        <h1>{t('preparing.heading', { desktop: view.desktop.title })}</h1>
        {view.desktop.detail !== '' && <p className="muted">{view.desktop.detail}</p>}
        <PhaseList phases={view.phases} />
        <div className="actions">
          <Button className="button" onPress={cancel}>{t('app.cancel')}</Button>
        </div>
      </section>
    </div>
  )
}
