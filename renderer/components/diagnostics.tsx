// Why: what IT asks for on the phone, on one panel. All of it comes from the guest or from measurement and is shown as
// plain text; lengths and counts are bounded by the contract.
import { useEffect, useState, type ReactNode } from 'react'
import { Button, Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components'
import type { GuestFacts } from '../../shared/view/view-state.ts'
import { useApp } from '../context.tsx'
import type { ConsoleView, Lamps } from '../screens/console.tsx'
import { PhaseList } from './phase-list.tsx'

/** Between two looks at what is measured, ms. */
const LOOK_MS = 1000

interface DiagnosticsProps {
  readonly view: ConsoleView
  readonly lamps: Lamps | undefined
  readonly isOpen: boolean
  readonly onClose: () => void
}

export function Diagnostics({ view, lamps, isOpen, onClose }: DiagnosticsProps): ReactNode {
  const { t, bootstrap } = useApp()
  return (
    <ModalOverlay className="modal-back" isOpen={isOpen} isDismissable onOpenChange={(open) => { if (!open) onClose() }}>
      <Modal className="modal">
        <Dialog className="dialog">
          <Heading slot="title">{t('diagnostics.heading')}</Heading>
          <div className="dialog-body">
            <section>
              <h2>{t('diagnostics.guest')}</h2>
              {view.guest === undefined ? <p className="muted">{t('diagnostics.noGuest')}</p> : <Facts guest={view.guest} />}
            </section>
            <section>
              <h2>{t('diagnostics.phases')}</h2>
              <PhaseList phases={view.phases} times />
              <h2>{t('diagnostics.connection')}</h2>
              <Connection lamps={lamps} />
              <h2>{t('diagnostics.program')}</h2>
              <p className="muted">{t('diagnostics.version', { version: bootstrap?.version ?? '' })}</p>
            </section>
          </div>
          <div className="actions"><Button autoFocus className="button" onPress={onClose}>{t('app.close')}</Button></div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}

/** What the engine measures; drawn only while the panel is open. */
function Connection({ lamps }: { lamps: Lamps | undefined }): ReactNode {
  const { t, parts } = useApp()
  const { engine } = parts
  const [rtt, setRtt] = useState(() => engine.rtt?.())
  useEffect(() => {
    const timer = setInterval(() => { setRtt(engine.rtt?.()) }, LOOK_MS)
    return () => { clearInterval(timer) }
  }, [engine])
  const lit = lamps && [lamps.caps && t('diagnostics.caps'), lamps.num && t('diagnostics.num'), lamps.scroll && t('diagnostics.scroll')].filter((name) => name !== false)
  return (
    <dl className="facts">
      <div className="fact"><dt>{t('diagnostics.rtt')}</dt><dd>{rtt === undefined ? t('diagnostics.notMeasured') : t('app.ms', { ms: Math.round(rtt) })}</dd></div>
      {lit && <div className="fact"><dt>{t('diagnostics.lamps')}</dt><dd>{lit.length === 0 ? t('diagnostics.noLamps') : lit.join(', ')}</dd></div>}
    </dl>
  )
}

function Facts({ guest }: { guest: GuestFacts }): ReactNode {
  const { t } = useApp()
  const row = (label: string, value: string | undefined): ReactNode =>
    value === undefined || value === '' ? null : <div className="fact"><dt>{label}</dt><dd>{value}</dd></div>
  return (
    <>
      <dl className="facts">
        {row(t('diagnostics.hostName'), guest.hostName)}
        {row(t('diagnostics.os'), guest.os)}
        {row(t('diagnostics.activeUser'), guest.activeUser)}
        {row(t('diagnostics.apiVersion'), guest.apiVersion?.toString())}
        {guest.interfaces.map((nic, i) => (
          <div className="fact" key={`${String(i)} ${nic.name}`}>
            <dt>{t('diagnostics.interfaces')} {nic.name}</dt>
            <dd>{[nic.mac, ...nic.addresses].join(' · ')}</dd>
          </div>
        ))}
      </dl>
      {guest.applications.length > 0 && (
        <details className="programs">
          <summary>{t('diagnostics.applications', { count: guest.applications.length })}</summary>
          <ul>{guest.applications.map((name, i) => <li key={i}>{name}</li>)}</ul>
        </details>
      )}
    </>
  )
}
