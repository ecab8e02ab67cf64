// Why: time-to-desktop is broken down by phase for the person (progress), for IT (diagnostics) and for the bench.
import { phaseNames, type PhaseName, type PhaseView } from '../../../shared/view/view-state.ts'
import type { Clock } from '../ports/clock.ts'

interface Span {
  status: PhaseView['status']
  from: number
  ms?: number
}

/** Records the spans of one sign-in. Phases may overlap (the sign-on runs beside the console). */
export class PhaseTracker {
  readonly #clock: Clock
  readonly #spans = new Map<PhaseName, Span>()
  #origin = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Forgets everything from `first` on: a new sign-in (`authenticate`) or a new visit (`start`). */
  reset(first: 'authenticate' | 'start'): void {
    if (first === 'authenticate') this.#origin = this.#clock.now()
    for (const name of phaseNames.slice(phaseNames.indexOf(first))) this.#spans.delete(name)
  }

  /** For work that is done once more within a sign-in: its old figures would stand beside the new ones. */
  forget(...names: readonly PhaseName[]): void {
    for (const name of names) this.#spans.delete(name)
  }

  is(name: PhaseName, status: PhaseView['status']): boolean {
    return (this.#spans.get(name)?.status ?? 'waiting') === status
  }

  start(name: PhaseName): void {
    this.#spans.set(name, { status: 'running', from: this.#clock.now() })
  }

  /** Ends a running phase; a phase that is not running stays as it is. skipped: it was cut short, by the person. */
  end(name: PhaseName, status: 'done' | 'failed' | 'skipped' = 'done'): void {
    const span = this.#spans.get(name)
    if (span?.status === 'running') this.#spans.set(name, { ...span, status, ms: this.#clock.now() - span.from })
  }

  skip(name: PhaseName): void {
    this.#spans.set(name, { status: 'skipped', from: this.#clock.now() })
  }

  /** Milliseconds from the sign-in to now. */
  sinceOrigin(): number {
    return this.#clock.now() - this.#origin
  }

  view(): PhaseView[] {
    return phaseNames.map((name) => {
      const span = this.#spans.get(name)
      if (!span) return { name, status: 'waiting' }
      return span.ms === undefined ? { name, status: span.status } : { name, status: span.status, ms: Math.round(span.ms * 10) / 10 }
    })
  }
}
