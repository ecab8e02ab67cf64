// Why: Escape cancels on the screens where something is under way, wherever the focus is.
import { useEffect } from 'react'

export function useEscape(action: () => void): void {
  useEffect(() => {
    const onKey = (e: KeyboardEvent): void => {
      if (e.key !== 'Escape' || e.repeat) return
      e.preventDefault()
      action()
    }
    window.addEventListener('keydown', onKey)
    return () => { window.removeEventListener('keydown', onKey) }
  }, [action])
}
