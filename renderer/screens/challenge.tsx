// Why: the one more thing a server may ask for: a code, or a new password for one that has run out. What is typed is read
// once at submit and the field is emptied in the same turn, as on the sign-in screen.
import { useCallback, useEffect, useRef, useState, type FormEvent, type ReactNode } from 'react'
import { Button } from 'react-aria-components'
import { MAX_PASSWORD } from '../../shared/view/ui-command.ts'
import type { ViewState } from '../../shared/view/view-state.ts'
import { ErrorCard } from '../components/error-card.tsx'
import { Frame } from '../components/frame.tsx'
import { KeyIcon } from '../components/icons.tsx'
import { useEscape } from '../components/use-escape.ts'
import { useApp } from '../context.tsx'

type ChallengeView = Extract<ViewState, { screen: 'challenge' }>

export function ChallengeScreen({ view }: { view: ChallengeView }): ReactNode {
  const { t, send } = useApp()
  const field = useRef<HTMLInputElement>(null)
  const again = useRef<HTMLInputElement>(null)
  const [busy, setBusy] = useState(false)
  const [differ, setDiffer] = useState(false)
  const cancel = useCallback(() => { void send({ type: 'cancel' }) }, [send])
  useEscape(cancel)
  // Only another question, or another reason, takes the keyboard: a view that is sent again must not move the cursor.
  const trace = view.error?.traceId
  useEffect(() => {
    setBusy(false)
    field.current?.focus()
  }, [view.kind, view.prompt, trace])

  const isNew = view.kind === 'new-password'
  const submit = (e: FormEvent): void => {
    e.preventDefault()
    const input = field.current
    if (busy || input === null) return
    const text = view.kind === 'totp' ? input.value.replace(/\s/g, '') : input.value
    if (text === '') { input.focus(); return }
    if (isNew && again.current?.value !== text) {
      setDiffer(true)
      again.current?.focus()
      return
    }
    setDiffer(false)
    setBusy(true)
    const sent = send({ type: 'answer', text })
    input.value = ''
    if (again.current !== null) again.current.value = ''
    void sent.then((taken) => { if (!taken) setBusy(false) })
  }

  return (
    <Frame>
      <form className="card sign-in" onSubmit={submit} autoComplete="off" noValidate>
        <span className="sign-in-mark"><KeyIcon /></span>
        <h1>{t(`challenge.heading.${view.kind}`)}</h1>
        <p className="muted">{t('challenge.who', { user: view.user, endpoint: view.endpoint.label })}</p>
        {view.error !== undefined && <ErrorCard error={view.error} />}
        {view.prompt !== '' && <p>{view.prompt}</p>}
        <div className="field">
          <label htmlFor="answer">{t(`challenge.label.${view.kind}`)}</label>
          <input id="answer" ref={field} type={view.kind === 'totp' ? 'text' : 'password'} inputMode={view.kind === 'totp' ? 'numeric' : 'text'} maxLength={MAX_PASSWORD} autoComplete="off" autoCapitalize="none" autoCorrect="off" spellCheck={false} />
        </div>
        {isNew && (
          <div className="field">
            <label htmlFor="again">{t('challenge.again')}</label>
            <input id="again" ref={again} type="password" maxLength={MAX_PASSWORD} autoComplete="off" aria-describedby={differ ? 'differ' : undefined} />
            <p id="differ" className="hint" role="status">{differ ? t('challenge.differ') : ''}</p>
          </div>
        )}
        <div className="actions">
          <Button type="submit" className="button primary" isDisabled={busy}>{busy && <span className="spinner" />}{t('challenge.submit')}</Button>
          <Button className="button" onPress={cancel}>{t('app.cancel')}</Button>
        </div>
      </form>
    </Frame>
  )
}
