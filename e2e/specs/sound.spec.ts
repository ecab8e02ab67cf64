// Why: without its worklet the console is silent and says nothing about it, and a worklet's script comes another way than every
// other file: the browser's driver lets such requests pass unasked. Only a whole shell shows whether ours answers them.
import { expect, test } from '../app-fixture.ts'

test('the sound\'s script comes to the audio thread, and no file that is not ours does', async ({ launch }) => {
  const d = await launch()
  await d.page.locator('#user').waitFor()
  const load = (path: string): Promise<string> => d.page.evaluate(async (url) => {
    const context = new AudioContext()
    try {
      await context.audioWorklet.addModule(url)
      return new AudioWorkletNode(context, 'spice-playback', { numberOfInputs: 0, outputChannelCount: [2] }) instanceof AudioNode ? 'loaded' : 'no node'
    } catch (e) {
      return e instanceof Error ? e.name : String(e)
    } finally {
      await context.close()
    }
  }, path)
  expect(await load('/assets/no-worklet.js')).toBe('AbortError')
  expect(await load('/assets/playback-worklet.js')).toBe('loaded')
})
