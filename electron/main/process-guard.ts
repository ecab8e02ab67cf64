// Why: an error that nobody expected must neither leave a half-dead kiosk nor print a stack past the redactor. It is
// logged by code and reference, every secret is zeroed, and the process ends with a status that lets systemd restart it.
import { AppError, toAppError } from '../core/errors.ts'
import type { Logger } from '../core/ports/logger.ts'
import { EXIT_SOFTWARE } from './exit.ts'

export interface Guarded {
  readonly log: Logger
  /** Zeroes every secret, at once. */
  wipe(): void
}

export type GuardedProcess = Pick<NodeJS.Process, 'on' | 'off' | 'exit'>

/**
 * Takes charge of uncaught errors and of the process's end; returns the removal.
 * @param current asked at that moment: what is guarded comes up while the process already runs
 */
export function guardProcess(current: () => Guarded, target: GuardedProcess = process): () => void {
  let ending = false
  const fatal = (what: string) => (e: unknown): void => {
    // An error in the handling of an error, or a second one in the same breath: the first has said it.
    if (ending) return
    ending = true
    const error = e instanceof AppError ? e : toAppError(e)
    try {
      // Before the wiping: the redactor knows only secrets that are alive.
      current().log.error(`${what}: the process ends`, { comp: 'process', code: error.code, detail: error.detail, trace: error.traceId })
      current().wipe()
    } finally {
      target.exit(EXIT_SOFTWARE)
    }
  }
  const onError = fatal('an error that nobody caught')
  const onRejection = fatal('a rejection that nobody caught')
  const onExit = (): void => current().wipe()
  target.on('uncaughtException', onError)
  target.on('unhandledRejection', onRejection)
  target.on('exit', onExit)
  return () => {
    target.off('uncaughtException', onError)
    target.off('unhandledRejection', onRejection)
    target.off('exit', onExit)
  }
}
