// Why: our controls over the guest. Hidden unless asked for, by the pointer at the top edge, by the grip (touch), or
// by Ctrl+Alt+Home, so that the whole window belongs to the guest.
import { useEffect, useState, type ReactNode } from 'react'
import { Button, Menu, MenuItem, MenuTrigger, Popover, Separator } from 'react-aria-components'
import { useApp } from '../context.tsx'
import { enterKiosk, leaveKiosk } from '../kiosk.ts'
import { DisconnectIcon, MenuIcon, ScreenIcon } from './icons.tsx'

/** How long the bar stays when nothing is done with it, ms. */
const BAR_STAYS_MS = 4000
/** The pointer counts as at the edge within so many pixels of the top. */
const EDGE = 2

interface BarProps {
  readonly title: string
  /** Grows by one each time the keyboard asks for the bar. */
  readonly asked: number
  /** The guest gets the keyboard back. */
  readonly onDone: () => void
  readonly onDiagnostics: () => void
}

export function ConsoleBar({ title, asked, onDone, onDiagnostics }: BarProps): ReactNode {
  const { t, send } = useApp()
  const [shown, setShown] = useState(true)
  const [menu, setMenu] = useState(false)
  const [over, setOver] = useState(false)
  const fullscreen = useFullscreen()

  useEffect(() => {
    if (asked === 0) return
    setShown(true)
    setMenu(true)
  }, [asked])

  useEffect(() => {
    if (!shown || menu || over) return
    const timer = setTimeout(() => { setShown(false) }, BAR_STAYS_MS)
    return () => { clearTimeout(timer) }
  }, [shown, menu, over])

  useEffect(() => {
    const onMove = (e: MouseEvent): void => {
      const third = window.innerWidth / 3
      if (e.clientY <= EDGE && e.buttons === 0 && e.clientX > third && e.clientX < 2 * third) setShown(true)
    }
    // Capture: the console stops pointer events below this point.
    window.addEventListener('mousemove', onMove, { capture: true })
    return () => { window.removeEventListener('mousemove', onMove, { capture: true }) }
  }, [])

  const openMenu = (open: boolean): void => {
    setMenu(open)
    // The menu is inside the bar for React: a pointer over it counts as over the bar, and does not leave when it closes.
    if (!open) setOver(false)
    // After React Aria has given the focus back to the button.
    if (!open) setTimeout(onDone, 0)
  }

  if (!shown) {
    return (
      <Button className="console-grip" excludeFromTabOrder aria-label={t('console.showBar')} onPress={() => { setShown(true) }}><span /></Button>
    )
  }
  return (
    <div className="console-bar" role="toolbar" aria-label={t('console.bar')} onPointerEnter={() => { setOver(true) }} onPointerLeave={() => { setOver(false) }}>
      <span className="console-title" title={t('console.barHint')}>{title}</span>
      <MenuTrigger isOpen={menu} onOpenChange={openMenu}>
        <Button className="button bar"><MenuIcon />{t('console.menu')}</Button>
        <Popover className="popover" placement="bottom">
          <ConsoleMenu onDiagnostics={onDiagnostics} />
        </Popover>
      </MenuTrigger>
      <Button
        className="button bar icon-only"
        aria-label={t(fullscreen ? 'console.leaveFullscreen' : 'console.fullscreen')}
        onPress={() => { void (fullscreen ? leaveKiosk() : enterKiosk()).then(onDone) }}
      >
        <ScreenIcon />
      </Button>
      <Button className="button bar" onPress={() => { void send({ type: 'disconnect' }) }}><DisconnectIcon />{t('console.disconnect')}</Button>
    </div>
  )
}

function ConsoleMenu({ onDiagnostics }: { onDiagnostics: () => void }): ReactNode {
  const { t, send, parts, bootstrap } = useApp()
  return (
    <>
      <Menu className="menu" aria-label={t('console.menu')} autoFocus="first">
        <MenuItem className="menu-item" onAction={() => { parts.engine.sendCtrlAltDel() }}>{t('console.ctrlAltDel')}</MenuItem>
        <MenuItem className="menu-item" onAction={() => { void send({ type: 'guest', action: 'lock' }) }}>{t('console.lock')}</MenuItem>
        <MenuItem className="menu-item" onAction={() => { void send({ type: 'guest', action: 'logoff' }) }}>{t('console.logoff')}</MenuItem>
        <MenuItem className="menu-item" onAction={onDiagnostics}>{t('console.diagnostics')}</MenuItem>
        <Separator className="menu-line" />
        <MenuItem className="menu-item" textValue={t('console.disconnect')} onAction={() => { void send({ type: 'disconnect' }) }}>
          <span className="menu-two">
            {t('console.disconnect')}
            <span className="muted">{t(`console.leave.${bootstrap?.onDisconnect ?? 'keep'}`)}</span>
          </span>
        </MenuItem>
        <MenuItem className="menu-item" onAction={() => { void send({ type: 'signOut' }) }}>{t('app.signOut')}</MenuItem>
      </Menu>
      <p className="menu-hint">{t('console.barHint')}</p>
    </>
  )
}

function useFullscreen(): boolean {
  const [on, setOn] = useState(document.fullscreenElement !== null)
  useEffect(() => {
    const update = (): void => { setOn(document.fullscreenElement !== null) }
    document.addEventListener('fullscreenchange', update)
    return () => { document.removeEventListener('fullscreenchange', update) }
  }, [])
  return on
}
