// Why: the script of the display worker: the engine's host, on ports that speak the app's protocol.
import { startDisplayWorker, type WorkerScope } from '../../spice/display/worker.ts'
import { portChannel } from './port-channel.ts'
import { unsealed } from './unsealed.ts'

startDisplayWorker(globalThis as unknown as WorkerScope, portChannel, unsealed)
