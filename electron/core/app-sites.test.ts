// Why: the sign-in screen follows what is known of an endpoint's hosts, and a running desktop is not disturbed by it.
import { expect, it } from 'vitest'
import { App } from './app.ts'
import { setUp } from './app.testkit.ts'
import type { SiteStatus } from './failover.ts'
import { settle } from './testkit.ts'

it('the sign-in screen says which host it would use', async () => {
  const t = setUp()
  let status: SiteStatus = { site: 'hv1' }
  let closed = 0
  const app = new App({ ...t.parts, siteOf: (id) => (id === 'hq' ? status : undefined), closing: () => void closed++ })
  const views: unknown[] = []
  app.start()
  app.attach({ ...t.page, emit: (_name, payload) => void views.push(payload) })
  expect(app.view).toMatchObject({ screen: 'signIn', endpoints: [{ id: 'hq', label: 'HQ', site: 'hv1' }] })
  await settle()
  const before = views.length
  status = { site: 'hv2', reachable: false }
  app.siteChanged()
  await settle()
  expect(views.slice(before)).toMatchObject([{ screen: 'signIn', endpoints: [{ site: 'hv2', reachable: false }] }])
  await app.close()
  expect(closed).toBe(1)
})
