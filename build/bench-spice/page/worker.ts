// Why: the engine's worker as the console has it, but for where a channel's bytes come from.
import { startDisplayWorker, type WorkerScope } from '../../../renderer/spice/display/worker.ts'
import { addressedChannel } from './socket-channel.ts'

startDisplayWorker(globalThis as unknown as WorkerScope, addressedChannel)
