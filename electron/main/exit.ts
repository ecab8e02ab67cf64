// Why: systemd decides by the exit status whether a restart can help (RestartPreventExitStatus=64 78), so the status
// comes from the closed error table and never from the place that happened to fail.
import type { ShellClosed } from '../core/ports/shell.ts'
import { factsOf, type ErrorCode } from '../../shared/error-codes.ts'

export const EXIT_OK = 0
/** EX_USAGE of sysexits.h. */
export const EXIT_USAGE = 64
/** EX_SOFTWARE: an error that has no status of its own reached the end of the process. */
export const EXIT_SOFTWARE = 70

/** Exit status of the process for an error that ended it. An error that should not have ended it is a bug: 70. */
export function exitStatusOf(code: ErrorCode): number {
  const { exit } = factsOf(code)
  return exit === 0 ? EXIT_SOFTWARE : exit
}

/** Exit status of the kiosk whose window is gone: systemd starts anew after a crash or a lost display. */
export function exitStatusOfEnd({ why }: ShellClosed): number {
  switch (why) {
    case 'crashed':
      return exitStatusOf('shell.renderer-crashed')
    case 'display-gone':
      return exitStatusOf('shell.display-gone')
    case 'user':
    case 'shutdown':
      return EXIT_OK
  }
}
