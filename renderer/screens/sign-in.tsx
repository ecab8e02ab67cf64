// Why: the one place where a password is typed. It lives in an uncontrolled field, is read once at submit and the
// field is emptied in the same turn, so neither React nor a later event handler ever holds it.
import { useEffect, useRef, useState, type FormEvent, type KeyboardEvent, type ReactNode } from 'react'
import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from 'react-aria-components'
import { MAX_PASSWORD, MAX_USER } from '../../shared/view/ui-command.ts'
import type { ViewState } from '../../shared/view/view-state.ts'
import { ErrorCard } from '../components/error-card.tsx'
import { Frame } from '../components/frame.tsx'
import { ChevronIcon, KeyIcon } from '../components/icons.tsx'
import { useApp } from '../context.tsx'
import { enterKiosk } from '../kiosk.ts'

type SignInView = Extract<ViewState, { screen: 'signIn' }>

export function SignInScreen({ view }: { view: SignInView }): ReactNode {
  const { t, send, bootstrap } = useApp()
  const userField = useRef<HTMLInputElement>(null)
  const passwordField = useRef<HTMLInputElement>(null)
  const submitted = useRef(false)
  const [endpoint, setEndpoint] = useState(view.endpoint)
  const [busy, setBusy] = useState(false)
  const [capsLock, setCapsLock] = useState(false)
  const message = bootstrap?.message ?? ''
  const anonymous = view.endpoints.find((e) => e.id === endpoint)?.anonymous === true

  // A new attempt is possible once main has answered the last one with a new view.
  useEffect(() => {
    submitted.current = false
    setBusy(false)
    const field = userField.current?.value === '' ? userField.current : passwordField.current
    field?.focus()
  }, [view])

  const submit = (e: FormEvent): void => {
    e.preventDefault()
    const name = userField.current
    const secret = passwordField.current
    if (submitted.current || (!anonymous && (name === null || secret === null))) return
    if (name?.value.trim() === '') { name.focus(); return }
    if (secret?.value === '') { secret.focus(); return }
    submitted.current = true
    const sent = send({ type: 'signIn', endpoint, user: name?.value.trim() ?? '', password: secret?.value ?? '' })
    if (secret !== null) secret.value = ''
    setBusy(true)
    if (bootstrap?.fullscreen === true) void enterKiosk()
    void sent.then((taken) => {
      if (taken) return
      submitted.current = false
      setBusy(false)
      passwordField.current?.focus()
    })
  }

  const watchCapsLock = (e: KeyboardEvent): void => { setCapsLock(e.getModifierState('CapsLock')) }

  return (
    <Frame>
      <form className="card sign-in" onSubmit={submit} onKeyDown={watchCapsLock} onKeyUp={watchCapsLock} autoComplete="off" noValidate>
        <span className="sign-in-mark"><KeyIcon /></span>
        <h1>{t('signIn.heading')}</h1>
        {view.error !== undefined && <ErrorCard error={view.error} />}
        {view.error === undefined && view.notice !== undefined && <p className="notice" role="status">{t(`signIn.notice.${view.notice}`)}</p>}
        {view.endpoints.length > 1 && <EndpointSelect view={view} value={endpoint} onChange={setEndpoint} />}
        <SiteLine view={view} endpoint={endpoint} />
        {!anonymous && <><div className="field">
          <label htmlFor="user">{t('signIn.user')}</label>
          <input id="user" ref={userField} defaultValue={view.user} maxLength={MAX_USER} autoComplete="off" autoCapitalize="none" autoCorrect="off" spellCheck={false} />
        </div>
        <div className="field">
          <label htmlFor="password">{t('signIn.password')}</label>
          <input id="password" ref={passwordField} type="password" maxLength={MAX_PASSWORD} autoComplete="off" aria-describedby={capsLock ? 'caps-lock' : undefined} />
          <p id="caps-lock" className="hint" role="status">{capsLock ? t('signIn.capsLock') : ''}</p>
        </div></>}
        <Button type="submit" className="button primary wide" isDisabled={busy} autoFocus={anonymous}>
          {busy && <span className="spinner" />}
          {t(anonymous ? 'signIn.connect' : 'signIn.submit')}
        </Button>
      </form>
      {message !== '' && <p className="it-message" role="note" aria-label={t('signIn.messageLabel')}>{message}</p>}
    </Frame>
  )
}

/** Which host a sign-in goes to, and what the person should know of the way there. */
function SiteLine({ view, endpoint }: { view: SignInView; endpoint: string }): ReactNode {
  const { t } = useApp()
  const chosen = view.endpoints.find((e) => e.id === endpoint)
  if (chosen === undefined) return null
  const { site, reachable, insecure } = chosen
  return (
    <>
      {site !== undefined && <p className="muted">{t('signIn.site', { site })}</p>}
      {reachable === false && <p className="hint warning" role="status">{t('signIn.unreachable')}</p>}
      {insecure === true && <p className="hint warning" role="note">{t('signIn.insecure')}</p>}
    </>
  )
}

function EndpointSelect({ view, value, onChange }: { view: SignInView; value: string; onChange: (id: string) => void }): ReactNode {
  const { t } = useApp()
  return (
    <Select className="field" value={value} onChange={(key) => { if (typeof key === 'string') onChange(key) }}>
      <Label>{t('signIn.endpoint')}</Label>
      <Button className="select-button"><SelectValue /><ChevronIcon /></Button>
      <Popover className="popover">
        <ListBox className="menu" items={view.endpoints}>
          {(item) => <ListBoxItem id={item.id} className="menu-item">{item.label}</ListBoxItem>}
        </ListBox>
      </Popover>
    </Select>
  )
}
