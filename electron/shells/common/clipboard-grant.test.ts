import { expect, it } from 'vitest'
import { clipboardGrant, NO_CLIPBOARD } from './clipboard-grant.ts'

it.each([
  ['off', NO_CLIPBOARD],
  ['toGuest', { read: true, write: false }],
  ['fromGuest', { read: false, write: true }],
  ['both', { read: true, write: true }],
] as const)('%s', (policy, grant) => {
  expect(clipboardGrant(policy)).toEqual(grant)
})
