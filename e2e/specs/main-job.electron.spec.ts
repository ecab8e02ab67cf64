// Why: the main job in the Electron shell, on machines that have Electron's binary. It starts the built program as a
// process of its own, so it proves the bundles, the preload script and the real ports together.
import { _electron as electron, expect, test } from '@playwright/test'
import { startRig } from '../../build/demo/rig.ts'
import { typeSignIn } from '../../build/demo/drive.ts'
import { electronBinary } from '../../electron/main/places.ts'
import { guestCanvas } from '../support/console-page.ts'

test('from one sign-in to the signed-in desktop, in Electron', async () => {
  const binary = electronBinary()
  if (!binary) throw new Error('this project exists only where Electron is installed')
  const rig = await startRig('embedded', () => undefined, { show: 'single' })
  const app = await electron.launch({ executablePath: binary.path, args: [...binary.program, 'run', '--config-dir', rig.configDir, '--dev'] })
  try {
    const page = await app.firstWindow()
    await page.locator('#user').waitFor()
    await typeSignIn(page, rig.user, rig.password)
    await expect(page.locator('[data-outcome="confirmed"]')).toBeVisible()
    await expect(guestCanvas(page)).toBeVisible()
    expect(await page.evaluate('typeof require')).toBe('undefined')
  } finally {
    await app.close()
    await rig.stop()
  }
})
