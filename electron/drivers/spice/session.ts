// Why: the one desktop of a direct display. It is neither listed, started nor looked at by anybody, so everything but
// the console is said here in one line each.
import { AppError, printable } from '../../core/errors.ts'
import type { CallContext, ConsoleGrant, CredentialPath, HypervisorSession } from '../../core/ports/driver.ts'
import type { TlsTrust } from '../../core/ports/tls.ts'
import type { Desktop, DesktopId, PowerState } from '../../../shared/desktop.ts'
import type { Places } from './driver.ts'
import { targetToGrant } from './target.ts'

export interface SpiceSessionDeps {
  readonly label: string
  readonly places: Places
  readonly trust: TlsTrust | undefined
}

const ID = 'display' as DesktopId
const MAX_TITLE = 200

export class SpiceSession implements HypervisorSession {
  readonly #d: SpiceSessionDeps

  constructor(deps: SpiceSessionDeps) {
    this.#d = deps
  }

  listDesktops(): Promise<readonly Desktop[]> {
    return attempt(() => {
      const place = this.#d.places.next()
      place.dispose()
      return [{ id: ID, title: titleOf(place.title) ?? this.#d.label, detail: '', power: 'unknown' }]
    })
  }

  /** Nobody here can start it; whether it runs shows when its console is opened. */
  powerOn(id: DesktopId, onState: (s: PowerState) => void): Promise<void> {
    return attempt(() => {
      known(id)
      onState('running')
    })
  }

  powerState(id: DesktopId): Promise<PowerState> {
    return attempt(() => {
      known(id)
      return 'unknown'
    })
  }

  openConsole(id: DesktopId, ctx: CallContext): Promise<ConsoleGrant> {
    return attempt(() => {
      known(id)
      if (ctx.signal.aborted) throw new AppError('cancelled', 'aborted')
      const place = this.#d.places.next()
      try {
        const grant = targetToGrant(place.target, this.#d.trust === undefined ? {} : { trust: this.#d.trust })
        return place.shortLived ? { ...grant, refusal: 'spice.file-used' } : grant
      } finally {
        place.dispose()
      }
    })
  }

  credentialPath(id: DesktopId): Promise<CredentialPath> {
    return attempt(() => {
      known(id)
      return { kind: 'none', channelNames: [] }
    })
  }

  /** There is no connection of its own that could be lost. */
  onLost(): void {
    // Nothing to listen to.
  }

  close(): Promise<void> {
    this.#d.places.end()
    return Promise.resolve()
  }
}

/** One line of a stranger's text, bounded; undefined where nothing is left. oVirt's %d is the number of a viewer's window. */
function titleOf(title: string | undefined): string | undefined {
  const line = printable((title ?? '').toWellFormed()).replace(/:?%d/g, '').trim()
  return line === '' ? undefined : [...line.slice(0, MAX_TITLE)].filter((c) => c.isWellFormed()).join('')
}

function known(id: DesktopId): void {
  if (id !== ID) throw new AppError('desktop.not-found', 'a direct display has one desktop')
}

/** What is done at once still fails as a promise does. */
async function attempt<T>(work: () => T): Promise<T> {
  return await Promise.resolve().then(work)
}
