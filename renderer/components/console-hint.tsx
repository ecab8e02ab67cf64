// Why: the few things about the console that a person cannot see: who has the mouse and how to get it back, a copied text
// that was too long, a desktop on its way to another host. One line, gone by itself.
import { useEffect, useState, type ReactNode } from 'react'
import type { ConsoleNotice } from '../console/port.ts'
import { useApp } from '../context.tsx'

/** How long a line stays, ms. */
const STAYS_MS = 7000

type Hint =
  | { readonly key: 'console.mouse.unlocked' | 'console.mouse.locked' | 'console.mouse.refused' | 'console.moving' }
  | { readonly key: 'console.clipboard.tooLarge'; readonly kilobytes: number }

/** What a notice has to say to the person; null: that it is over; undefined: nothing. */
export function hintOf(notice: ConsoleNotice): Hint | null | undefined {
  switch (notice.kind) {
    case 'pointer':
      return notice.hold === 'free' ? null : { key: `console.mouse.${notice.hold}` }
    case 'clipboard-too-large':
      return { key: 'console.clipboard.tooLarge', kilobytes: Math.floor(notice.limit / 1024) }
    case 'migration':
      return notice.step === 'announced' || notice.step === 'begin' ? { key: 'console.moving' } : undefined
    default:
      return undefined
  }
}

/** @param notice the newest; another object for each */
export function ConsoleHint({ notice }: { notice: ConsoleNotice | undefined }): ReactNode {
  const { t } = useApp()
  const [hint, setHint] = useState<Hint | null>(null)

  useEffect(() => {
    const next = notice === undefined ? undefined : hintOf(notice)
    if (next !== undefined) setHint(next)
  }, [notice])

  useEffect(() => {
    if (hint === null) return
    const timer = setTimeout(() => { setHint(null) }, STAYS_MS)
    return () => { clearTimeout(timer) }
  }, [hint])

  // The region is always there: what is put into one later is read out, one that comes with its text may not be.
  return (
    <div className="console-hint" role="status" data-hint={hint?.key}>
      {hint !== null && <span>{hint.key === 'console.clipboard.tooLarge' ? t('console.clipboard.tooLarge', { count: hint.kilobytes }) : t(hint.key)}</span>}
    </div>
  )
}
