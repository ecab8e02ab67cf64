// Why: one call brings the desktop to where a person finds it: the lab runs, the guest has booted, its session and agents are up,
// and its account has the password of today's lab.
import { build } from './build.ts'
import { startDomain, stateOf, type StartOptions } from './domain.ts'
import { person } from './facts.ts'
import { Inside } from './inside.ts'
import { install, type Log } from '../lab/install.ts'
import { startLab, type Lab } from '../lab/lab.ts'
import { must, until } from '../lab/run.ts'

export interface DesktopGuest {
  readonly lab: Lab
  readonly inside: Inside
}

/** Emulated, on a machine that does other things too, ms. */
const BOOT_MS = 480_000

/** Builds and starts what is missing; one that runs is taken as it is. */
export async function start(log: Log, o: StartOptions = {}): Promise<DesktopGuest> {
  await build(log)
  const lab = await startLab({ log })
  const inside = new Inside(lab)
  const began = Date.now()
  if ((await stateOf(lab)) !== 'running') {
    log('starting the desktop …')
    await startDomain(lab, o)
  }
  const seconds = (): number => Math.round((Date.now() - began) / 1000)
  const wait = async (what: string, ready: () => Promise<boolean>): Promise<void> => {
    await until(what, BOOT_MS, async () => ((await ready()) ? true : undefined))
    log(`${what}: ${seconds()} s`)
  }
  await wait('the guest answers', () => inside.answers())
  // Both programs of SPICE's agent: the service, and the one in the session.
  await wait('the session is up', () => inside.shell('xrandr >/dev/null && pgrep -u ada openbox && pgrep -x spice-vdagentd && pgrep -u ada -x spice-vdagent').then(() => true, () => false))
  const { agent } = await install(log)
  const hash = (await must(agent, ['--hash'], { input: lab.person(person.name).guestPassword })).trim()
  await inside.setPassword(hash)
  return { lab, inside }
}
