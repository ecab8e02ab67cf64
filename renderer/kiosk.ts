// Why: in full screen with the keyboard locked every combination reaches the page (measured: without it Ctrl+N opens
// windows out of a kiosk and Alt+F4 closes it). Both need a gesture, so this is called from handlers only.

interface KeyboardLock { lock?: () => Promise<void>; unlock?: () => void }
const keyboardOf = (): KeyboardLock | undefined => (navigator as Navigator & { keyboard?: KeyboardLock }).keyboard

/** Never fails: a window that cannot go full screen (headless, refused) still works. */
export async function enterKiosk(): Promise<void> {
  try {
    if (document.fullscreenElement === null) await document.documentElement.requestFullscreen({ navigationUI: 'hide' })
    await keyboardOf()?.lock?.()
  } catch {
    // Refused without a gesture or by the platform.
  }
}

export async function leaveKiosk(): Promise<void> {
  try {
    keyboardOf()?.unlock?.()
    if (document.fullscreenElement !== null) await document.exitFullscreen()
  } catch {
    // Already out.
  }
}
