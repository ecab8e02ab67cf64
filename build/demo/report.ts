// Why: report.json is what a machine reads of a demo run; its shape is fixed by one type.
import type { SsoReport } from './drive.ts'

export interface DemoReport {
  readonly ok: boolean
  readonly shell: string
  readonly lab: string
  readonly endpoint: string
  readonly desktop: string
  readonly sso: SsoReport
  /** Whose session the guest itself says it has; null: nobody's, or it cannot be asked. */
  readonly guestUser: string | null
  /** ms is null for a phase that did not run. */
  readonly phases: readonly { readonly name: string; readonly ms: number | null }[]
  /** From Enter to the later of first frame and sign-on, without the time in which the desktop was picked. */
  readonly totalMs: number
  /** File names beside report.json. */
  readonly screenshots: readonly string[]
}

export function printReport(report: DemoReport, say: (line: string) => void): void {
  say('')
  for (const p of report.phases) say(`  ${p.name.padEnd(14)}${p.ms === null ? '–' : `${p.ms.toFixed(0)} ms`}`)
  say('')
  say(`  sign-on: ${report.sso.outcome}${report.sso.confirmedBy ? ` (by ${report.sso.confirmedBy})` : ''}, ${report.sso.ms.toFixed(0)} ms`)
  if (report.guestUser !== null) say(`  the guest says: ${report.guestUser} is signed in`)
  say(`  in all:  ${report.totalMs.toFixed(0)} ms`)
}
