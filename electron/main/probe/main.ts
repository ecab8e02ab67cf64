// Why: the real things behind `latchkey probe`. It reads no configuration and needs no display, so it works on any machine
// that has a Chromium, and as any user.
import { createLogger } from '../../adapters/log/logger.ts'
import { createSink } from '../../adapters/log/sink.ts'
import { nameWriter } from '../../adapters/log/user-names.ts'
import { consoleIntake } from '../../adapters/log/console-intake.ts'
import { systemClock } from '../../adapters/clock.ts'
import { HopDialer } from '../../adapters/net/dialer.ts'
import { Redactor } from '../../core/redactor.ts'
import { ChromiumShell } from '../../shells/chromium/shell.ts'
import { loadAssets } from '../../shells/common/assets.ts'
import { rendererFolder } from '../places.ts'
import { guardProcess } from '../process-guard.ts'
import { onStop } from '../signals.ts'
import { probeCommand, type ProbeCommand } from './command.ts'

export interface ProbeOutput {
  out(text: string): void
  err(text: string): void
}

/** Runs one probe of the command line; resolves with the exit status. */
export async function probe(command: ProbeCommand, output: ProbeOutput): Promise<number> {
  const redactor = new Redactor()
  const clock = systemClock
  // Only what went wrong: the answer is what the caller wants to read.
  const log = createLogger({ sink: createSink({ redactor, write: (line) => output.err(line), journal: false }), clock, level: 'error', names: nameWriter('hashed') })
  const enough = new AbortController()
  const unhook = onStop(() => enough.abort())
  // What nobody expected ends the process, and its secrets with it; only its words must not go past the redactor.
  const unguard = guardProcess(() => ({ log, wipe: () => undefined }))
  const shell = async (): Promise<ChromiumShell> =>
    new ChromiumShell({
      assets: await loadAssets(rendererFolder(), 'probe.html'),
      options: { fullscreen: false, headless: true, width: 1280, height: 800 },
      log: log.child({ comp: 'shell' }),
      clock,
      env: process.env,
      measureMemory: true,
      onConsole: consoleIntake(log.child({ comp: 'page' }), clock),
    })
  try {
    return await probeCommand(command, { clock, log, redactor, dialer: new HopDialer(), shell, enough: enough.signal, stdin: process.stdin, ...output })
  } finally {
    unhook()
    unguard()
  }
}
