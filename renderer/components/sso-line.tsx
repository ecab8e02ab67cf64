// Why: the sign-on into the guest goes on beside the console and is told in one line that is never in the way:
// good news fades by itself, bad news stays until it is hidden, with a second try where one can help.
import { useEffect, useState, type ReactNode } from 'react'
import { Button, Disclosure, DisclosurePanel } from 'react-aria-components'
import type { SsoOutcome } from '../../shared/sso.ts'
import type { SsoView } from '../../shared/view/view-state.ts'
import { useApp } from '../context.tsx'
import { TraceId } from './error-card.tsx'
import { CheckIcon, CrossIcon, WarningIcon } from './icons.tsx'

type Done = Extract<SsoView, { state: 'done' }>

const good: ReadonlySet<SsoOutcome> = new Set(['confirmed', 'already-signed-in'])
/** Where trying once more can end differently. */
const worthRetrying: ReadonlySet<SsoOutcome> = new Set(['channel-busy', 'agent-silent', 'refused', 'not-confirmed', 'failed'])

const DEFAULT_CHANNEL = 'com.kvm-vdi.0'

/** What IT adds to the domain's <devices>. The name may come with the error; anything unlike a channel name is not shown. */
export function channelXml(name: string | undefined): string {
  const safe = name !== undefined && /^[A-Za-z0-9._-]{1,128}$/.test(name) ? name : DEFAULT_CHANNEL
  return `<channel type='unix'>\n  <target type='virtio' name='${safe}'/>\n</channel>`
}

export function SsoLine({ sso }: { sso: SsoView }): ReactNode {
  const { t } = useApp()
  if (sso.state === 'idle') return null
  if (sso.state === 'running') {
    return <div className="sso-line" role="status"><span className="spinner" /><span>{t(`sso.step.${sso.step}`)}</span></div>
  }
  return <Outcome key={sso.outcome} sso={sso} />
}

function Outcome({ sso }: { sso: Done }): ReactNode {
  const { t, send, parts } = useApp()
  const [hidden, setHidden] = useState(false)
  useEffect(() => { setHidden(false) }, [sso])
  const isGood = good.has(sso.outcome)
  if (hidden || sso.outcome === 'off') return null
  const giveBack = (): void => { setTimeout(() => { parts.engine.focus() }, 0) }
  return (
    <div className={isGood ? 'sso-line fades' : 'sso-line'} role="status" data-outcome={sso.outcome}>
      <span className={isGood ? 'sso-good' : 'sso-warn'}>{isGood ? <CheckIcon /> : <WarningIcon />}</span>
      <div className="sso-words">
        <p>{t(`sso.${sso.outcome}`)}</p>
        {sso.error !== undefined && <TraceId id={sso.error.traceId} />}
        {sso.outcome === 'no-channel' && <XmlDetails name={sso.error?.params['channel']} />}
      </div>
      {worthRetrying.has(sso.outcome) && (
        <Button className="button small" onPress={() => { void send({ type: 'signOnAgain' }); giveBack() }}>{t('sso.tryAgain')}</Button>
      )}
      {!isGood && (
        <Button className="button quiet icon-only small" aria-label={t('sso.hide')} onPress={() => { setHidden(true); giveBack() }}><CrossIcon /></Button>
      )}
    </div>
  )
}

function XmlDetails({ name }: { name: string | undefined }): ReactNode {
  const { t } = useApp()
  return (
    <Disclosure className="disclosure">
      <Button slot="trigger" className="button quiet small">{t('app.details')}</Button>
      <DisclosurePanel className="disclosure-panel">
        <p>{t('sso.xmlHint')}</p>
        <pre>{channelXml(name)}</pre>
      </DisclosurePanel>
    </Disclosure>
  )
}
