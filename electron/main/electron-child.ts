// Why: Electron is another binary than Node, so it runs as a child; this is what the parent sees of it.
import { spawn } from 'node:child_process'
import { AppError } from '../core/errors.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { Logger } from '../core/ports/logger.ts'
import type { RunOptions } from './cli.ts'
import { EXIT_OK, exitStatusOf } from './exit.ts'
import { HANDSHAKE_FD, parseWord, type Word } from './handshake.ts'
import type { ElectronBinary } from './places.ts'
import { onStop, type SignalSource } from './signals.ts'

/** A window that is not up by then is taken for one that never comes, ms. */
export const ELECTRON_START = 20_000
/** How long the pipe may stay open behind a process that has ended, ms. */
const PIPE_WAIT = 1000

export interface ElectronChild {
  readonly binary: ElectronBinary
  readonly log: Logger
  readonly clock: Clock
  /** Where stop signals come from; default: this process. */
  readonly signals?: SignalSource
}

/**
 * Runs Electron to its end; resolves with the exit status. Errors: shell.unavailable if the window does not come up for
 * a reason that another shell may not share. Not so a stop signal, a refused command line, or a kiosk that runs already.
 */
export function runElectron({ binary, log, clock, signals }: ElectronChild, o: Pick<RunOptions, 'configDir' | 'dev'>): Promise<number> {
  const args = [...binary.program, 'run', '--config-dir', o.configDir, ...(o.dev ? ['--dev'] : [])]
  const child = spawn(binary.path, args, { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] })
  return new Promise((resolve, reject) => {
    let word: Word | undefined
    let stopped = false
    const release = (): void => {
      cancel()
      unhook()
    }
    const unavailable = (why: string): void => {
      release()
      reject(new AppError('shell.unavailable', why))
    }
    const cancel = clock.after(ELECTRON_START, () => {
      child.kill('SIGKILL')
      unavailable(`Electron showed no window within ${ELECTRON_START / 1000} s`)
    })
    const unhook = onStop((signal) => {
      stopped = true
      child.kill(signal)
    }, signals)
    child.stdio[HANDSHAKE_FD]?.once('data', (bytes: Buffer) => {
      word = parseWord(bytes.toString('latin1'))
      if (word === undefined) return
      cancel()
      log.info(word === 'ready' ? 'window open' : 'a kiosk runs already and was brought to the front', { comp: 'shell', shell: 'electron' })
    })
    child.once('error', (e) => unavailable(e.message))
    const ended = (code: number | null, signal: NodeJS.Signals | null): void => {
      if (stopped) resolve(code ?? EXIT_OK)
      else if (word !== undefined) resolve(code ?? exitStatusOf('shell.renderer-crashed'))
      else if (code === exitStatusOf('cli.usage')) resolve(code)
      else return unavailable(`Electron ended with ${signal ?? `status ${code ?? '?'}`} before it showed a window`)
      release()
    }
    // Its last word may still be in the pipe, so `close`; but a helper process that outlives it keeps the pipe open.
    child.once('exit', (code, signal) => {
      const cancelWait = clock.after(PIPE_WAIT, () => ended(code, signal))
      child.once('close', () => {
        cancelWait()
        ended(code, signal)
      })
    })
  })
}
