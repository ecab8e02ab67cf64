// Why: text of the hypervisor becomes text of a screen here: bounded, on one line, without control characters.
import { printable } from '../../core/errors.ts'
import type { Desktop, DesktopId } from '../../../shared/desktop.ts'
import type { Inspected } from './inspect.ts'

const MAX_TITLE = 200
const MAX_DETAIL = 500

export function toDesktop({ domain, power }: Inspected): Desktop {
  const title = oneLine(domain.title, MAX_TITLE) || oneLine(domain.name, MAX_TITLE) || domain.uuid
  return { id: domain.uuid as DesktopId, title, detail: oneLine(domain.description, MAX_DETAIL), power, ...(domain.os === undefined ? {} : { os: domain.os }) }
}

/** First line that says something, cut at a whole character. */
function oneLine(text: string, max: number): string {
  const line = text.split(/[\r\n\u2028\u2029]+/).map((l) => l.trim()).find((l) => l !== '') ?? ''
  const clean = printable(line.toWellFormed())
  return clean.length <= max ? clean : [...clean.slice(0, max)].filter((c) => c.isWellFormed()).join('')
}
