// Why: the small composition behind `latchkey probe`: a route → ConsoleLink with the ticket spliced in → a page with the
// engine → its report. It alone answers the page's `probe.*` requests; nothing of the kiosk's App is here.
import type { ProbeReport } from '../../../shared/ipc/probe.ts'
import { AppError, toAppError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { Dialer } from '../../core/ports/dialer.ts'
import type { ConsoleGrant } from '../../core/ports/driver.ts'
import type { Logger } from '../../core/ports/logger.ts'
import type { RendererLink, ShellPort } from '../../core/ports/shell.ts'
import { ConsoleLink } from '../../core/spice/console-link.ts'
import { receivePicture } from './receive-picture.ts'
import type { Picture } from './result.ts'

export interface ProbeRun {
  /** Belongs to the run: its ticket is wiped at the end. */
  readonly grant: ConsoleGrant
  /** How long to watch from the first picture on, ms. */
  readonly ms: number
  readonly picture: boolean
  /** Aborted by whoever has seen enough: ends the measurement early, or gives up before there is one. */
  readonly enough: AbortSignal
  readonly shell: ShellPort
  readonly dialer: Dialer
  readonly clock: Clock
  readonly log: Logger
}

export interface ProbeOutcome {
  readonly report?: ProbeReport
  readonly picture?: Picture
  readonly error?: AppError
}

/** From the page's start to the first picture, ms. Each channel's link has a shorter limit of its own. */
export const LINK_TIMEOUT = 30_000
/** From the end of the measurement to the report, ms: a large picture goes through a pipe. */
export const REPORT_TIMEOUT = 30_000
/** What a page whose connection was lost may take to say what it had counted, ms. */
export const LAST_WORD_TIMEOUT = 5_000

/** Never rejects; leaves nothing open. */
export async function runProbe(o: ProbeRun): Promise<ProbeOutcome> {
  const run = new Run(o)
  try {
    return await run.outcome()
  } catch (e) {
    return { error: toAppError(e) }
  } finally {
    run.close()
    await o.shell.close()
  }
}

class Run {
  readonly #o: ProbeRun
  readonly #link: ConsoleLink
  readonly #done = Promise.withResolvers<ProbeOutcome>()
  readonly #over = new AbortController()
  /** Why the connection cannot go on, from the side that sees most of it. */
  #lost: AppError | undefined
  #picture: Promise<Picture> | undefined
  #cancelDeadline: () => void = () => undefined
  #attached = false
  #measuring = false

  constructor(o: ProbeRun) {
    this.#o = o
    this.#link = new ConsoleLink({
      grant: o.grant,
      dialer: o.dialer,
      clock: o.clock,
      ctx: { signal: this.#over.signal, log: o.log },
      onLinked: () => undefined,
      onLost: (error) => this.#connectionLost(error),
    })
  }

  async outcome(): Promise<ProbeOutcome> {
    const { shell, enough } = this.#o
    const stopped = (): void => {
      if (!this.#measuring) this.#fail(new AppError('cancelled', 'stopped before the server was reached'))
    }
    if (enough.aborted) throw new AppError('cancelled', 'stopped before it began')
    enough.addEventListener('abort', stopped, { once: true })
    shell.onClosed(({ detail }) => this.#fail(new AppError('shell.renderer-crashed', detail)))
    shell.open((page) => this.#attach(page)).catch((e: unknown) => this.#fail(toAppError(e)))
    return await this.#done.promise.finally(() => enough.removeEventListener('abort', stopped))
  }

  close(): void {
    this.#cancelDeadline()
    this.#over.abort(new AppError('cancelled', 'the probe is over'))
    this.#link.close()
  }

  #attach(page: RendererLink): void {
    // A shell starts a crashed page anew; a measurement cannot be taken up again.
    if (this.#attached) return this.#fail(new AppError('shell.renderer-crashed', 'the page was lost during the probe'))
    this.#attached = true
    this.#deadline(LINK_TIMEOUT, () => new AppError('spice.timeout', `the server did not begin a session within ${LINK_TIMEOUT / 1000} s`))
    page.handle('probe.start', () => Promise.resolve({ link: this.#link.id, picture: this.#o.picture }))
    page.handle('spice.open', async ({ link, channel, id }) => {
      if (link !== this.#link.id) throw new AppError('spice.channel-denied', 'another link')
      return { nonce: await this.#link.open({ type: channel, id }, page) }
    })
    page.handle('probe.wait', async () => {
      await this.#measure()
      return null
    })
    page.handle('probe.picture', async (size) => {
      if (!this.#o.picture || this.#picture) throw new AppError('ipc.refused', 'no picture is wanted')
      const { nonce, picture } = await receivePicture(page, size)
      this.#picture = picture
      return { nonce }
    })
    page.handle('probe.report', async (report) => {
      await this.#finish(report)
      return null
    })
  }

  /** Resolves when enough was seen. */
  #measure(): Promise<void> {
    if (this.#measuring) return Promise.reject(new AppError('ipc.refused', 'asked twice'))
    this.#measuring = true
    this.#cancelDeadline()
    const { clock, ms, enough } = this.#o
    return new Promise((resolve) => {
      const end = (): void => {
        cancel()
        enough.removeEventListener('abort', end)
        this.#deadline(REPORT_TIMEOUT, () => new AppError('shell.renderer-crashed', 'the page did not report'))
        resolve()
      }
      const cancel = clock.after(ms, end)
      if (enough.aborted) end()
      else enough.addEventListener('abort', end, { once: true })
    })
  }

  async #finish(report: ProbeReport): Promise<void> {
    const error = this.#lost ?? endError(report)
    if (error) return this.#done.resolve({ report, error })
    if (!this.#o.picture) return this.#done.resolve({ report })
    try {
      if (!this.#picture) throw new AppError('spice.display-closed', 'the server has shown no picture')
      this.#done.resolve({ report, picture: await this.#picture })
    } catch (e) {
      this.#done.resolve({ report, error: toAppError(e) })
    }
  }

  #connectionLost(error: AppError): void {
    this.#lost ??= error
    // The page sees its channels end and reports what it had; should it not, the reason alone must do.
    this.#deadline(LAST_WORD_TIMEOUT, () => error)
  }

  #deadline(ms: number, error: () => AppError): void {
    this.#cancelDeadline()
    this.#cancelDeadline = this.#o.clock.after(ms, () => this.#fail(error()))
  }

  #fail(error: AppError): void {
    this.#done.resolve({ error: this.#lost ?? error })
  }
}

/** LinkErr PERMISSION_DENIED of spice/error_codes.h */
const PERMISSION_DENIED = 7

/** What the page says of an end that main did not see as one. */
function endError({ end }: ProbeReport): AppError | undefined {
  if (end === undefined) return undefined
  const { kind, code, detail } = end
  switch (kind) {
    case 'refused':
      return code === PERMISSION_DENIED ? new AppError('spice.ticket-refused', 'the server refused the ticket') : new AppError('spice.link-failed', `the server refused the link with error ${code ?? '?'}`)
    case 'protocol':
      return new AppError('spice.link-failed', `what the server sends cannot be followed: ${detail}`)
    case 'timeout':
      return new AppError('spice.timeout', 'the server did not answer')
    case 'unreachable':
      return new AppError('spice.display-closed', `a channel could not be opened: ${detail}`)
    case 'page':
      return new AppError('internal.bug', detail)
    case 'closed':
    case 'ended':
      return new AppError('spice.lost', `the session ended${detail === '' ? '' : `: ${detail}`}`)
    case 'server':
      return new AppError('spice.lost', `the server ended the session with reason ${code ?? '?'}`)
  }
}
