// Why: the entry of the page of `latchkey probe`: the engine alone, without screens, in a window that nobody sees.
import '../../shared/ipc/no-eval.ts'
import { createBridge } from '../bridge.ts'
import { makeWorker } from '../console/spice-engine/make-worker.ts'
import { portChannel } from '../console/spice-engine/port-channel.ts'
import { browserCost } from './cost.ts'
import { emptyReport, runProbe } from './probe.ts'

async function main(): Promise<void> {
  const raw = window.latchkey
  if (raw === undefined) return
  const bridge = createBridge(window, raw)
  try {
    const canvas = document.createElement('canvas')
    document.body.append(canvas)
    await runProbe({ bridge, toChannel: portChannel, worker: makeWorker(), canvas: canvas.transferControlToOffscreen(), cost: browserCost() })
  } catch (e) {
    console.error(e)
    await bridge.request('probe.report', { ...emptyReport, end: { kind: 'page', detail: String(e).slice(0, 300) } })
  }
}

void main()
