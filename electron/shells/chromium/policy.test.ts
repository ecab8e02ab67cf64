// Why: the policy that we install must not cut our own pipe, and a foreign one that does must be named.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { findPolicyConflicts, managedPolicy, managedPolicyJson } from './policy.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'latchkey-test-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))
const put = (name: string, policy: unknown) => writeFile(join(dir, name), typeof policy === 'string' ? policy : JSON.stringify(policy))

it('allows our origin only, and leaves the pipe alone', async () => {
  const policy = managedPolicy()
  expect(policy).toMatchObject({ URLBlocklist: ['*'], URLAllowlist: ['https://latchkey.invalid'] })
  for (const name of ['DeveloperToolsAvailability', 'DeveloperToolsDisabled', 'RemoteDebuggingAllowed']) expect(policy).not.toHaveProperty(name)
  expect(JSON.parse(managedPolicyJson())).toEqual(policy)
  await put('latchkey.json', managedPolicyJson())
  expect(await findPolicyConflicts([dir])).toEqual([])
})

it.each([
  [{ DeveloperToolsAvailability: 2 }, 'DeveloperToolsAvailability'],
  [{ DeveloperToolsDisabled: true }, 'DeveloperToolsAvailability'],
  [{ RemoteDebuggingAllowed: false }, 'RemoteDebuggingAllowed'],
  [{ URLBlocklist: ['*'] }, 'URLAllowlist'],
])('names %j', async (policy, name) => {
  await put('a.json', policy)
  expect(await findPolicyConflicts([join(dir, 'none'), dir])).toEqual([{ file: join(dir, 'a.json'), policy: name }])
})

it('has nothing to say on harmless, broken and foreign files', async () => {
  await put('a.json', { DeveloperToolsAvailability: 1, RemoteDebuggingAllowed: true })
  await put('b.json', '{ broken')
  await put('c.json', '[]')
  await put('d.txt', { RemoteDebuggingAllowed: false })
  expect(await findPolicyConflicts([dir])).toEqual([])
})
