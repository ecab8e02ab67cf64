// Why: `latchkey probe` as a command: its arguments as a run, its outcome as words or JSON and an exit status. With --json
// standard output is one JSON object whatever happens; what a person should read goes to standard error.
import { printable, toAppError, type AppError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { Dialer } from '../../core/ports/dialer.ts'
import type { Logger } from '../../core/ports/logger.ts'
import type { ShellPort } from '../../core/ports/shell.ts'
import type { Redactor } from '../../core/redactor.ts'
import { EXIT_OK, exitStatusOf } from '../exit.ts'
import { checkPictureFile, writePictureFile } from './picture-file.ts'
import { encodePng } from './png.ts'
import { describe, resultOf } from './result.ts'
import { runProbe, type ProbeOutcome } from './run.ts'
import { readTarget } from './target.ts'

export interface ProbeCommand {
  /** A SPICE address or the path of a .vv file. */
  readonly target: string
  readonly seconds: number
  /** File for the picture. */
  readonly screenshot: string | undefined
  readonly ticketFile: string | undefined
  readonly json: boolean
}

export interface ProbeEnvironment {
  readonly clock: Clock
  readonly log: Logger
  readonly redactor: Redactor
  readonly dialer: Dialer
  /** Made when everything else is known to be good: it is the expensive part. */
  readonly shell: () => Promise<ShellPort>
  readonly enough: AbortSignal
  readonly stdin: AsyncIterable<Uint8Array | string>
  out(text: string): void
  err(text: string): void
}

/** Resolves with the exit status; never rejects. */
export async function probeCommand(o: ProbeCommand, env: ProbeEnvironment): Promise<number> {
  const say = (text: string): void => env.err(`latchkey probe: ${printable(env.redactor.redact(text))}\n`)
  let name = o.target
  let outcome: ProbeOutcome
  // The run wipes the ticket, and with it goes the redactor's knowledge of it, before the last words are said.
  using said = new DisposableStack()
  try {
    if (o.screenshot !== undefined) checkPictureFile(o.screenshot)
    const { grant, name: named, warnings } = await readTarget({ text: o.target, ticketFile: o.ticketFile, stdin: env.stdin, redactor: env.redactor })
    name = named
    if (grant.ticket) said.use(grant.ticket.clone())
    warnings.forEach(say)
    const { clock, log, dialer, enough } = env
    outcome = await runProbe({ grant, ms: o.seconds * 1000, picture: o.screenshot !== undefined, enough, shell: await env.shell(), dialer, clock, log })
    if (outcome.picture && o.screenshot !== undefined) await writePictureFile(o.screenshot, encodePng(outcome.picture))
  } catch (e) {
    // The address itself may hold a password; what is wrong with it is in the error.
    if (name === o.target) name = 'the display'
    outcome = { error: toAppError(e) }
  }
  return told(o, env, say, name, outcome)
}

function told(o: ProbeCommand, env: ProbeEnvironment, say: (text: string) => void, name: string, { report, picture, error }: ProbeOutcome): number {
  const result = resultOf(report, error, (text) => env.redactor.redact(text))
  if (o.json) env.out(`${JSON.stringify(result)}\n`)
  else if (report) env.out(describe(result, name, picture && o.screenshot !== undefined ? { file: o.screenshot, ...picture } : undefined))
  if (error === undefined) return EXIT_OK
  if (!o.json) for (const line of sentences(error)) say(line)
  return exitStatusOf(error.code)
}

function sentences(error: AppError): string[] {
  const lines = error.detail.split('\n').map((l) => `${error.code}: ${l}`)
  if (error.code === 'spice.ticket-refused') lines.push('give the ticket by --ticket-file FILE, or on standard input by --ticket-file -')
  return lines
}
