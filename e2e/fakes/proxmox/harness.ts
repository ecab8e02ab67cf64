// Why: test code. Signing in at the double in one line, with everything closed afterwards.
import { afterEach } from 'vitest'
import type { HypervisorSession, SignInOutcome } from '../../../electron/core/ports/driver.ts'
import { Secret } from '../../../electron/core/secret.ts'
import { callContext } from '../../../electron/core/testkit.ts'
import { failure } from '../../../electron/drivers/http-contract/driver-rig.testkit.ts'
import { ADA, proxmoxRig, type ProxmoxRig, type ProxmoxRigOptions } from './rig.ts'

export const ctx = callContext()
/** Called after the test, the last first. */
export const closing: (() => unknown)[] = []
/** To be called once by a test file. */
export function closeAfterwards(): void {
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })
}

export async function rigged(options: ProxmoxRigOptions = {}): Promise<ProxmoxRig> {
  const rig = await proxmoxRig(options)
  closing.push(() => rig.close())
  return rig
}
export function secret(rig: ProxmoxRig, text: string): Secret {
  const made = Secret.from(text, rig.redactor)
  closing.push(() => made.dispose())
  return made
}
export const outcome = (rig: ProxmoxRig, { user = ADA.user, password = ADA.password, kept = (): Secret | undefined => undefined } = {}): Promise<SignInOutcome> =>
  rig.driver.signIn({ user, password: secret(rig, password), kept }, ctx)
export async function session(rig: ProxmoxRig, over: Parameters<typeof outcome>[1] = {}): Promise<HypervisorSession> {
  const made = await outcome(rig, over)
  if (made.kind !== 'signed-in') throw new Error('it asks for more')
  closing.push(() => made.session.close())
  return made.session
}
export const challenged = async (rig: ProxmoxRig): Promise<Extract<SignInOutcome, { kind: 'challenge' }>> => {
  const made = await outcome(rig)
  if (made.kind !== 'challenge') throw new Error('it asks for nothing')
  return made
}
export const code = async (work: Promise<unknown>): Promise<string> => (await failure(work)).code
